/** Digits behind the point that a `Decimal` may have. */
export const DECIMALS_MAX = 9

/**
 * An exact decimal number as a device says it: `count` × 10^-`decimals`, so that 2.310 stays 2.310 and no sum is ever binary. In JSON it is a
 * plain number.
 */
export class Decimal {
  /** A safe integer. */
  readonly count: number
  /** 0..9. */
  readonly decimals: number

  /** @throws RangeError for a count that is no safe integer, or decimals out of their limits. */
  constructor(count: number, decimals = 0) {
    if (!Number.isSafeInteger(count)) throw new RangeError(`expected a safe integer, got ${count}`)
    if (!(Number.isInteger(decimals) && decimals >= 0 && decimals <= DECIMALS_MAX))
      throw new RangeError(`expected 0 to ${DECIMALS_MAX} decimals, got ${decimals}`)
    // The + 0 turns -0 into 0.
    this.count = count + 0
    this.decimals = decimals
  }

  /**
   * Reads `12`, `-0.5`, `+000.500`, `000000.` and `.5`: a sign, digits, and a point that may stand anywhere.
   * @returns undefined for any other text, and for more digits than a safe integer or `DECIMALS_MAX` hold
   */
  static parse(text: string): Decimal | undefined {
    const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text) ?? []
    const digits = whole + fraction
    const count = Number(sign === '-' ? `-${digits}` : digits)
    if (digits === '' || !Number.isSafeInteger(count) || fraction.length > DECIMALS_MAX) return undefined
    return new Decimal(count, fraction.length)
  }

  /**
   * The decimal that a JSON number is written as.
   * @param decimals how many digits to keep behind the point; without it as many as are written
   * @throws RangeError for a number that has more digits than that, or that no `Decimal` holds
   */
  static of(value: number, decimals?: number): Decimal {
    const exact = Decimal.parse(plainText(value))
    if (exact === undefined) throw new RangeError(`expected a decimal number of at most ${DECIMALS_MAX} decimals, got ${value}`)
    return decimals === undefined ? exact : exact.withDecimals(decimals)
  }

  /** The same number with so many digits behind the point. @throws RangeError where digits would be lost. */
  withDecimals(decimals: number): Decimal {
    const count =
      decimals >= this.decimals ? this.count * 10 ** (decimals - this.decimals) : this.count / 10 ** (this.decimals - decimals)
    if (!Number.isInteger(count)) throw new RangeError(`expected at most ${decimals} decimals, got ${this}`)
    return new Decimal(count, decimals)
  }

  /** With all of its decimals: `2.310`. */
  toString(): string {
    const digits = String(Math.abs(this.count)).padStart(this.decimals + 1, '0')
    const point = digits.length - this.decimals
    const sign = this.count < 0 ? '-' : ''
    return this.decimals === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
  }

  /** The nearest double; up to 15 digits it prints as the same decimal, of 16 the last may be another. */
  toJSON(): number {
    return this.count / 10 ** this.decimals
  }
}

/** A number's shortest digits without an exponent, where it is small enough to have one. */
function plainText(value: number): string {
  const [, sign = '', digits = '', places = ''] = /^(-?)([\d.]+)e-(\d+)$/.exec(String(value)) ?? []
  return digits === '' ? String(value) : `${sign}0.${'0'.repeat(Number(places) - 1)}${digits.replace('.', '')}`
}
