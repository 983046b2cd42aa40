/** The gateway's end of the sync: outbox to broker, acknowledgements back. */
export type { Outbox, OutgoingBatch } from './outbox.ts'
export { Uplink, type UplinkOptions, type UplinkState } from './uplink.ts'
