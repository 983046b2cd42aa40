/** An exact decimal number: digits × 10^exponent. */
export interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

/** The decimal that a number is written as: the shortest that reads back as the same double. @throws RangeError unless it is finite. */
export function decimalOf(value: number): Decimal {
  return parsed(String(value))
}

/** As `decimalOf`, for a number that came as a 32-bit float: 30.01 as a float is 30.01 again, not 30.010000228881836. */
export function decimalOfFloat32(value: number): Decimal {
  // Six digits always survive a 32-bit float and nine always tell it from its neighbours.
  for (let precision = 6; precision < 9; precision++) {
    const text = value.toPrecision(precision)
    if (Math.fround(Number(text)) === value) return parsed(text)
  }
  return parsed(value.toPrecision(9))
}

/** a ÷ b to the nearest whole number, halves away from zero. */
export function dividedHalfAway(a: bigint, b: bigint): bigint {
  const quotient = a / b
  const rest = a % b
  if (2n * magnitude(rest) < magnitude(b)) return quotient
  return a < 0n === b < 0n ? quotient + 1n : quotient - 1n
}

/** 10^exponent for a whole exponent from 0 on. */
export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent)
}

function parsed(text: string): Decimal {
  const match = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text)
  if (!match) throw new RangeError(`expected a finite number, got ${text}`)
  const [, whole = '0', fraction = '', exponent = '0'] = match
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value
}
