import { Decimal } from '#protocols/decimal'

/** What the low half of the control byte says the data are about. */
export const SZY206_KINDS = [
  'confirmation',
  'rain',
  'level',
  'flow',
  'velocity',
  'gate',
  'power',
  'air pressure',
  'wind',
  'water temperature',
  'water quality',
  'soil moisture',
  'evaporation',
  'alarm',
  'combined',
  'water pressure',
] as const

/** One value of a report. */
export interface SzyValue {
  readonly quantity: string
  /** Absent where no source says it. */
  readonly unit?: string
  /** null where the station says that it has none. */
  readonly value: Decimal | null
}

/** A number as it lies in the data: BCD, low byte first, the half byte on top being its sign (or, for wind, the direction). */
interface Shape {
  readonly quantity: string
  readonly unit?: string
  readonly bytes: number
  readonly decimals: number
  readonly top?: string
}

const flow: Shape = { quantity: 'flow', unit: 'm3/s', bytes: 5, decimals: 3 }
const volume: Shape = { quantity: 'volume', unit: 'm3', bytes: 5, decimals: 0 }

/** By kind; one after the other, and again from the first. The others are passed on as bytes. */
const SHAPES: Readonly<Record<number, readonly [Shape, ...Shape[]]>> = {
  1: [{ quantity: 'rain', unit: 'mm', bytes: 3, decimals: 1 }],
  2: [{ quantity: 'level', bytes: 4, decimals: 0 }],
  3: [flow, volume],
  4: [{ quantity: 'velocity', unit: 'm/s', bytes: 3, decimals: 3 }],
  5: [{ quantity: 'gate', bytes: 3, decimals: 0 }],
  6: [{ quantity: 'power', bytes: 3, decimals: 0 }],
  7: [{ quantity: 'air pressure', bytes: 3, decimals: 0 }],
  8: [{ quantity: 'wind speed', unit: 'm/s', bytes: 3, decimals: 2, top: 'wind direction' }],
  9: [{ quantity: 'water temperature', unit: '°C', bytes: 2, decimals: 1 }],
  11: [{ quantity: 'soil moisture', unit: '%', bytes: 2, decimals: 1 }],
  12: [{ quantity: 'evaporation', unit: 'mm', bytes: 3, decimals: 1 }],
  15: [{ quantity: 'water pressure', bytes: 4, decimals: 0 }],
}
const INVALID = 0xaa
const MINUS = 0xf

/**
 * The values of a report's data.
 * @returns undefined where they do not fit what this kind is known to be, or would not come out the same from `encodeValues`
 */
export function decodeValues(kind: number, data: Uint8Array): readonly SzyValue[] | undefined {
  const shapes = SHAPES[kind]
  if (shapes === undefined) return undefined
  const values: SzyValue[] = []
  let at = 0
  for (let index = 0; at < data.length; index++) {
    const shape = shapes[index % shapes.length] ?? shapes[0]
    const read = decodeValue(shape, data.subarray(at, at + shape.bytes))
    if (read === undefined) return undefined
    values.push(...read)
    at += shape.bytes
  }
  return values
}

/**
 * The inverse of `decodeValues`.
 * @throws RangeError for values that are not those of this kind in their order, or have more digits than there is room
 */
export function encodeValues(kind: number, values: readonly { quantity: string; value: Decimal | number | null }[]): Uint8Array {
  const [shapes] = [SHAPES[kind]]
  if (shapes === undefined) throw new RangeError(`expected data for the kind ${SZY206_KINDS[kind]}, got values`)
  const bytes: number[] = []
  const left = [...values]
  for (let index = 0; left.length > 0; index++) {
    const shape = shapes[index % shapes.length] ?? shapes[0]
    const value = taken(left, shape.quantity)
    const top = shape.top === undefined || value === null ? null : taken(left, shape.top)
    bytes.push(...encodeValue(shape, value, top))
  }
  return Uint8Array.from(bytes)
}

function decodeValue(shape: Shape, bytes: Uint8Array): readonly SzyValue[] | undefined {
  if (bytes.length < shape.bytes) return undefined
  const { quantity, unit } = shape
  const named = { quantity, ...(unit === undefined ? {} : { unit }) }
  if (bytes.every((byte) => byte === INVALID)) return [{ ...named, value: null }]
  const digits = Buffer.from(bytes).reverse().toString('hex')
  const top = Number.parseInt(digits.slice(0, 1), 16)
  const count = Number(digits.slice(1))
  if (!/^.\d+$/.test(digits)) return undefined
  if (shape.top !== undefined)
    return [
      { ...named, value: new Decimal(count, shape.decimals) },
      { quantity: shape.top, value: new Decimal(top) },
    ]
  if (top !== 0 && !(top === MINUS && count !== 0)) return undefined
  return [{ ...named, value: new Decimal(top === 0 ? count : -count, shape.decimals) }]
}

function encodeValue({ quantity, bytes, decimals }: Shape, value: Decimal | null, top: Decimal | null): Uint8Array {
  if (value === null) return new Uint8Array(bytes).fill(INVALID)
  const { count } = value.withDecimals(decimals)
  const sign = top?.count ?? (count < 0 ? MINUS : 0)
  const digits = String(Math.abs(count)).padStart(bytes * 2 - 1, '0')
  if (digits.length > bytes * 2 - 1 || sign < 0 || sign > MINUS || (top !== null && count < 0))
    throw new RangeError(`expected ${quantity} of at most ${bytes * 2 - 1} digits, got ${value}`)
  return Uint8Array.from(Buffer.from(sign.toString(16) + digits, 'hex')).reverse()
}

function taken(left: { quantity: string; value: Decimal | number | null }[], quantity: string): Decimal | null {
  const next = left.shift()
  if (next?.quantity !== quantity) throw new RangeError(`expected ${quantity}, got ${next?.quantity ?? 'nothing'}`)
  return typeof next.value === 'number' ? Decimal.of(next.value) : next.value
}
