import { ProtocolError } from '#protocols/error'
import { applicationIdentifier, PREDEFINED_LENGTHS } from './application-identifier.ts'
import { type Gs1Element, type Gs1ElementData, readElement } from './element.ts'
import { bytesOfCode, malformed } from './text.ts'

/** FNC1 as readers send it: ends an element whose length is not known beforehand. */
export const SEPARATOR = '\u001d'

/** An element and where it stands in the text. */
export interface PlacedElement {
  readonly element: Gs1Element
  readonly from: number
  readonly to: number
}

/**
 * Cuts a GS1 element string: identifiers and their data one behind the other, FNC1 (0x1D) behind those that have no fixed length. One in front
 * and those that are not needed are passed over.
 * @throws ProtocolError `truncated` (ends within an element), `malformed`, `checksum`, `unsupported` (an identifier that is not known)
 */
export function placeElements(text: string): PlacedElement[] {
  const placed: PlacedElement[] = []
  let at = text.startsWith(SEPARATOR) ? 1 : 0
  if (at === text.length) throw new ProtocolError('truncated', 'expected an element', bytesOfCode(text))
  while (at < text.length) {
    const ai = identifierAt(text, at)
    const end = endOf(text, at)
    const element = readElement(ai, text.slice(at + ai.length, end))
    placed.push({ element, from: at, to: end })
    at = text[end] === SEPARATOR ? end + 1 : end
  }
  expectConsistent(placed.map(({ element }) => element))
  return placed
}

/** As `placeElements`, without the places. */
export function readElementString(text: string): Gs1Element[] {
  return placeElements(text).map(({ element }) => element)
}

/**
 * The inverse: separators only where one is needed.
 * @throws ProtocolError as `readElementString`
 */
export function writeElementString(elements: readonly Gs1ElementData[]): string {
  if (elements.length === 0) malformed('at least one element', '')
  for (const { ai, value } of elements) readElement(ai, value)
  expectConsistent(elements)
  return elements
    .map(({ ai, value }, index) => ai + value + (isOpen(ai) && index < elements.length - 1 ? SEPARATOR : ''))
    .join('')
}

/** The same elements as a map. */
export function elementMap(elements: readonly Gs1ElementData[]): Record<string, string> {
  return Object.fromEntries(elements.map(({ ai, value }) => [ai, value]))
}

/** A map's elements as a code has them: those of fixed length first, so that one separator is saved; else by their identifiers. */
export function elementList(map: Readonly<Record<string, string>>): Gs1ElementData[] {
  const rank = (ai: string): string => (isOpen(ai) ? '1' : '0') + ai
  return Object.keys(map)
    .sort((one, other) => (rank(one) < rank(other) ? -1 : 1))
    .map((ai) => ({ ai, value: map[ai] ?? '' }))
}

/** @throws ProtocolError `malformed` for an identifier that comes twice with two values. */
export function expectConsistent(elements: readonly Gs1ElementData[]): void {
  const seen = new Map<string, string>()
  for (const { ai, value } of elements) {
    const before = seen.get(ai) ?? value
    if (before !== value) malformed(`one value for (${ai}), got ${before} and ${value}`, value)
    seen.set(ai, value)
  }
}

function isOpen(ai: string): boolean {
  return PREDEFINED_LENGTHS[ai.slice(0, 2)] === undefined
}

/** No identifier is the beginning of another. */
function identifierAt(text: string, at: number): string {
  const digits = /^\d*/.exec(text.slice(at, at + 4))?.[0] ?? ''
  for (const length of [2, 3, 4]) {
    const ai = digits.slice(0, length)
    if (ai.length === length && applicationIdentifier(ai)) return ai
  }
  if (at + digits.length === text.length && digits.length < 4)
    throw new ProtocolError('truncated', `expected an application identifier, got ${digits}`, bytesOfCode(text))
  if (digits.length < 2) malformed('an application identifier', text)
  throw new ProtocolError('unsupported', `expected a known application identifier, got ${digits}`, bytesOfCode(text))
}

function endOf(text: string, at: number): number {
  const length = PREDEFINED_LENGTHS[text.slice(at, at + 2)]
  if (length === undefined) {
    const found = text.indexOf(SEPARATOR, at)
    return found < 0 ? text.length : found
  }
  if (at + length > text.length)
    throw new ProtocolError('truncated', `expected ${length} characters, got ${text.length - at}`, bytesOfCode(text))
  return at + length
}
