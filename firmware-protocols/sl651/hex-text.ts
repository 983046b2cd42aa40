import { ProtocolError } from '#protocols/error'

const DIGITS = '0123456789ABCDEF'
/** Beyond this many bytes a buffer is quicker than single characters. */
const SHORT_BYTES_MAX = 16

/** Bytes as upper case hex digits. */
export function hexOf(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (to - from > SHORT_BYTES_MAX)
    return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
      .toString('hex')
      .toUpperCase()
  let text = ''
  for (let index = from; index < to; index++) {
    const byte = bytes[index] ?? 0
    text += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15)
  }
  return text
}

/** A number as so many upper case hex digits. */
export function hexNumber(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}

/** The bytes of hex digits. @throws ProtocolError `malformed` for an odd number of them or another character. */
export function bytesOfHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1)
  setHex(bytes, 0, text)
  return bytes
}

/** Writes hex digits as bytes from `at` on. @throws ProtocolError `malformed` for an odd number of them or another character. */
export function setHex(bytes: Uint8Array, at: number, text: string): void {
  let bad = 0
  for (let index = 0; index + 1 < text.length; index += 2) {
    const high = digitOf(text.charCodeAt(index))
    const low = digitOf(text.charCodeAt(index + 1))
    bad |= high | low
    bytes[at + (index >> 1)] = (high << 4) | low
  }
  if (bad < 0 || text.length & 1) refuse(`expected pairs of hex digits, got "${text.slice(0, 40)}"`)
}

/** What a character is worth as a hex digit; -1 if it is none. */
export function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 65 && code <= 70) return code - 55
  return code >= 97 && code <= 102 ? code - 87 : -1
}

/** The number that so many ASCII hex digits say; -1 if one of them is none. */
export function hexDigits(bytes: Uint8Array, from: number, digits: number): number {
  let value = 0
  for (let index = from; index < from + digits; index++) {
    const digit = digitOf(bytes[index] ?? 0)
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** A value that cannot become bytes. */
export function refuse(message: string): never {
  throw new ProtocolError('malformed', message, new Uint8Array())
}
