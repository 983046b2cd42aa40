import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { CloudFile, readCloudConfig } from '#cloud'
import { RETENTION } from '#cloud/store'
import { decodePoint, imageOf, isModbusEntry, loadCatalogue, Profile, pointWidth, SECTION_NAMES } from '#devices'
import { GatewayFile, readGatewayConfig } from '#gateway'
import { readScenario, ScenarioFile } from '#simulator'
import { Rule } from '#wire'
import packageJson from '../package.json' with { type: 'json' }
import { keysOf } from './schema-keys.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const EXAMPLES = join(ROOT, 'docs/examples')
const read = (name: string): string => readFileSync(ROOT + name, 'utf8')

const PAIRS = [
  ['README.md', 'README.zh-CN.md'],
  ['docs/reference.md', 'docs/reference.zh-CN.md'],
] as const
const DOCUMENTS = [...PAIRS.flat(), 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']

const keysWith = (keys: Map<string, string>, isMeant: (key: string) => boolean) =>
  new Map([...keys].filter(([key]) => isMeant(key)))
const withoutRules = (keys: Map<string, string>) => keysWith(keys, (key) => !key.startsWith('rules[]'))
const SCHEMAS: Readonly<Record<string, Map<string, string>>> = {
  'cloud.yaml without rules': withoutRules(keysOf(CloudFile)),
  'gateway.yaml without rules': withoutRules(keysOf(GatewayFile)),
  rule: keysOf(Rule),
  'device model': keysWith(keysOf(Profile), (key) => !SECTION_NAMES.some((section) => key.startsWith(`${section}.`))),
  'modbus section': keysWith(keysOf(Profile), (key) => key.startsWith('modbus.')),
  'sl651 section': keysWith(keysOf(Profile), (key) => key.startsWith('sl651.')),
  'other sections': keysWith(keysOf(Profile), (key) =>
    SECTION_NAMES.some((section) => !['modbus', 'sl651'].includes(section) && key.startsWith(`${section}.`)),
  ),
  scenario: keysOf(ScenarioFile),
}

/** Rows of the table behind a mark: its first two cells. */
function rowsBehind(text: string, mark: string): [first: string, second: string][] {
  const [, after = ''] = text.split(`<!-- ${mark} -->`)
  const table = after.trimStart().split('\n\n')[0] ?? ''
  return [...table.matchAll(/^\| (.+?) +\| (.+?) +\|/gm)].slice(2).map(([, first = '', second = '']) => [first, second])
}

/** `a.b`, `.c` in one cell stand for a.b and a.c. */
function namesIn(cell: string): string[] {
  const [first = '', ...others] = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
  return [first, ...others.map((name) => (name.startsWith('.') ? first.replace(/\.[^.]*$/, name) : name))]
}

const withoutBackticks = (cell: string) => cell.replaceAll('`', '').replace('必填', 'required')

describe.each(PAIRS.flat())('%s', (name) => {
  const marks = [...read(name).matchAll(/<!-- (keys: (.+?)) -->/g)]

  test.each(marks.map(([, mark = '', schema = '']) => [schema, mark]))(
    'names every key of %s with its default',
    (schema, mark) => {
      const rows = rowsBehind(read(name), mark).flatMap(([keys, worth]) =>
        namesIn(keys).map((key): [string, string] => [key, withoutBackticks(worth)]),
      )
      expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(SCHEMAS[schema] ?? []))
    },
  )
})

test('every schema of a file that people write has its tables, in both languages', () => {
  for (const language of [0, 1]) {
    const text = PAIRS.map((pair) => read(pair[language] ?? '')).join('\n')
    expect([...text.matchAll(/<!-- keys: (.+?) -->/g)].map(([, name]) => name).sort()).toEqual(Object.keys(SCHEMAS).sort())
  }
})

test.each(PAIRS)('%s and its translation have the same parts, commands and examples', (english, chinese) => {
  const partsOf = (name: string) => [...read(name).matchAll(/^(#+) /gm)].map(([, level]) => level)
  const fencesOf = (name: string) => [...read(name).matchAll(/^```(?:sh|yaml)\n([\s\S]*?)^```/gm)].map(([, text]) => text)
  expect(partsOf(chinese)).toEqual(partsOf(english))
  expect(fencesOf(chinese)).toEqual(fencesOf(english))
})

test.each(DOCUMENTS)('%s points at nothing that is not there', (name) => {
  const links = [...read(name).matchAll(/(?:\]\(|src=")([^)"\s]+)[)"]/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
  for (const link of links) {
    const [path = '', anchor] = link.split('#')
    const file = path === '' ? name : join(dirname(name), path)
    expect(existsSync(ROOT + file), `${link} in ${name}`).toBe(true)
    if (anchor !== undefined) expect(anchorsOf(read(file)), `${link} in ${name}`).toContain(decodeURIComponent(anchor))
  }
})

/** As forges make them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('the examples are read by the readers themselves', () => {
  const cloud = readCloudConfig(join(EXAMPLES, 'cloud.yaml'))
  const gateway = readGatewayConfig(join(EXAMPLES, 'gateway.yaml'))
  expect(cloud.rules).toEqual(gateway.rules)
  expect(readGatewayConfig(join(EXAMPLES, 'own-model.yaml')).devices.map(({ profile }) => profile.name)).toEqual([
    'soil-probe/acme-sm-2',
  ])
  expect(readGatewayConfig(join(EXAMPLES, 'stations.yaml')).devices.map(({ caller }) => caller?.mode)).toEqual(['M2', 'M1'])
  expect(readScenario(join(EXAMPLES, 'frost-night.yaml'), loadCatalogue()).stations).toHaveLength(2)
  const storm = readScenario(join(EXAMPLES, 'storm.yaml'), loadCatalogue()).stations.flatMap(({ devices }) => devices)
  expect(storm.map(({ id, unit }) => [id, unit])).toEqual(gateway.devices.map(({ id, unit }) => [id, unit]))
  const tried = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'))
  expect(tried.sort()).toEqual([
    'cloud.yaml',
    'frost-night.yaml',
    'gateway.yaml',
    'own-model.yaml',
    'stations.yaml',
    'storm.yaml',
  ])
})

test('the model that the README shows is the example, and its examples decode to their readings', () => {
  const [entry] = loadCatalogue([join(EXAMPLES, 'profiles')]).values()
  if (entry === undefined || !isModbusEntry(entry)) throw new Error('expected a model among the examples')
  expect(read('README.md')).toContain(`\`\`\`yaml\n${readFileSync(entry.file, 'utf8')}\`\`\``)
  for (const example of entry.profile.examples) {
    for (const [name, told] of Object.entries(example.readings)) {
      const point = entry.profile.modbus.points[name]
      if (point === undefined) throw new Error(`expected a point ${name}`)
      const words = Array.from({ length: pointWidth(point) }, (_, index) =>
        imageOf(example)[point.table].get(point.address + index),
      )
      const { value } = decodePoint(point, words.map(Number))
      expect(typeof value === 'number' ? value / 10 ** point.decimals : value, `${example.name}: ${name}`).toBe(told)
    }
  }
})

describe('ARCHITECTURE.md', () => {
  const text = read('ARCHITECTURE.md')

  test('says why each dependency is there, and names no other', () => {
    const named = rowsBehind(text, 'dependencies').flatMap(([names]) => namesIn(names))
    expect(named.sort()).toEqual([...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.devDependencies)].sort())
  })

  test('gives each limit as the code has it', () => {
    const rows = rowsBehind(text, 'limits')
    expect(rows.length).toBeGreaterThan(20)
    for (const [name, place] of rows) {
      const [constant = '', worth = ''] = withoutBackticks(name).split(' = ')
      const source = read(withoutBackticks(place)).replaceAll(/(\d)_(\d)/g, '$1$2')
      expect(source, `${place} has no ${constant}`).toContain(`${constant} = ${worth}`)
    }
  })

  test('says of each table in the retention table how long it is kept', () => {
    const said = new Map(rowsBehind(text, 'grows').map(([name, kept]) => [withoutBackticks(name), kept]))
    for (const { table, keepMs } of RETENTION) expect(said.get(`records.db ${table}`), table).toBe(keptText(keepMs))
  })
})

function keptText(keepMs: number | null): string {
  if (keepMs === null) return 'for ever'
  const hours = keepMs / 3_600_000
  return hours > 96 ? `${hours / 24} days` : `${hours} h`
}
