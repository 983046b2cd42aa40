import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { type ApplicationIdentifier, applicationIdentifier, decimalsOf } from './application-identifier.ts'
import { isGs1Day } from './gs1-date.ts'
import { expectGs1CheckDigit } from './gtin.ts'
import { bytesOfCode, malformed } from './text.ts'

/** One piece of what a GS1 code says. */
export interface Gs1Element {
  /** Application identifier: `01`, `3102`. */
  readonly ai: string
  readonly title: string
  /** As it is in the code. */
  readonly value: string
  /** The value of a measure, an amount or a count, with the decimals that the identifier tells. */
  readonly number?: Decimal
  /** Of `number`, where the identifier tells it. */
  readonly unit?: string
  /** ISO 4217, three digits: of an amount that says its currency. */
  readonly currency?: string
}

/** What `readElement` needs. */
export type Gs1ElementData = Pick<Gs1Element, 'ai' | 'value'>

/** @throws ProtocolError `unsupported` for an application identifier that the table has not. */
export function expectIdentifier(ai: string): ApplicationIdentifier {
  const row = applicationIdentifier(ai)
  if (row === undefined)
    throw new ProtocolError('unsupported', `expected a known application identifier, got ${ai}`, bytesOfCode(ai))
  return row
}

/**
 * Understands the data behind an application identifier.
 * @throws ProtocolError `unsupported` (an identifier that is not known), `malformed` (too short or long, characters that may not be there, no
 * day, no time), `checksum`
 */
export function readElement(ai: string, value: string): Gs1Element {
  const { title, format, unit } = expectIdentifier(ai)
  const parts = splitValue(ai, format, value)
  const isNumber = unit !== undefined || /^39|^30$|^37$|^8005$/.test(ai)
  if (!isNumber) return { ai, title, value }
  const digits = parts.at(-1) ?? ''
  const number = new Decimal(Number(digits), ai.length === 4 && ai !== '8005' ? decimalsOf(ai) : 0)
  const more = unit === undefined ? {} : { unit }
  return format.includes('currency')
    ? { ai, title, value, number, currency: parts[0] ?? '' }
    : { ai, title, value, number, ...more }
}

const CHARACTERS: Readonly<Record<string, RegExp>> = {
  N: /^\d+$/,
  X: /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+$/,
  Y: /^[#\-/0-9A-Z]+$/,
}

/** Cuts the value as the format says, and checks each part. */
function splitValue(ai: string, format: string, value: string): string[] {
  const parts: string[] = []
  let at = 0
  for (const part of format.split(' ')) {
    const [, bracket, kind = '', dots, length = '', what = ''] = PART.exec(part) ?? []
    const text = value.slice(at, at + Number(length))
    at += text.length
    if (bracket && text === '') continue
    if (!CHARACTERS[kind]?.test(text) || (!dots && text.length !== Number(length)))
      malformed(`${format} for (${ai}), got ${JSON.stringify(value)}`, value)
    CHECKS[what]?.(text)
    parts.push(text)
  }
  if (at < value.length) malformed(`${format} for (${ai}), got ${value.length} characters`, value)
  return parts
}

const PART = /^(\[)?([NXY])(\.\.)?(\d+)(?:,(\w+))?\]?$/

const CHECKS: Readonly<Record<string, (text: string) => void>> = {
  check: expectGs1CheckDigit,
  date: (text) => {
    if (!isGs1Day(text)) malformed(`a date YYMMDD, got ${text}`, text)
  },
  time: (text) => {
    if (!/^(?:[01]\d|2[0-3])[0-5]\d$/.test(text)) malformed(`a time hhmm, got ${text}`, text)
  },
  hours: (text) => {
    if (Number(text) > 23) malformed(`hours from 00 to 23, got ${text}`, text)
  },
}
