import { ProtocolError } from '#protocols/error'
import { bytesOfCode, malformed } from './text.ts'

/** What a number is by its length, where its check digit holds. */
export type GtinKind = 'EAN-8' | 'UPC-A' | 'EAN-13' | 'GTIN-14'

/** A number of a trade item. Always text: the zeros in front belong to it. */
export interface Gtin {
  readonly kind: GtinKind
  /** As it is printed, 8, 12, 13 or 14 digits. */
  readonly gtin: string
  /** Filled with zeros to 14 digits, as databases compare it. */
  readonly gtin14: string
}

const KINDS: Readonly<Record<number, GtinKind>> = { 8: 'EAN-8', 12: 'UPC-A', 13: 'EAN-13', 14: 'GTIN-14' }

/**
 * The check digit of EAN, UPC, GTIN, GLN and SSCC: weights 3, 1, 3, 1 … from the right over all digits before it
 * (GS1 General Specifications, 7.9.1).
 * @param digits those before the check digit
 */
export function gs1CheckDigit(digits: string): string {
  let sum = 0
  for (let index = 0; index < digits.length; index++) sum += Number(digits[digits.length - 1 - index]) * (index % 2 === 0 ? 3 : 1)
  return String((10 - (sum % 10)) % 10)
}

/** @throws ProtocolError `malformed` (not only digits), `checksum` (its last digit is not the check digit of the others) */
export function expectGs1CheckDigit(number: string): void {
  if (!/^\d{2,}$/.test(number)) malformed(`digits with a check digit, got ${number}`, number)
  const expected = gs1CheckDigit(number.slice(0, -1))
  if (number.at(-1) === expected) return
  throw new ProtocolError('checksum', `expected check digit ${expected} in ${number}`, bytesOfCode(number))
}

/** Reads a printed number of 8, 12, 13 or 14 digits. @throws ProtocolError `malformed` (another length, no digits), `checksum` */
export function readGtin(number: string): Gtin {
  const kind = KINDS[number.length]
  if (kind === undefined) return malformed(`8, 12, 13 or 14 digits, got ${number.length} characters`, number)
  expectGs1CheckDigit(number)
  return { kind, gtin: number, gtin14: number.padStart(14, '0') }
}

/** A serial shipping container code: 18 digits with their check digit. @throws ProtocolError `malformed`, `checksum` */
export function readSscc(number: string): string {
  if (number.length !== 18) malformed(`18 digits, got ${number.length} characters`, number)
  expectGs1CheckDigit(number)
  return number
}

/**
 * The UPC-A that a UPC-E stands for (GS1 General Specifications, 5.2.2.4.2).
 * @param number 8 digits, number system 0 first and check digit last
 * @throws ProtocolError `malformed`, `checksum` (the check digit is that of the UPC-A)
 */
export function expandUpcE(number: string): string {
  const [, body = '', last = '', check = ''] =
    /^0(\d{5})(\d)(\d)$/.exec(number) ?? malformed('8 digits that begin with 0', number)
  const [manufacturer, item] = expanded(body, Number(last))
  const upcA = `0${manufacturer}${item}${check}`
  expectGs1CheckDigit(upcA)
  return upcA
}

/** The manufacturer's five digits and the item's: the last digit says where the zeros were left out. */
function expanded(body: string, last: number): readonly [string, string] {
  if (last <= 2) return [`${body.slice(0, 2)}${last}00`, `00${body.slice(2)}`]
  if (last === 3) return [`${body.slice(0, 3)}00`, `000${body.slice(3)}`]
  if (last === 4) return [`${body.slice(0, 4)}0`, `0000${body.slice(4)}`]
  return [body, `0000${last}`]
}
