import { ProtocolError } from '#protocols/error'
import { aimOf, stripAim } from './aim.ts'
import { readBracketed, writeBracketed } from './bracketed.ts'
import type { Gs1Element, Gs1ElementData } from './element.ts'
import { elementList, elementMap, type PlacedElement, placeElements, writeElementString } from './element-string.ts'
import { readGtin } from './gtin.ts'
import { bytesOfCode, malformed } from './text.ts'

/** What a code of GS1 says, whichever symbol carried it. */
export interface Gs1Code {
  /** As `symbologyOf` names it; null where the reader did not say it. */
  readonly symbology: string | null
  /** `]C1`; left out where the reader did not say it. */
  readonly aim?: string
  /** Of a symbol that holds a trade item's number and no identifiers: as printed, 8, 13 or 14 digits. */
  readonly gtin?: string
  /** The 2 or 5 digits beside an EAN-13. */
  readonly addOn?: string
  /** Values by application identifier; of a plain number its GTIN of 14 digits under `01`. */
  readonly elements: Readonly<Record<string, string>>
  /** The same in the order of the code, with what they mean. */
  readonly items: readonly Gs1Element[]
  /** The same as printed for people: `(01)…(10)…`. */
  readonly human: string
}

/** What `encodeGs1` takes: `items` before `elements` before `human`; `aim` before `symbology`. */
export interface Gs1CodeData {
  readonly symbology?: string | null
  readonly aim?: string
  readonly gtin?: string
  readonly addOn?: string
  readonly elements?: Readonly<Record<string, string>>
  readonly items?: readonly Gs1ElementData[]
  readonly human?: string
}

/** Symbols that hold a number only, and its digits. */
const NUMBERS: Readonly<Record<string, number>> = { ']E0': 13, ']E3': 13, ']E4': 8, ']I1': 14 }
/** Symbols that hold element strings. */
const STRINGS: readonly string[] = [']C1', ']e0', ']e1', ']e2', ']d2', ']Q3', ']J1']
const ADD_ON_AIM = ']E3'

/** A code understood, and where its parts stand in the text. */
export interface PlacedGs1Code {
  readonly code: Gs1Code
  readonly places: readonly PlacedElement[]
}

/**
 * Reads a GS1 code as a reader says it: with or without symbology identifier; element strings, plain numbers (EAN-13 with or without add-on,
 * EAN-8, ITF-14), or the form printed for people.
 * @throws ProtocolError `truncated`, `malformed`, `checksum`, `unsupported` (an identifier, or a symbology that is none of GS1)
 */
export function placeGs1(text: string): PlacedGs1Code {
  const { aim, symbology = null, data } = stripAim(text)
  const from = text.length - data.length
  const digits = NUMBERS[aim ?? '']
  if (aim !== undefined && digits !== undefined) {
    const { gtin, addOn } = splitNumber(aim, digits, data)
    const { gtin14 } = readGtin(gtin)
    const element = { ai: '01', title: 'GTIN', value: gtin14 }
    const code = { symbology, aim, gtin, ...(addOn === '' ? {} : { addOn }), ...said([element]) }
    return { code, places: [{ element, from, to: from + digits }] }
  }
  if (aim !== undefined && !STRINGS.includes(aim))
    throw new ProtocolError('unsupported', `expected a symbology of GS1, got ${aim}`, bytesOfCode(text))
  if (data.startsWith('(')) return { code: { symbology, ...(aim && { aim }), ...said(readBracketed(data)) }, places: [] }
  const places = placeElements(data).map((place) => ({ ...place, from: place.from + from, to: place.to + from }))
  return { code: { symbology, ...(aim && { aim }), ...said(places.map(({ element }) => element)) }, places }
}

/** As `placeGs1`, without the places. */
export function decodeGs1(text: string): Gs1Code {
  return placeGs1(text).code
}

/** The inverse of `decodeGs1`. @throws ProtocolError as it, and `unsupported` for the name of a symbology without identifier */
export function encodeGs1(code: Gs1CodeData): string {
  const aim = code.aim ?? aimNamed(code.symbology ?? null)
  const elements = code.items ?? (code.elements ? elementList(code.elements) : code.human ? readBracketed(code.human) : [])
  const digits = NUMBERS[aim]
  const gtin14 = elements.find(({ ai }) => ai === '01')?.value ?? ''
  const text =
    digits === undefined ? aim + writeElementString(elements) : aim + numberOf(code, gtin14, digits) + (code.addOn ?? '')
  placeGs1(text)
  return text
}

function said(items: readonly Gs1Element[]): Pick<Gs1Code, 'elements' | 'items' | 'human'> {
  return { elements: elementMap(items), items, human: writeBracketed(items) }
}

function splitNumber(aim: string, digits: number, data: string): { gtin: string; addOn: string } {
  const addOns = aim === ADD_ON_AIM ? [2, 5] : [0]
  const rest = data.length - digits
  if (rest < Math.min(...addOns) || (addOns.includes(5) && rest > 2 && rest < 5))
    throw new ProtocolError(
      'truncated',
      `expected ${digits + (addOns.at(-1) ?? 0)} digits, got ${data.length}`,
      bytesOfCode(data),
    )
  if (!addOns.includes(rest) || !/^\d+$/.test(data)) malformed(`${digits} digits, got ${JSON.stringify(data)}`, data)
  return { gtin: data.slice(0, digits), addOn: data.slice(digits) }
}

function aimNamed(symbology: string | null): string {
  if (symbology === null) return ''
  const aim = aimOf(symbology)
  if (aim === undefined) throw new ProtocolError('unsupported', `expected a known symbology, got ${symbology}`, new Uint8Array())
  return aim
}

/** The number as its symbol holds it: zeros in front are left out, and nothing else. */
function numberOf({ gtin }: Gs1CodeData, gtin14: string, digits: number): string {
  const number = gtin ?? gtin14.slice(-digits)
  if (gtin === undefined && number.padStart(14, '0') !== gtin14) malformed(`a number of ${digits} digits, got ${gtin14}`, gtin14)
  return number
}
