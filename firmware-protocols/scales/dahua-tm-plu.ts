import { type Static, Type } from 'typebox'
import { oneOf } from './message.ts'

/** How a commodity is sold, by the digit that says so. */
export const DAHUA_MODES = ['weighed', 'pieces', 'fixed'] as const

const count = (maximum: number) => Type.Integer({ minimum: 0, maximum })

/** A time of day with a price of its own. */
const HoursSchema = Type.Object({ from: count(99), to: count(99), discount: count(99) })

/** A commodity as a label scale keeps it. */
export const DahuaPluSchema = Type.Object({
  /** The scale's own number of it, which its keys call. */
  plu: Type.Integer({ minimum: 1, maximum: 9999 }),
  /** Printed in the weight bar code. */
  code: Type.String({ pattern: '^\\d{7}$' }),
  /** In the smallest unit that the scale's price point leaves, per kilogram or piece: fen in China. */
  price: count(999_999),
  mode: oneOf(DAHUA_MODES),
  /** Numbers of the texts printed beside it. */
  adverts: Type.Tuple([count(99), count(99), count(99)]),
  shelfDays: count(999),
  /** The first digits of the bar code; a shop number in Chinese programs. */
  prefix: Type.String({ pattern: '^\\d{2}$' }),
  department: count(99),
  /** Another code of 13 digits. */
  longCode: Type.String({ pattern: '^\\d{13}$' }),
  tareG: count(99_999),
  label: count(99),
  /** 0 no price by time of day, 1 by time, 2 by time and changed by hand. */
  discountMode: count(99),
  /** Four stretches of the day: full hours, and a discount. */
  hours: Type.Tuple([HoursSchema, HoursSchema, HoursSchema, HoursSchema]),
})
export type DahuaPlu = Readonly<Static<typeof DahuaPluSchema>>

/** The named parts of a PLU line from its number up to `B`. */
export const PLU_PATTERN =
  '(?<plu>\\d{4})A(?<code>\\d{7})(?<price>\\d{6})(?<mode>[0-2])(?<adverts>\\d{6})(?<shelfDays>\\d{3})(?<prefix>\\d{2})(?<department>\\d{2})' +
  '(?<longCode>\\d{13})(?<tareG>\\d{5})(?<label>\\d{2})(?<discountMode>\\d{2})(?<hours>\\d{24})'

/** @param parts as `PLU_PATTERN` names them */
export function pluOf(parts: Readonly<Record<string, string>>): DahuaPlu {
  const number = (name: string): number => Number(parts[name])
  const { code = '', prefix = '', longCode = '', adverts = '', hours = '' } = parts
  const [first = 0, second = 0, third = 0] = pairs(adverts)
  const times = pairs(hours)
  const stretch = (at: number) => ({ from: times[at] ?? 0, to: times[at + 1] ?? 0, discount: times[at + 2] ?? 0 })
  return {
    plu: number('plu'),
    code,
    price: number('price'),
    mode: DAHUA_MODES[number('mode')] ?? 'weighed',
    adverts: [first, second, third],
    shelfDays: number('shelfDays'),
    prefix,
    department: number('department'),
    longCode,
    tareG: number('tareG'),
    label: number('label'),
    discountMode: number('discountMode'),
    hours: [stretch(0), stretch(3), stretch(6), stretch(9)],
  }
}

/** The digits of `PLU_PATTERN`. @throws RangeError for a part out of its width, which would move all others. */
export function pluDigits(plu: DahuaPlu): string {
  return [
    `${digits(plu.plu, 4)}A${figures(plu.code, 7)}${digits(plu.price, 6)}${DAHUA_MODES.indexOf(plu.mode)}`,
    ...plu.adverts.map((advert) => digits(advert, 2)),
    `${digits(plu.shelfDays, 3)}${figures(plu.prefix, 2)}${digits(plu.department, 2)}${figures(plu.longCode, 13)}`,
    `${digits(plu.tareG, 5)}${digits(plu.label, 2)}${digits(plu.discountMode, 2)}`,
    ...plu.hours.flatMap(({ from, to, discount }) => [from, to, discount].map((each) => digits(each, 2))),
  ].join('')
}

/** @throws RangeError for a number that has more digits, or is none. */
export function digits(value: number, width: number): string {
  if (!(Number.isInteger(value) && value >= 0 && value < 10 ** width))
    throw new RangeError(`expected at most ${width} digits, got ${value}`)
  return String(value).padStart(width, '0')
}

function figures(text: string, width: number): string {
  if (text.length !== width || !/^\d*$/.test(text)) throw new RangeError(`expected ${width} digits, got ${text}`)
  return text
}

function pairs(text: string): number[] {
  return (text.match(/\d\d/g) ?? []).map(Number)
}
