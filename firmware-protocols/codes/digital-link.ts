import { ProtocolError } from '#protocols/error'
import { stripAim } from './aim.ts'
import { applicationIdentifier } from './application-identifier.ts'
import { type Gs1Element, type Gs1ElementData, readElement } from './element.ts'
import { elementMap, expectConsistent } from './element-string.ts'
import { bytesOfCode, malformed } from './text.ts'

/** What a GS1 Digital Link URI says. */
export interface DigitalLink {
  /** `]Q1`, where the reader said it. */
  readonly aim?: string
  /** Scheme, host and path in front of the primary key: `https://example.com/shop`. */
  readonly stem: string
  readonly elements: Readonly<Record<string, string>>
  /** The same in the order of the URI: the primary key, its qualifiers, the attributes of the query. */
  readonly items: readonly Gs1Element[]
  /** Parts of the query that are no application identifiers, such as `linkType`. */
  readonly parameters?: readonly LinkParameter[]
  /** What is behind `#`, as it is written. */
  readonly fragment?: string
}

export interface LinkParameter {
  readonly name: string
  /** Undefined for a name without `=`. */
  readonly value?: string
}

/** What `encodeDigitalLink` takes: `items` before `elements`. */
export interface DigitalLinkData {
  readonly aim?: string
  readonly stem: string
  readonly elements?: Readonly<Record<string, string>>
  readonly items?: readonly Gs1ElementData[]
  readonly parameters?: readonly LinkParameter[]
  readonly fragment?: string
}

export interface DigitalLinkOptions {
  /** Takes GTINs of 8, 12 and 13 digits for the 14 that they are short of; the standard refuses them since version 1.1. Default false. */
  readonly isShortGtinAllowed?: boolean
}

/**
 * Primary keys and the qualifiers that may follow, each list in its order; a link keeps to one list (GS1 Digital Link Standard: URI Syntax, and
 * the GS1 Syntax Dictionary).
 */
export const LINK_KEYS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '00': [],
  '01': [['22', '10', '21'], ['235']],
  '253': [],
  '255': [],
  '401': [],
  '402': [],
  '414': [['254'], ['7040']],
  '415': [['8020']],
  '417': [['7040']],
  '8003': [],
  '8004': [['7040']],
  '8006': [['22', '10', '21']],
  '8010': [['8011']],
  '8017': [['8019']],
  '8018': [['8019']],
}

/**
 * Reads a GS1 Digital Link URI that is not compressed. The primary key is the last one that stands in the path.
 * @throws ProtocolError `malformed` (no such URI, a scheme of mixed case, no primary key, qualifiers that do not belong to it or stand out of
 * order, keys in the query), `checksum`, `unsupported` (an identifier that is not known)
 */
export function decodeDigitalLink(text: string, options: DigitalLinkOptions = {}): DigitalLink {
  const { aim, data } = stripAim(text)
  if (!/^[!-~]*$/.test(data)) malformed(`visible ASCII, the rest percent-encoded, got ${JSON.stringify(data)}`, data)
  const [, origin = '', path = '', query, fragment] =
    URI.exec(data) ?? malformed(`http:// or https://, a host and a path, got ${JSON.stringify(data)}`, data)
  const segments = path.slice(1).split('/')
  const at = keyAt(segments)
  if (at < 0) malformed(`a primary key in the path, got ${path}`, data)
  const [key, ...qualifiers] = pairsOf(segments.slice(at), options)
  if (key) expectQualifiers(key.ai, qualifiers)
  const { attributes, parameters } = readQuery(query ?? '')
  if (key) expectAttributes(key.ai, attributes)
  const items = [...(key ? [key] : []), ...qualifiers, ...attributes]
  expectConsistent(items)
  return {
    ...(aim && { aim }),
    stem: [origin, ...segments.slice(0, at)].join('/'),
    elements: elementMap(items),
    items,
    ...(parameters.length > 0 && { parameters }),
    ...(fragment !== undefined && { fragment }),
  }
}

/**
 * The inverse: the primary key and its qualifiers in the path in their order, all others in the query.
 * @throws ProtocolError as `decodeDigitalLink`
 */
export function encodeDigitalLink(link: DigitalLinkData): string {
  const elements = link.items ?? Object.entries(link.elements ?? {}).map(([ai, value]) => ({ ai, value }))
  const key = elements.find(({ ai }) => qualifiersOf(ai))
  if (key === undefined) return malformed(`a primary key: ${Object.keys(LINK_KEYS).join(', ')}`, '')
  const order = (qualifiersOf(key.ai) ?? []).find((list) => elements.some(({ ai }) => list.includes(ai))) ?? []
  const qualifiers = order.flatMap((wanted) => elements.filter(({ ai }) => ai === wanted))
  const attributes = elements.filter((element) => element !== key && !order.includes(element.ai))
  const unclear = link.parameters?.find(({ name, value }) => /^\d+$/.test(name) || (name === '' && value === undefined))
  if (unclear) malformed(`a parameter's name that is no number, got ${JSON.stringify(unclear.name)}`, unclear.name)
  const path = [key, ...qualifiers].map(({ ai, value }) => `/${ai}/${encoded(value)}`).join('')
  const query = [
    ...attributes.map(({ ai, value }) => `${ai}=${encoded(value)}`),
    ...(link.parameters ?? []).map(({ name, value }) => encoded(name) + (value === undefined ? '' : `=${encoded(value)}`)),
  ].join('&')
  const text = `${link.aim ?? ''}${link.stem}${path}${query && `?${query}`}${link.fragment === undefined ? '' : `#${link.fragment}`}`
  const { stem } = decodeDigitalLink(text)
  if (stem !== link.stem) malformed(`a stem that reads as itself, got ${JSON.stringify(stem)}`, text)
  return text
}

/** The scheme is written in small or in capital letters, not in both. */
const URI = /^((?:https?|HTTPS?):\/\/[A-Za-z0-9._~%\-:[\]]+)((?:\/[^/?#\s]*)+)(?:\?([^#\s]*))?(?:#(\S*))?$/

/** The lists of a primary key; undefined for what is none. A path may hold any word, also those that every object has. */
function qualifiersOf(ai: string): readonly (readonly string[])[] | undefined {
  return Object.hasOwn(LINK_KEYS, ai) ? LINK_KEYS[ai] : undefined
}

/** Index of the last primary key that is followed by pairs up to the end. */
function keyAt(segments: readonly string[]): number {
  for (let at = segments.length - 2; at >= 0; at -= 2) if (qualifiersOf(segments[at] ?? '')) return at
  return -1
}

function pairsOf(segments: readonly string[], options: DigitalLinkOptions): Gs1Element[] {
  const pairs: Gs1Element[] = []
  for (let at = 0; at < segments.length; at += 2) {
    const ai = segments[at] ?? ''
    const value = decoded(segments[at + 1] ?? '')
    const isShort = options.isShortGtinAllowed && ai === '01' && /^(?:\d{8}|\d{12,13})$/.test(value)
    pairs.push(readElement(ai, isShort ? value.padStart(14, '0') : value))
  }
  return pairs
}

/** A qualifier comes later in the one list than the one before it. */
function expectQualifiers(key: string, qualifiers: readonly Gs1Element[]): void {
  const names = qualifiers.map(({ ai }) => ai)
  const isOrdered = (list: readonly string[]): boolean =>
    names.every((ai, index) => list.includes(ai) && (index === 0 || list.indexOf(ai) > list.indexOf(names[index - 1] ?? '')))
  if (names.length > 0 && !(qualifiersOf(key) ?? []).some(isOrdered))
    malformed(`qualifiers of (${key}) in their order, got ${names}`, '')
}

function readQuery(query: string): { attributes: Gs1Element[]; parameters: LinkParameter[] } {
  const attributes: Gs1Element[] = []
  const parameters: LinkParameter[] = []
  for (const part of query.split(/[&;]/)) {
    const at = part.indexOf('=')
    const name = decoded(at < 0 ? part : part.slice(0, at))
    const value = at < 0 ? undefined : decoded(part.slice(at + 1))
    if (/^\d+$/.test(name)) attributes.push(attributeOf(name, value))
    else if (part !== '') parameters.push(value === undefined ? { name } : { name, value })
  }
  return { attributes, parameters }
}

function attributeOf(ai: string, value = ''): Gs1Element {
  // A name of digits is an identifier or nothing.
  if (!applicationIdentifier(ai))
    throw new ProtocolError('unsupported', `expected a known application identifier in the query, got ${ai}`, bytesOfCode(ai))
  return readElement(ai, value)
}

function expectAttributes(key: string, attributes: readonly Gs1Element[]): void {
  const inPath = [key, ...(qualifiersOf(key) ?? []).flat()]
  const wrong = attributes.find(({ ai }) => inPath.includes(ai))
  if (wrong) malformed(`(${wrong.ai}) in the path, got it in the query`, wrong.value)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return malformed(`percent encoding, got ${JSON.stringify(text)}`, text)
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
