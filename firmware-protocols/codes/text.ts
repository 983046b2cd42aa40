import { ProtocolError } from '#protocols/error'

/** The longest code: a QR code holds 7089 digits. */
export const CODE_BYTES_MAX = 8192

/** The bytes of a code's text; what an error shows of it. */
export function bytesOfCode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/**
 * The text of a code that holds ASCII only, one character a byte.
 * @throws ProtocolError `truncated` (no byte), `malformed` (a byte that is no ASCII, more than `CODE_BYTES_MAX`)
 */
export function codeText(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new ProtocolError('truncated', 'expected a code, got no byte', bytes)
  if (bytes.length > CODE_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${CODE_BYTES_MAX} bytes, got ${bytes.length}`, bytes)
  const wrong = bytes.findIndex((byte) => byte > 0x7f)
  if (wrong >= 0) throw new ProtocolError('malformed', `expected ASCII, got byte ${bytes[wrong]} at ${wrong}`, bytes)
  return new TextDecoder().decode(bytes)
}

/** A code that says what it must not: never returns. @throws ProtocolError `malformed` */
export function malformed(what: string, text: string): never {
  throw new ProtocolError('malformed', `expected ${what}`, bytesOfCode(text))
}
