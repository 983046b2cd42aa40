import type { Frame } from '#protocols/sl651'

/** What every message begins with; of several packets only the first. */
export interface BodyHead {
  /** 0..65535. */
  readonly serial: number
  /** YYMMDDHHmmSS, not checked to be a time: clocks that were never set say others. */
  readonly sendTime: string
}

/** @returns undefined for a body that is too short, or not of hex digits in an ASCII frame */
export function bodyHead({ encoding, body }: Frame): BodyHead | undefined {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length)
  const digits = encoding === 'hex' ? buffer.toString('hex', 0, 8) : buffer.toString('latin1', 0, 16)
  if (!/^[0-9A-Fa-f]{16}$/.test(digits)) return undefined
  return { serial: Number.parseInt(digits.slice(0, 4), 16), sendTime: digits.slice(4).toUpperCase() }
}
