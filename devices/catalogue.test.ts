import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  type CatalogueEntry,
  isModbusEntry,
  loadCatalogue,
  type ModbusEntry,
  PROFILES_FOLDER,
  profileNames,
  readProfile,
} from './catalogue.ts'
import { decimalOf, powerOfTen } from './decimal.ts'
import { DocumentError } from './document.ts'
import { decodePoint, encodePoint, imageOf, pointWidth } from './modbus-point.ts'
import type { ModbusProfile, Point } from './modbus-profile.ts'
import { profileHash, SECTION_NAMES, sectionOf } from './profile.ts'
import { testProfile } from './profile-test.ts'
import type { Value } from './reading/index.ts'

const entries = [...loadCatalogue().values()]
const modbusEntries = entries.filter(isModbusEntry)
const examples = modbusEntries.flatMap(({ name, profile }) =>
  profile.examples.map((example) => ({ title: `${name}: ${example.name}`, profile, example })),
)

/** An example's number, which is in the unit, as the count that a reading holds. */
function countOf(point: Point, value: number | boolean | null): Value {
  if (typeof value !== 'number') return value
  const { digits, exponent } = decimalOf(value)
  expect(exponent + point.decimals, `${value} has more than ${point.decimals} decimals`).toBeGreaterThanOrEqual(0)
  return Number(digits * powerOfTen(exponent + point.decimals))
}

function pointOf(profile: ModbusProfile, name: string): Point {
  const point = profile.modbus.points[name]
  if (point === undefined) throw new Error(`no point ${name}`)
  return point
}

test.each(examples)('$title decodes to its readings', ({ profile, example }) => {
  const image = imageOf(example)
  for (const [name, told] of Object.entries(example.readings)) {
    const point = pointOf(profile, name)
    const words = Array.from({ length: pointWidth(point) }, (_, index) => image[point.table].get(point.address + index))
    expect(words, `${name}: the example holds no words for it`).not.toContain(undefined)
    // What its status says is proven by `exampleFaults`, which has judged it when it was loaded.
    if (told === null && point.status) continue
    const decoded = decodePoint(point, words.map(Number))
    expect(decoded.value, name).toBe(countOf(point, told))
    if (told === null) expect(decoded.quality, name).toBe('bad')
    else
      expect(decodePoint(point, encodePoint(point, decoded.value)).value, `${name}, encoded and decoded again`).toBe(
        decoded.value,
      )
  }
})

test.each(modbusEntries)('$name proves each of its points by an example', ({ profile }) => {
  const proven = new Set(profile.examples.flatMap((example) => Object.keys(example.readings)))
  expect(Object.keys(profile.modbus.points).filter((name) => !proven.has(name))).toEqual([])
})

const frameEntries = entries.filter((entry) => !isModbusEntry(entry))

test.each(frameEntries)('$name: its own codec says what its examples say', async ({ name, file }) => {
  expect((await testProfile(file)).name).toBe(name)
})

test('every point of a station is proven by a frame', () => {
  for (const { name, profile } of entries) {
    if (!('sl651' in profile)) continue
    const proven = new Set(profile.examples.flatMap((example) => Object.keys(example.readings)))
    expect([name, Object.keys(profile.sl651.points).filter((point) => !proven.has(point))]).toEqual([name, []])
  }
})

test('there are models of every section', () => {
  expect([...new Set(entries.map(({ profile }) => sectionOf(profile)))].sort()).toEqual([...SECTION_NAMES].sort())
})

test.each(entries)('$name is named by its place and carries its hash', ({ name, hash, profile, file }) => {
  expect(file).toBe(join(PROFILES_FOLDER, `${name}.yaml`))
  expect(name).toMatch(/^[a-z][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/)
  expect(name.startsWith(`${profile.kind}/`)).toBe(true)
  expect(hash).toBe(profileHash(profile))
  expect(hash).toMatch(/^[0-9a-f]{16}$/)
})

function modbusOf(entry: CatalogueEntry): ModbusEntry {
  if (!isModbusEntry(entry)) throw new Error(`expected a model read by Modbus, got ${entry.name}`)
  return entry
}

const YAML = `title: Test gauge
kind: rain-gauge
source: a test
modbus:
  defaults: {}
  points:
    rain: { table: input, address: 0, scale: 0.1, decimals: 1 }
examples:
  - { name: one, input: { 0: [5] }, readings: { rain: 0.5 } }
`

/** A folder of its own with profiles by name; removed when the test ends. */
function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-catalogue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, `${name}.yaml`), text)
  }
  return folder
}

function faultsOf(text: string): string[] {
  try {
    loadCatalogue([folderOf({ 'rain-gauge/test': text })])
  } catch (error) {
    if (error instanceof DocumentError) return error.faults.map(({ line, path, message }) => `${line} ${path}: ${message}`)
    throw error
  }
  return []
}

test('defaults are filled in', () => {
  const { profile } = modbusOf(readProfile(join(folderOf({ 'rain-gauge/test': YAML }), 'rain-gauge/test.yaml')))
  expect(profile.modbus.defaults).toMatchObject({ timeout: '1s', hole: 0, block: 125 })
  expect(profile.modbus.points.rain).toMatchObject({ type: 'u16', words: 'ABCD', offset: 0, every: '60s' })
})

test('the models that are in use keep the version that old rows carry', () => {
  const hashes = Object.fromEntries(entries.map(({ name, hash }) => [name, hash]))
  expect(hashes).toMatchObject({
    'level-sensor/acme-lv-4': '9f3a17f326945640',
    'multi/acme-ws-5': 'adc96a2796d9710c',
    'rain-gauge/acme-rg-1': '09c1bb89c422117e',
  })
})

test('the order of keys is no new version, another scale is', () => {
  const read = (text: string) => loadCatalogue([folderOf({ 'rain-gauge/test': text })]).get('rain-gauge/test')?.hash
  const swapped = YAML.replace('table: input, address: 0', 'address: 0, table: input')
  expect(read(swapped)).toBe(read(YAML))
  expect(read(YAML.replace('0.1', '0.2').replace('rain: 0.5', 'rain: 1'))).not.toBe(read(YAML))
})

test('of a folder only the models that are named are read', () => {
  const folder = folderOf({ 'rain-gauge/test': YAML, 'rain-gauge/broken': 'title: [' })
  expect([...loadCatalogue([folder], new Set(['rain-gauge/test', 'rain-gauge/none'])).keys()]).toEqual(['rain-gauge/test'])
  expect(profileNames(folder)).toEqual(['rain-gauge/broken', 'rain-gauge/test'])
})

test("a site's profile wins over ours of the same name", () => {
  const ours = folderOf({ 'rain-gauge/test': YAML, 'rain-gauge/other': YAML })
  const site = folderOf({ 'rain-gauge/test': YAML.replace('Test gauge', 'Mended gauge') })
  const catalogue = loadCatalogue([ours, site])
  expect([...catalogue.values()].map(({ name, profile }) => [name, profile.title])).toEqual([
    ['rain-gauge/other', 'Test gauge'],
    ['rain-gauge/test', 'Mended gauge'],
  ])
})

test.each<[string, string, string, string]>([
  [
    'an unknown key',
    'decimals: 1',
    'decimal: 1',
    '7 modbus.points.rain.decimal: expected one of the keys table, address, type, words, bit, scale, offset, decimals, unit, meaning, wraps, range, sentinels, status, every, got an unknown one',
  ],
  ['a kind that is not the folder', 'kind: rain-gauge', 'kind: soil', '2 kind: expected rain-gauge as the folder says, got soil'],
  ['a number in a bit table', 'table: input', 'table: coil', '7 modbus.points.rain.type: expected bit in table coil, got u16'],
  [
    'a bit of a register that is not named',
    'scale: 0.1',
    'type: bit',
    '7 modbus.points.rain.type: expected the key "bit" beside type bit, got none',
  ],
  ['a scale of 0', 'scale: 0.1', 'scale: 0', '7 modbus.points.rain.scale: expected a scale other than 0'],
  [
    'a range upside down',
    'scale: 0.1',
    'range: [2, 1]',
    '7 modbus.points.rain.range: expected the lower limit first, got [2, 1]',
  ],
  [
    'an example of an unknown point',
    'rain: 0.5',
    'snow: 0.5',
    '9 examples[0].readings.snow: expected the name of a point above, got an unknown one',
  ],
  ['no source', 'source: a test\n', '', '1 : expected the key "source", got none'],
  [
    'two sections',
    'examples:',
    'scale: { protocol: and }\nexamples:',
    '8 scale: expected one of modbus, sl651, scale, scanner, printer, display, rating, got modbus and scale',
  ],
  [
    'bits of another width',
    'scale: 0.1',
    'sentinels: ["0xFFFFFFFF"]',
    '7 modbus.points.rain.sentinels[0]: expected 4 hex digits for u16, got "0xFFFFFFFF"',
  ],
  [
    "a float's bits without quotes",
    'scale: 0.1',
    'type: f32, sentinels: [0x7FC00000]',
    '7 modbus.points.rain.sentinels[0]: expected the bits of a float in quotes, as "0x7FC00000"',
  ],
  [
    'an odd address of a device that is read in pairs',
    'defaults: {}\n  points:\n    rain: { table: input, address: 0',
    'defaults: { even: true }\n  points:\n    rain: { table: input, type: u32, address: 1',
    '7 modbus.points.rain.address: expected an even address, as defaults.even says, got 1',
  ],
  [
    'a single register of a device that is read in pairs',
    'defaults: {}',
    'defaults: { even: true }',
    '7 modbus.points.rain.type: expected pairs of registers, as defaults.even says, got u16',
  ],
  [
    'a status of no point',
    'scale: 0.1',
    'scale: 0.1, status: [{ point: rain, bad: [1] }]',
    '7 modbus.points.rain.status[0].point: expected the name of another point, got "rain"',
  ],
  [
    'a status that says nothing',
    'decimals: 1 }',
    'decimals: 1, status: [{ point: state }] }\n    state: { table: input, address: 1 }',
    '7 modbus.points.rain.status[0]: expected values under good, suspect or bad, got none',
  ],
  [
    'a status that is read at another time',
    'decimals: 1 }',
    'decimals: 1, status: [{ point: state, bad: [1] }] }\n    state: { table: input, address: 1, every: 10s }',
    '7 modbus.points.rain.status[0].point: expected a point read every 60s as this one, got one read every 10s',
  ],
  [
    'a status of another kind',
    'decimals: 1 }',
    'decimals: 1, status: [{ point: state, bad: [1] }] }\n    state: { table: discrete, address: 1, type: bit }',
    '7 modbus.points.rain.status[0].point: expected true or false of a bit, got 1',
  ],
  [
    'numbers where a status is asked for true or false',
    'decimals: 1 }',
    'decimals: 1, status: [{ point: state, good: [false] }] }\n    state: { table: input, address: 1 }',
    '7 modbus.points.rain.status[0].point: expected numbers of a u16, got false',
  ],
])('%s is a fault with its line and path', (_, from, to, fault) => {
  expect(faultsOf(YAML)).toEqual([])
  expect(faultsOf(YAML.replace(from, to))).toContain(fault)
})

test('a model without any section is told which there are', () => {
  expect(faultsOf('title: Test gauge\nkind: rain-gauge\nsource: a test\nexamples: []\n')).toEqual([
    '1 : expected one of modbus, sl651, scale, scanner, printer, display, rating, got none of them',
  ])
})

test('the faults of all files come at once', () => {
  const folder = folderOf({ 'rain-gauge/a': YAML.replace('0.1', 'much'), 'rain-gauge/b': 'title: [' })
  const files = (() => {
    try {
      loadCatalogue([folder])
      return []
    } catch (error) {
      return error instanceof DocumentError ? error.faults.map(({ file }) => file.slice(folder.length + 1)) : []
    }
  })()
  expect(new Set(files)).toEqual(new Set(['rain-gauge/a.yaml', 'rain-gauge/b.yaml']))
})

test.each([
  ['{ rain: 0.6 }', 'expected what its registers say, 0.5, got 0.6'],
  ['{ rain: 0.55 }', 'expected what its registers say, 0.5, got 0.55'],
  ['{ rain: null }', 'expected what its registers say, 0.5, got null'],
  ['{ snow: 1 }', 'expected the name of a point above'],
])('a model whose example says %s is refused with its line', (readings, message) => {
  const folder = folderOf({ 'rain-gauge/test-1': YAML.replace('{ rain: 0.5 }', readings) })
  expect(() => loadCatalogue([folder])).toThrow(
    expect.objectContaining({ faults: [expect.objectContaining({ line: 9, message: expect.stringContaining(message) })] }),
  )
})

const STATUS = YAML.replace(
  'decimals: 1 }',
  'decimals: 1, status: [{ point: state, bad: [7] }] }\n    state: { table: input, address: 1, meaning: state }',
)

test.each([
  ['{ 0: [5, 0] }', '{ rain: 0.5, state: 0 }'],
  ['{ 0: [5, 7] }', '{ rain: null, state: 7 }'],
])('an example %s proves what a status point makes of %s', (input, readings) => {
  expect(faultsOf(STATUS.replace('{ 0: [5] }', input).replace('{ rain: 0.5 }', readings))).toEqual([])
})

test('an example must hold the status of its point', () => {
  expect(faultsOf(STATUS)).toEqual(['10 examples[0].readings.rain: expected the example to hold input 1, got none'])
})

test('an example without the registers of its point is refused', () => {
  const folder = folderOf({ 'rain-gauge/test-1': YAML.replace('{ 0: [5] }', '{ 1: [5] }') })
  expect(() => loadCatalogue([folder])).toThrow('expected the example to hold input 0, got none')
})
