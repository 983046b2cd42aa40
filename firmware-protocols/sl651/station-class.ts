import { hexNumber, refuse } from './hex-text.ts'

/** No class of a station is written from here on: marks are. */
export const CLASS_MAX = 0xef

/** A letter where the byte is one, or else its two hex digits. */
export function classOf(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hexNumber(byte, 2)
}

/** The inverse of `classOf`. @throws ProtocolError `malformed` for a text that it does not give */
export function byteOfClass(text: string): number {
  const byte = text.length === 1 ? text.charCodeAt(0) : Number.parseInt(text, 16)
  if (!(byte <= CLASS_MAX) || classOf(byte) !== text) refuse(`expected a class of one letter or two hex digits, got "${text}"`)
  return byte
}
