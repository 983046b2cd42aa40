import { Decimal } from '#protocols/decimal'
import { refuse } from './hex-text.ts'

/** Not a number by any rule: the bytes are kept as they are. */
export const NO_NUMBER = undefined

/**
 * A BCD number of SL 651: two digits a byte; FF in front of them makes it negative; all FF means that there is none.
 * @returns `NO_NUMBER` for other half bytes, a negative zero, and more digits than a safe integer has
 */
export function bcdValue(bytes: Uint8Array, from: number, to: number, decimals: number): Decimal | null | undefined {
  const isNegative = bytes[from] === 0xff
  if (isNegative && isMissing(bytes, from, to)) return null
  let count = 0
  for (let at = isNegative ? from + 1 : from; at < to; at++) {
    const byte = bytes[at] ?? 0
    const high = byte >> 4
    const low = byte & 15
    if (high > 9 || low > 9) return NO_NUMBER
    count = count * 100 + high * 10 + low
  }
  if (count > Number.MAX_SAFE_INTEGER || (isNegative && count === 0)) return NO_NUMBER
  return new Decimal(isNegative ? -count : count, decimals)
}

/** The inverse of `bcdValue`. @throws ProtocolError `malformed` for a number that so many bytes and decimals do not hold. */
export function setBcd(bytes: Uint8Array, from: number, to: number, value: Decimal | number | null, decimals: number): void {
  if (value === null) {
    bytes.fill(0xff, from, to)
    return
  }
  const count = countOf(value, decimals)
  let rest = Math.abs(count)
  const last = count < 0 ? from + 1 : from
  if (count < 0) bytes[from] = 0xff
  for (let at = to - 1; at >= last; at--) {
    const two = rest % 100
    bytes[at] = (Math.floor(two / 10) << 4) | (two % 10)
    rest = Math.floor(rest / 100)
  }
  if (rest > 0 || last >= to) refuse(`expected a number of at most ${(to - last) * 2} digits, got ${value}`)
}

/** A binary number, high byte first, all ones meaning that there is none: the five-minute series. */
export function binaryValue(bytes: Uint8Array, from: number, size: number, decimals: number): Decimal | null {
  const count = size === 1 ? (bytes[from] ?? 0) : (bytes[from] ?? 0) * 256 + (bytes[from + 1] ?? 0)
  return count === (size === 1 ? 0xff : 0xffff) ? null : new Decimal(count, decimals)
}

/** The inverse of `binaryValue`. @throws ProtocolError `malformed` for a number that does not fit, or that would mean none. */
export function setBinary(bytes: Uint8Array, from: number, size: number, value: Decimal | number | null, decimals: number): void {
  const none = size === 1 ? 0xff : 0xffff
  const count = value === null ? none : countOf(value, decimals)
  if (count < 0 || count > none || (count === none && value !== null))
    refuse(`expected 0 to ${new Decimal(none - 1, decimals)}, got ${value}`)
  if (size === 2) bytes[from] = count >> 8
  bytes[from + size - 1] = count
}

/** How often 10^-decimals a value holds. @throws ProtocolError `malformed` for one that has more decimals, or more digits than a `Decimal`. */
function countOf(value: Decimal | number, decimals: number): number {
  if (value instanceof Decimal && value.decimals === decimals) return value.count
  try {
    return (value instanceof Decimal ? value.withDecimals(decimals) : Decimal.of(value, decimals)).count
  } catch (error) {
    return refuse(error instanceof Error ? error.message : `got ${value}`)
  }
}

function isMissing(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0xff) return false
  return true
}
