/** Version of the contract between gateway and cloud: topics, batch, ack, status. A reader takes its own and any older one. */
export const WIRE_VERSION = 1
