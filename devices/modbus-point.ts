import { ProtocolError } from '#protocols/error'
import { decodeRegisters, encodeRegisters, type RegisterType, registerCount } from '#protocols/modbus'
import { type Decimal, decimalOf, decimalOfFloat32, dividedHalfAway, powerOfTen } from './decimal.ts'
import type { ModbusExample, Point, Table } from './modbus-profile.ts'
import type { Quality, Reason, Value } from './reading/index.ts'

/** A reading without its device, point and time. */
export interface PointValue {
  readonly value: Value
  readonly quality: Quality
  readonly reason?: Reason
}

/** Decodes a point from the words of its table, of which its own start at index `from`. */
export type PointDecoder = (words: readonly number[], from?: number) => PointValue

/** Registers that the point takes (1 to 4), or 1 for a bit of a bit table. */
export function pointWidth(point: Point): number {
  return registerCount(point.type)
}

/**
 * What a point's words mean. `value` is the whole count of 10^-decimals of `raw × scale + offset`, exact, halves rounded away from zero
 * (a float counts as its shortest decimal), or a boolean for type `bit`.
 * - `bad` with value null: `sentinel` (the raw count, or the bits of its registers, mean no value), `malformed` (NaN, an infinity, no BCD digit, too few words),
 *   `overflow` (a count beyond 2^53 − 1);
 * - `suspect` with the value kept: `range`.
 */
export function decodePoint(point: Point, words: readonly number[]): PointValue {
  return pointDecoder(point)(words)
}

/** `decodePoint` with the point's arithmetic prepared once, for a driver that decodes it again and again. */
export function pointDecoder(point: Point): PointDecoder {
  const { type, words: order } = point
  if (type === 'bit') return (words, from = 0) => guarded(() => decodeBit(point, words, from))
  const toCount = countOf(point)
  const isInRange = rangeOf(point)
  const patterns = point.sentinels?.filter((sentinel) => typeof sentinel === 'string').map(BigInt) ?? []
  const counts = point.sentinels?.filter((sentinel) => typeof sentinel === 'number') ?? []
  return (words, from = 0) =>
    guarded(() => {
      // Bits first: those that mean no value need not be a number of the type.
      if (patterns.length > 0 && patterns.includes(BigInt(decodeRegisters(bitsOf(type), order, words, from)))) return SENTINEL
      const raw = decodeRegisters(type, order, words, from)
      if (counts.some((sentinel) => raw === sentinel || (typeof raw === 'bigint' && raw === BigInt(sentinel)))) return SENTINEL
      if (typeof raw === 'number' && !Number.isFinite(raw)) return MALFORMED
      const value = toCount(raw)
      if (value === undefined) return OVERFLOW
      return isInRange(value) ? { value, quality: 'good' } : { value, quality: 'suspect', reason: 'range' }
    })
}

/**
 * The words of a value, the inverse of `decodePoint`: a count of 10^-decimals becomes the nearest raw count. Null becomes the point's first
 * sentinel, or NaN for a float. The other bits of a register that holds a `bit` are 0.
 * @throws RangeError for a value that is not of the point's kind, or null where the point has no way to say it; ProtocolError `malformed`
 * for a count that the registers cannot hold.
 */
export function encodePoint(point: Point, value: Value): number[] {
  const { type, words: order } = point
  if (type === 'bit') {
    if (typeof value !== 'boolean') throw new RangeError(`expected true or false for a bit, got ${JSON.stringify(value)}`)
    return point.bit === undefined ? [Number(value)] : encodeRegisters('u16', order, value ? 1 << point.bit : 0)
  }
  const isFloat = type === 'f32' || type === 'f64'
  if (value === null) {
    const none = point.sentinels?.[0] ?? (isFloat ? Number.NaN : undefined)
    if (typeof none === 'string') return encodeRegisters(bitsOf(type), order, BigInt(none))
    if (none === undefined) throw new RangeError('expected a point with a sentinel for null, got one without')
    return encodeRegisters(type, order, none)
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new RangeError(`expected a whole count, got ${JSON.stringify(value)}`)
  const scale = decimalOf(point.scale)
  const [unscaled, exponent] = sum({ digits: BigInt(value), exponent: -point.decimals }, decimalOf(-point.offset))
  const shift = exponent - scale.exponent
  const above = shift > 0 ? unscaled * powerOfTen(shift) : unscaled
  const below = shift < 0 ? scale.digits * powerOfTen(-shift) : scale.digits
  return encodeRegisters(type, order, isFloat ? Number(above) / Number(below) : dividedHalfAway(above, below))
}

/** An example's words by table and address, as its device would hold them. */
export function imageOf(example: ModbusExample): Readonly<Record<Table, ReadonlyMap<number, number>>> {
  const wordsOf = (table: Table) =>
    new Map(
      Object.entries(example[table] ?? {}).flatMap(([address, words]) =>
        words.map((word, index): [number, number] => [Number(address) + index, word]),
      ),
    )
  return { coil: wordsOf('coil'), discrete: wordsOf('discrete'), input: wordsOf('input'), holding: wordsOf('holding') }
}

const SENTINEL: PointValue = { value: null, quality: 'bad', reason: 'sentinel' }
const MALFORMED: PointValue = { value: null, quality: 'bad', reason: 'malformed' }
const OVERFLOW: PointValue = { value: null, quality: 'bad', reason: 'overflow' }

const BITS = ['u16', 'u16', 'u32', 'u32', 'u64'] as const

/** The type that reads a type's registers as mere bits. */
function bitsOf(type: RegisterType): RegisterType {
  return BITS[registerCount(type)] ?? 'u64'
}

function guarded(decode: () => PointValue): PointValue {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ProtocolError) return MALFORMED
    throw error
  }
}

function decodeBit(point: Point, words: readonly number[], from: number): PointValue {
  const isSet =
    point.bit === undefined
      ? decodeRegisters('bit', 'ABCD', words, from) === 1
      : ((Number(decodeRegisters('u16', point.words, words, from)) >> point.bit) & 1) === 1
  return { value: isSet, quality: 'good' }
}

/** `raw × scale + offset` as a count, undefined beyond the safe integers. */
function countOf({ type, scale, offset, decimals }: Point): (raw: bigint | number) => number | undefined {
  const factor = decimalOf(scale)
  const added = decimalOf(offset)
  const exact = (raw: Decimal): number | undefined => {
    const [digits, exponent] = sum({ digits: raw.digits * factor.digits, exponent: raw.exponent + factor.exponent }, added)
    const count = rescaled(digits, exponent + decimals)
    return count >= MIN_COUNT && count <= MAX_COUNT ? Number(count) : undefined
  }
  if (type === 'f32') return (raw) => exact(decimalOfFloat32(Number(raw)))
  if (type === 'f64') return (raw) => exact(decimalOf(Number(raw)))
  const quick = quickCount(factor, added, decimals)
  return (raw) => (typeof raw === 'number' ? quick(raw) : undefined) ?? exact({ digits: BigInt(raw), exponent: 0 })
}

const MAX_COUNT = BigInt(Number.MAX_SAFE_INTEGER)
const MIN_COUNT = -MAX_COUNT

/** The same in doubles wherever every step is a safe integer, so exact too: that is nearly always, and costs no bigint. */
function quickCount(factor: Decimal, added: Decimal, decimals: number): (raw: number) => number | undefined {
  const low = added.digits === 0n ? factor.exponent : Math.min(factor.exponent, added.exponent)
  const times = Number(factor.digits * powerOfTen(factor.exponent - low))
  const plus = added.digits === 0n ? 0 : Number(added.digits * powerOfTen(added.exponent - low))
  const shift = low + decimals
  const up = shift > 0 ? 10 ** shift : 1
  const down = shift < 0 ? 10 ** -shift : 1
  if (![times, plus, up, down * 2].every(Number.isSafeInteger)) return () => undefined
  return (raw) => {
    const product = raw * times
    const total = (product + plus) * up
    if (!(Number.isSafeInteger(product) && Number.isSafeInteger(product + plus) && Number.isSafeInteger(total))) return undefined
    const rest = total % down
    const quotient = (total - rest) / down
    // The + 0 turns -0 into 0.
    return (2 * Math.abs(rest) >= down ? quotient + Math.sign(total) : quotient) + 0
  }
}

function rangeOf({ range, decimals }: Point): (count: number) => boolean {
  if (range === undefined) return () => true
  const [low, high] = range.map(decimalOf)
  if (low === undefined || high === undefined) return () => true
  const least = -floored(-low.digits, low.exponent + decimals)
  const most = floored(high.digits, high.exponent + decimals)
  return (count) => count >= least && count <= most
}

/** The digits of a sum, and the exponent they are in. */
function sum(a: Decimal, b: Decimal): [digits: bigint, exponent: number] {
  if (b.digits === 0n) return [a.digits, a.exponent]
  const low = Math.min(a.exponent, b.exponent)
  return [a.digits * powerOfTen(a.exponent - low) + b.digits * powerOfTen(b.exponent - low), low]
}

function rescaled(digits: bigint, exponent: number): bigint {
  return exponent >= 0 ? digits * powerOfTen(exponent) : dividedHalfAway(digits, powerOfTen(-exponent))
}

function floored(digits: bigint, exponent: number): number {
  if (exponent >= 0) return Number(digits * powerOfTen(exponent))
  const divisor = powerOfTen(-exponent)
  const quotient = digits / divisor
  return Number(digits % divisor < 0n ? quotient - 1n : quotient)
}
