/**
 * Why bytes are no message.
 * - `truncated`: ends before its own structure does; more bytes might complete it.
 * - `checksum`: complete, but its check does not hold.
 * - `malformed`: breaks the protocol's rules, or holds values that a field cannot hold.
 * - `exception`: a sound message in which the device refuses what it was asked.
 * - `unsupported`: sound as far as can be told, but of a kind this codec does not know.
 */
export const PROTOCOL_ERROR_CODES = ['truncated', 'checksum', 'malformed', 'exception', 'unsupported'] as const
export type ProtocolErrorCode = (typeof PROTOCOL_ERROR_CODES)[number]

/** A message shows this many bytes of its frame; `frame` holds them all. */
export const FRAME_HEX_BYTES_MAX = 64

/** What every codec throws. Callers switch on `code`; the message says what was expected, what came, and ends in the frame's hex. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ProtocolErrorCode
  /** The bytes that were looked at; empty where a value was refused before it became bytes. */
  readonly frame: Uint8Array
  /** The device's own number, for code `exception`. */
  readonly exception: number | undefined

  constructor(code: ProtocolErrorCode, message: string, frame: Uint8Array, exception?: number) {
    super(frame.length === 0 ? message : `${message} [${hexOf(frame)}]`)
    this.code = code
    this.frame = frame
    this.exception = exception
  }
}

function hexOf(frame: Uint8Array): string {
  const hex = Buffer.from(frame.buffer, frame.byteOffset, Math.min(frame.length, FRAME_HEX_BYTES_MAX)).toString('hex')
  return frame.length > FRAME_HEX_BYTES_MAX ? `${hex}… ${frame.length} bytes` : hex
}
