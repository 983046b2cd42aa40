/** The gateway's end of the sync: outbox to broker, acknowledgements back. */
export type { Outbox, OutgoingBatch } from './outbox.ts'
export { Uplink, type UplinkOptions } from './uplink.ts'
export type { UplinkState } from './uplink-state.ts'
