import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { expectGs1CheckDigit, gs1CheckDigit } from './gtin.ts'
import { bytesOfCode, malformed } from './text.ts'

/** How a shop has laid out its in-store EAN-13: a setting of the shop, for no standard fixes it. */
export interface VariableLayout {
  /** Codes of this layout begin with one of these, 2 or 3 digits: 20 to 29, 02 or 04. */
  readonly prefixes: readonly string[]
  /** Index of the first digit of the item; may lie within the prefix, whose last digits then belong to the item. */
  readonly itemFrom: number
  readonly itemDigits: number
  /** Whether a check digit over the value stands in front of it; needs a value of 4 or 5 digits. */
  readonly hasValueCheck: boolean
  readonly valueDigits: number
  readonly meaning: 'price' | 'weight' | 'count'
  /** Digits of the value behind the point. */
  readonly decimals: number
  /** Of the value: `kg`, `CNY`. */
  readonly unit?: string
}

/** What an in-store code says. */
export interface VariableCode {
  readonly prefix: string
  readonly item: string
  /** Left out where the layout has none. */
  readonly internalCheck?: number
  /** The digits of the value as a number. */
  readonly value: number
  readonly meaning: VariableLayout['meaning']
  /** The value with the layout's decimals. */
  readonly amount: Decimal
  readonly unit?: string
  /** The check digit of the EAN-13. */
  readonly check: number
}

/** What `encodeVariable` takes: the rest is worked out. */
export type VariableCodeData = Pick<VariableCode, 'prefix' | 'item' | 'value'>

/** A price of two decimals under prefixes 28 and 29, item of five digits from the second on, price check: as in the shops of the test data. */
export const PRICE_28_29: VariableLayout = {
  prefixes: ['28', '29'],
  itemFrom: 1,
  itemDigits: 5,
  hasValueCheck: true,
  valueDigits: 5,
  meaning: 'price',
  decimals: 2,
}

const DIGITS = 13

/**
 * Reads an in-store EAN-13 by the first layout that has its prefix.
 * @throws ProtocolError `truncated`, `malformed` (no 13 digits, a layout that does not fill them), `checksum` (of the code or of its value),
 * `unsupported` (no layout has its prefix)
 */
export function decodeVariable(text: string, layouts: readonly VariableLayout[]): VariableCode {
  if (/^\d{0,12}$/.test(text))
    throw new ProtocolError('truncated', `expected ${DIGITS} digits, got ${text.length}`, bytesOfCode(text))
  if (!/^\d{13}$/.test(text)) malformed(`${DIGITS} digits, got ${JSON.stringify(text)}`, text)
  const { layout, prefix } = variableLayoutOf(text, layouts)
  expectGs1CheckDigit(text)
  const { itemDigits, hasValueCheck, valueDigits, meaning, decimals, unit } = layout
  const item = text.slice(layout.itemFrom, layout.itemFrom + itemDigits)
  const value = text.slice(DIGITS - 1 - valueDigits, DIGITS - 1)
  const said = Number(text[DIGITS - 2 - valueDigits])
  if (hasValueCheck && valueCheckDigit(value) !== said)
    throw new ProtocolError(
      'checksum',
      `expected check digit ${valueCheckDigit(value)} of ${value}, got ${said}`,
      bytesOfCode(text),
    )
  return {
    prefix,
    item,
    ...(hasValueCheck && { internalCheck: said }),
    value: Number(value),
    meaning,
    amount: new Decimal(Number(value), decimals),
    ...(unit !== undefined && { unit }),
    check: Number(text.at(-1)),
  }
}

/** The inverse. @throws ProtocolError as it; `malformed` where item or value do not fit */
export function encodeVariable(code: VariableCodeData, layouts: readonly VariableLayout[]): string {
  const { layout, prefix } = variableLayoutOf(code.prefix, layouts)
  const front = prefix.slice(0, layout.itemFrom)
  const value = String(code.value).padStart(layout.valueDigits, '0')
  if (!/^\d+$/.test(value) || value.length > layout.valueDigits)
    malformed(`a value of ${layout.valueDigits} digits, got ${code.value}`, value)
  if (!/^\d+$/.test(code.item) || code.item.length !== layout.itemDigits)
    malformed(`an item of ${layout.itemDigits} digits, got ${code.item}`, code.item)
  const digits = front + code.item + (layout.hasValueCheck ? valueCheckDigit(value) : '') + value
  if (!digits.startsWith(prefix)) malformed(`an item that goes on after prefix ${prefix}, got ${code.item}`, code.item)
  return digits + gs1CheckDigit(digits)
}

/**
 * The check digit of a price or weight of 4 or 5 digits (GS1 General Specifications, 7.9.3 and 7.9.4): each digit is weighted, and of a weighted
 * number of two digits the tens are taken from the units, or added.
 * @throws ProtocolError `malformed` for another number of digits
 */
export function valueCheckDigit(value: string): number {
  const digits = Array.from(value, Number)
  const weights = /^\d+$/.test(value) ? WEIGHTS[value.length] : undefined
  if (weights === undefined) return malformed(`a value of 4 or 5 digits, got ${value}`, value)
  const sum = weights.reduce((total, weight, index) => total + weighted(weight, digits[index] ?? 0), 0)
  if (value.length === 4) return modulo(sum * 3)
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].findIndex((digit) => modulo(weighted('5-', digit)) === modulo(-sum))
}

type Weight = '2-' | '3' | '5+' | '5-'

const WEIGHTS: Readonly<Record<number, readonly Weight[]>> = { 4: ['2-', '2-', '3', '5-'], 5: ['5+', '2-', '5-', '5+', '2-'] }

function weighted(weight: Weight, digit: number): number {
  const product = digit * Number(weight[0])
  const tens = Math.floor(product / 10)
  return (product % 10) + (weight === '3' ? 0 : weight === '5+' ? tens : -tens)
}

function modulo(number: number): number {
  return ((number % 10) + 10) % 10
}

/** The first layout that has the prefix of a code. @throws ProtocolError `unsupported`, `malformed` (a layout that does not fill the code) */
export function variableLayoutOf(text: string, layouts: readonly VariableLayout[]): { layout: VariableLayout; prefix: string } {
  for (const layout of layouts) {
    const prefix = layout.prefixes.find((each) => text.startsWith(each))
    if (prefix === undefined) continue
    const filled = layout.itemFrom + layout.itemDigits + (layout.hasValueCheck ? 1 : 0) + layout.valueDigits
    if (filled !== DIGITS - 1 || layout.itemFrom > prefix.length)
      malformed(`a layout of ${DIGITS - 1} digits, got ${filled} with the item from ${layout.itemFrom}`, text)
    return { layout, prefix }
  }
  throw new ProtocolError('unsupported', `expected a prefix of the shop's layouts, got ${text.slice(0, 3)}`, bytesOfCode(text))
}
