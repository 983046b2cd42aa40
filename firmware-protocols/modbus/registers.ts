import { ProtocolError } from '#protocols/error'

/** How registers hold a number. `bcd16` is 4 decimal digits, `bcd32` 8, most significant first. `bit` is one word of 0 or 1. */
export type RegisterType = 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'f32' | 'f64' | 'bcd16' | 'bcd32' | 'bit'

/**
 * How the bytes of a value stand on the wire, A being the most significant. The names are those of 32 bits; for every width they mean
 * - `ABCD`: the most significant register first, the most significant byte first in it (the rule of the specification);
 * - `CDAB`: the registers in reverse order (64 bits: GHEFCDAB), the bytes in each as they should be;
 * - `BADC`: the registers in order (64 bits: BADCFEHG), the two bytes of each exchanged;
 * - `DCBA`: both, so every byte in reverse order.
 * A single register therefore knows two orders only: `CDAB` is `ABCD`, and `BADC` and `DCBA` exchange its bytes.
 */
export type WordOrder = 'ABCD' | 'CDAB' | 'BADC' | 'DCBA'

const COUNTS = {
  u16: 1,
  i16: 1,
  u32: 2,
  i32: 2,
  u64: 4,
  i64: 4,
  f32: 2,
  f64: 4,
  bcd16: 1,
  bcd32: 2,
  bit: 1,
} as const satisfies Record<RegisterType, number>

/** Registers that a value takes, 1 to 4. */
export function registerCount(type: RegisterType): number {
  return COUNTS[type]
}

/**
 * The number in `registerCount(type)` words (0..65535) from index `from` on: a bigint for `u64` and `i64`, else a number; of a float every
 * bit pattern is a value, NaN and the infinities too.
 * @throws ProtocolError `truncated` (fewer words), `malformed` (a BCD digit above 9, a bit that is neither 0 nor 1).
 */
export function decodeRegisters(type: RegisterType, order: WordOrder, words: readonly number[], from = 0): bigint | number {
  const count = COUNTS[type]
  if (words.length < from + count)
    throw new ProtocolError(
      'truncated',
      `expected ${count} registers for ${type}, got ${Math.max(0, words.length - from)}`,
      bytesOf(words),
    )
  const high = wordAt(words, from, count, 0, order)
  if (count === 1) return decodeOne(type, high)
  const view = new DataView(new ArrayBuffer(8))
  for (let index = 0; index < count; index++)
    view.setUint16(index * 2, index === 0 ? high : wordAt(words, from, count, index, order))
  switch (type) {
    case 'u32':
      return view.getUint32(0)
    case 'i32':
      return view.getInt32(0)
    case 'f32':
      return view.getFloat32(0)
    case 'f64':
      return view.getFloat64(0)
    case 'u64':
      return view.getBigUint64(0)
    case 'i64':
      return view.getBigInt64(0)
    default:
      return digitsOf(view.getUint16(0)) * 10_000 + digitsOf(view.getUint16(2))
  }
}

/**
 * The words of a number, the inverse of `decodeRegisters`. Floats are rounded to the nearest that fits.
 * @throws ProtocolError `malformed` for a number that the type cannot hold.
 */
export function encodeRegisters(type: RegisterType, order: WordOrder, value: bigint | number): number[] {
  const count = COUNTS[type]
  const view = new DataView(new ArrayBuffer(8))
  if (type === 'f32') view.setFloat32(0, Number(value))
  else if (type === 'f64') view.setFloat64(0, Number(value))
  else {
    const whole = wholeOf(type, value)
    const bits = type === 'bcd16' || type === 'bcd32' ? BigInt(`0x${whole}`) : whole
    view.setBigUint64(0, BigInt.asUintN(64, bits << BigInt(64 - count * 16)))
  }
  const plain = Array.from({ length: count }, (_, index) => view.getUint16(index * 2))
  return Array.from({ length: count }, (_, index) => wordAt(plain, 0, count, index, order))
}

const LIMITS = {
  u16: [0n, 0xffffn],
  i16: [-0x8000n, 0x7fffn],
  u32: [0n, 0xffff_ffffn],
  i32: [-0x8000_0000n, 0x7fff_ffffn],
  u64: [0n, 0xffff_ffff_ffff_ffffn],
  i64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
  bcd16: [0n, 9_999n],
  bcd32: [0n, 99_999_999n],
  bit: [0n, 1n],
} as const satisfies Record<Exclude<RegisterType, 'f32' | 'f64'>, readonly [bigint, bigint]>

function wholeOf(type: keyof typeof LIMITS, value: bigint | number): bigint {
  const [min, max] = LIMITS[type]
  const whole = typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : undefined
  if (whole === undefined || whole < min || whole > max) {
    throw new ProtocolError(
      'malformed',
      `expected a whole number from ${min} to ${max} for ${type}, got ${value}`,
      new Uint8Array(),
    )
  }
  return whole
}

/** The word at a place of the value's plain order; each order is its own inverse, so this serves both ways. */
function wordAt(words: readonly number[], from: number, count: number, index: number, order: WordOrder): number {
  const reversed = order === 'CDAB' || order === 'DCBA'
  const word = words[from + (reversed ? count - 1 - index : index)] ?? 0
  return order === 'BADC' || order === 'DCBA' ? ((word & 0xff) << 8) | (word >> 8) : word
}

function decodeOne(type: RegisterType, word: number): number {
  if (type === 'i16') return (word << 16) >> 16
  if (type === 'bcd16') return digitsOf(word)
  if (type === 'bit' && word > 1) throw new ProtocolError('malformed', `expected a bit of 0 or 1, got ${word}`, bytesOf([word]))
  return word
}

function digitsOf(word: number): number {
  let value = 0
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (word >> shift) & 0xf
    if (digit > 9)
      throw new ProtocolError('malformed', `expected decimal digits, got ${digit} in a BCD register`, bytesOf([word]))
    value = value * 10 + digit
  }
  return value
}

function bytesOf(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}
