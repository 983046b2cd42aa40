import type { PointValue } from '#devices'
import type { Decimal } from '#protocols/decimal'

/** What a point's model says of its values. */
export interface DecimalPoint {
  readonly decimals: number
  /** In the unit. */
  readonly range?: readonly [number, number] | undefined
}

/**
 * A decimal that a device said, as the whole count of the point: exact, or `malformed` where the device says digits that the point has no room
 * for; null is `sentinel`, what lies beyond the range is `suspect`.
 */
export function countOfDecimal(value: Decimal | null, { decimals, range }: DecimalPoint): PointValue {
  if (value === null) return { value: null, quality: 'bad', reason: 'sentinel' }
  const count = exactCount(value, decimals)
  if (count === undefined) return { value: null, quality: 'bad', reason: 'malformed' }
  const said = value.toJSON()
  const isOutside = range !== undefined && (said < range[0] || said > range[1])
  return isOutside ? { value: count, quality: 'suspect', reason: 'range' } : { value: count, quality: 'good' }
}

/** Undefined where digits would be lost, or no count holds them. */
function exactCount(value: Decimal, decimals: number): number | undefined {
  try {
    return value.withDecimals(decimals).count
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
