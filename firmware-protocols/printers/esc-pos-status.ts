import { Type } from 'typebox'
import { type Codec, type Decoded, encoder, type Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import {
  AUTOMATIC_BYTES,
  REAL_TIME_KINDS,
  type ReplyKind,
  StatusMessage as Schema,
  type StatusMessage,
  writeStatus,
} from './status-message.ts'
import { REPLIES_MAX, StatusReader } from './status-reader.ts'
import { decodeStatusRequests, encodeStatusRequest, StatusRequest } from './status-request.ts'

/** A printer's state as far as it has been told: what no message has said is not there. */
export type PrinterStatus = Readonly<Partial<Record<StatusFlag, boolean>>>
/** What a printer can say of itself. */
export type StatusFlag = Exclude<KeysOf<StatusMessage>, 'kind' | 'reserved'>
type KeysOf<T> = T extends object ? keyof T : never

/** Codec of what ESC/POS printers say of themselves; `request` is what they are asked with. */
export const escPosStatus: Codec = {
  name: 'esc-pos-status',
  title: 'Status of ESC/POS printers: replies to DLE EOT and GS r, automatic status',
  evidence: {
    sources: ["Epson's ESC/POS command reference: DLE EOT, GS a, GS r", 'docs.rs hardless-http-dialects'],
    confirmed: 'Three published replies to DLE EOT have the fixed bits and mean what their source says.',
    derived:
      'A reply does not name its request: bytes alone are taken for replies to n = 1; 1 and 2; 1, 2 and 4; or 1 to 4, as many as there are. Of two paper sensors either counts, and both are written.',
    missing:
      'The extended replies of DLE EOT 7, 8 and 18 and the further uses of GS r. Automatic status is from the reference, without a recorded frame. Which level of pin 3 means an open drawer depends on the drawer.',
  },
  decode: (bytes, side) => (side === 'request' ? readRequests(bytes) : readMessages(bytes)),
  encode: (value, side) => (side === 'request' ? encodeRequests(value, side) : encodeMessages(value, side)),
}

/**
 * What a printer said, in one piece.
 * @param expected which replies were asked for; without it the usual ones, by their count
 * @throws ProtocolError `truncated` within an automatic status, `malformed` for a byte that nothing can be, or a reply that was not asked for
 */
export function decodeStatus(bytes: Uint8Array, expected: readonly ReplyKind[] = usualReplies(bytes)): StatusMessage[] {
  const reader = new StatusReader(expected)
  const messages = reader.push(bytes)
  if (reader.droppedBytes > 0)
    throw new ProtocolError(
      'malformed',
      `expected status bytes, got ${reader.droppedBytes} that are none or were not asked for`,
      bytes,
    )
  if (reader.pendingBytes > 0 || bytes.length === 0)
    throw new ProtocolError('truncated', 'expected one reply, or the four bytes of an automatic status', bytes)
  return messages
}

/** The inverse of `decodeStatus`: what a simulated printer says. */
export function encodeStatus(message: StatusMessage): Uint8Array {
  return Uint8Array.from(writeStatus(message))
}

/** What messages tell together, the later over the earlier. */
export function statusOf(messages: readonly StatusMessage[]): PrinterStatus {
  return Object.fromEntries(messages.flatMap((message) => Object.entries(message).filter(isFlag)))
}

const encodeRequests = encoder(Type.Object({ requests: Type.Array(StatusRequest, { minItems: 1 }) }), ({ requests }) =>
  joined(requests.map(encodeStatusRequest)),
)

const encodeMessages = encoder(Type.Object({ messages: Type.Array(Schema, { minItems: 1 }) }), ({ messages }) =>
  joined(messages.map(encodeStatus)),
)

function readRequests(bytes: Uint8Array): Decoded {
  const requests = decodeStatusRequests(bytes)
  const fields = requests.map(({ ask }, index) => ({ from: index * 3, to: index * 3 + 3, name: 'request', value: ask }))
  return { value: { requests }, fields }
}

function readMessages(bytes: Uint8Array): Decoded {
  const expected = usualReplies(bytes)
  const messages = decodeStatus(bytes, expected)
  const reader = new StatusReader(expected)
  const fields: Field[] = []
  for (const [index, byte] of bytes.entries()) {
    for (const message of reader.push(Uint8Array.of(byte))) {
      // An automatic status may have a reply within it, which then shows only what is behind that.
      const from = message.kind === 'automatic' ? Math.max(fields.at(-1)?.to ?? 0, index + 1 - AUTOMATIC_BYTES) : index
      fields.push({ from, to: index + 1, name: message.kind, value: flagsOf(message) })
    }
  }
  return { value: { messages, status: statusOf(messages) }, fields }
}

/** The names of the flags that are set. */
function flagsOf(message: StatusMessage): string {
  return Object.entries(message)
    .filter(([, isSet]) => isSet === true)
    .map(([name]) => name)
    .join(' ')
}

function isFlag(entry: [string, string | number | boolean]): entry is [string, boolean] {
  return typeof entry[1] === 'boolean'
}

/** The replies asked for most often, as many as there are bytes that can be one. */
function usualReplies(bytes: Uint8Array): readonly ReplyKind[] {
  const count = new StatusReader(Array(REPLIES_MAX).fill('printer')).push(bytes).filter(({ kind }) => kind === 'printer').length
  const realTime = REAL_TIME_KINDS.filter((kind) => kind !== 'error' || count > 3).slice(0, count)
  return [...realTime, 'paper-sensors', 'drawer']
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
