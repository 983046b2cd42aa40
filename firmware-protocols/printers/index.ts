/** Receipt printers on their way back: what they say of themselves, and how they are asked. */
import type { Codec } from '#protocols/codec'
import { escPosStatus } from './esc-pos-status.ts'

export * from './esc-pos-status.ts'
export {
  REAL_TIME_KINDS,
  type ReplyKind,
  type StatusByte,
  type StatusMessage,
  statusByteOf,
  TRANSMITTED_KINDS,
} from './status-message.ts'
export * from './status-reader.ts'
export { AUTOMATIC_ALL, decodeStatusRequests, encodeStatusRequest, type StatusRequest } from './status-request.ts'

/** The codecs of this door. */
export const codecs: readonly Codec[] = [escPosStatus]
