import { ProtocolError } from '#protocols/error'

/** Bytes as upper-case hex. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}

/** The inverse, in either case. @throws ProtocolError `malformed` for anything but whole bytes */
export function bytesOfHex(hex: string): Uint8Array {
  if (!/^(?:[0-9A-Fa-f]{2})*$/.test(hex)) throw new ProtocolError('malformed', 'expected hex of whole bytes', new Uint8Array())
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** ASCII text. @throws ProtocolError `truncated` (nothing), `malformed` (another byte, more than so many) */
export function asciiOf(bytes: Uint8Array, bytesMax: number): string {
  if (bytes.length === 0) throw new ProtocolError('truncated', 'expected a card, got no byte', bytes)
  if (bytes.length > bytesMax || bytes.some((byte) => byte > 0x7f))
    throw new ProtocolError('malformed', `expected at most ${bytesMax} bytes of ASCII, got ${bytes.length} bytes`, bytes)
  return Buffer.from(bytes).toString('latin1')
}
