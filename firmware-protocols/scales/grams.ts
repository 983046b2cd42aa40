import { DECIMALS_MAX, Decimal } from '#protocols/decimal'
import type { Unit } from './unit.ts'

/**
 * Grams in each unit, exactly: the pound of 1959 and what is counted from it (NIST Handbook 44, appendix C), the metric carat, the market
 * jin of 500 g and its tenth. Units without a mass, and the tael, which differs between cities, have none.
 */
const GRAMS: Partial<Record<Unit, string>> = {
  mg: '0.001',
  g: '1',
  kg: '1000',
  t: '1000000',
  ct: '0.2',
  jin: '500',
  liang: '50',
  lb: '453.59237',
  oz: '28.349523125',
  ozt: '31.1034768',
  dwt: '1.55517384',
  grain: '0.06479891',
  ton: '907184.74',
}

/**
 * A weight in grams: the exact product, without zeros at its end. One with more digits than a `Decimal` holds (9 behind the point, a safe
 * integer of all of them), as hundredths of an ounce have, is rounded half to even at the last digit that it does hold. Metric units, jin and
 * pounds of up to four decimals never are.
 * @param unitWhereSilent for protocols that leave the unit to the scale's settings
 * @returns null where there is no value, no unit, or a unit that is no mass
 */
export function toGrams(
  weight: { readonly value: Decimal | null; readonly unit: Unit | null },
  unitWhereSilent: Unit | null = null,
): Decimal | null {
  const unit = weight.unit ?? unitWhereSilent
  const factor = unit === null ? undefined : GRAMS[unit]
  if (weight.value === null || factor === undefined) return null
  const [whole = '', fraction = ''] = factor.split('.')
  return shortest(BigInt(weight.value.count) * BigInt(whole + fraction), weight.value.decimals + fraction.length)
}

function shortest(exact: bigint, exactDecimals: number): Decimal {
  let count = exact
  let decimals = exactDecimals
  while (decimals > 0 && count % 10n === 0n) {
    count /= 10n
    decimals--
  }
  for (let lost = 0; lost <= decimals; lost++) {
    const rounded = Number(roundedBy(count, lost))
    if (decimals - lost <= DECIMALS_MAX && Number.isSafeInteger(rounded)) return new Decimal(rounded, decimals - lost)
  }
  throw new RangeError(`expected a weight that a safe integer of grams holds, got ${count} × 10^-${decimals} g`)
}

/** Without its last digits, half to even. */
function roundedBy(count: bigint, digits: number): bigint {
  const step = 10n ** BigInt(digits)
  const magnitude = count < 0n ? -count : count
  const floor = magnitude / step
  const twice = (magnitude % step) * 2n
  const isUp = twice > step || (twice === step && floor % 2n === 1n)
  return (isUp ? floor + 1n : floor) * (count < 0n ? -1n : 1n)
}
