import type { CatalogueEntry } from './catalogue.ts'
import type { ModbusProfile, Point } from './modbus-profile.ts'
import { type Profile, protocolOf, sectionOf } from './profile.ts'
import type { Sl651Profile } from './sl651-profile.ts'

/** What is told of a model whose values nobody could compare with an authoritative source. */
export const UNCONFIRMED = "unconfirmed: compare its values with the device's own display"

/** A model in a list, for a program. */
export interface ListedProfile {
  readonly name: string
  readonly title: string
  readonly kind: string
  /** Of `modbus` its name only; else the codec's. */
  readonly protocol: string
  readonly unconfirmed: boolean
  readonly hash: string
  readonly file: string
}

export function listedProfile({ name, profile, hash, file }: CatalogueEntry): ListedProfile {
  const { title, kind, unconfirmed = false } = profile
  return { name, title, kind, protocol: protocolOf(profile), unconfirmed, hash, file }
}

/** A line a model: its name, what it speaks, its title. */
export function listText(entries: readonly CatalogueEntry[]): string {
  return table(
    entries.map(({ name, profile }) => [
      name,
      protocolOf(profile),
      profile.unconfirmed ? `${profile.title} (unconfirmed)` : profile.title,
    ]),
  ).join('\n')
}

/** Everything a model says, for a person. */
export function profileText({ name, hash, profile, file }: CatalogueEntry): string {
  return [
    `${name}: ${profile.title}`,
    ...(profile.unconfirmed ? [UNCONFIRMED] : []),
    '',
    ...table([
      ['protocol', protocolOf(profile)],
      ['source', profile.source],
      ['version', hash],
      ['file', file],
      ...factsOf(profile),
    ]),
    ...pointLines(profile),
    '',
    'examples',
    ...profile.examples.map((example) => `  ${example.name}: ${exampleText(example)}`),
    ...(profile.notes === undefined ? [] : ['', profile.notes.trim()]),
  ].join('\n')
}

/** What is neither a point nor common to all models. */
function factsOf(profile: Profile): string[][] {
  if ('modbus' in profile) {
    const { defaults, wake } = profile.modbus
    return factLines({ ...defaults, ...(wake && { wake }) })
  }
  if ('sl651' in profile) return [['class', profile.sl651.class]]
  const { title, kind, source, unconfirmed, notes, examples, ...rest } = profile
  const section = sectionOf(profile)
  return Object.entries(rest).flatMap(([key, value]) =>
    key === section && typeof value === 'object'
      ? factLines(value).filter(([fact]) => fact !== 'protocol')
      : factLines({ [key]: value }),
  )
}

function factLines(facts: object): string[][] {
  return Object.entries(facts).map(([key, value]) => [key, wordsOf(value)])
}

function pointLines(profile: Profile): string[] {
  if ('modbus' in profile) return ['', ...table([['point', 'unit', 'means', 'where', 'every'], ...modbusPoints(profile)])]
  if ('sl651' in profile) return ['', ...table([['point', 'unit', 'means', 'where', 'every'], ...sl651Points(profile)])]
  return []
}

function modbusPoints({ modbus: { points } }: ModbusProfile): string[][] {
  return Object.entries(points).map(([name, point]) => [name, point.unit, point.meaning, placeOf(point), point.every])
}

function sl651Points({ sl651: { points } }: Sl651Profile): string[][] {
  return Object.entries(points).map(([name, { unit, meaning, element, bit, every }]) => [
    name,
    unit,
    meaning,
    bit === undefined ? `element ${element}` : `element ${element}, bit ${bit}`,
    every,
  ])
}

function placeOf({ table, address, type, words, bit, scale, offset, status = [] }: Point): string {
  const isLong = /32|64/.test(type)
  return [
    `${table} ${address}`,
    bit === undefined ? type : `bit ${bit}`,
    ...(isLong || words !== 'ABCD' ? [words] : []),
    ...(scale === 1 ? [] : [`× ${scale}`]),
    ...(offset === 0 ? [] : [`${offset > 0 ? '+' : '−'} ${Math.abs(offset)}`]),
    ...status.map(({ point }) => `judged by ${point}`),
  ].join(' ')
}

function exampleText(example: Profile['examples'][number]): string {
  const said = 'readings' in example ? example.readings : example.decoded
  const bytes = 'hex' in example ? example.hex : 'text' in example ? JSON.stringify(example.text) : undefined
  return bytes === undefined ? wordsOf(said) : `${bytes} → ${wordsOf(said)}`
}

/** A value in a few words: `a 1, b 2` for an object. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join('; ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, each]) => `${key} ${wordsOf(each)}`)
      .join(', ')
  return typeof value === 'string' && !/\p{Cc}/u.test(value) ? value : JSON.stringify(value)
}

/** Rows with their cells below each other. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)), [])
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
