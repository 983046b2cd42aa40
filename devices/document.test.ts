import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { expect, onTestFinished, test } from 'vitest'
import { DOCUMENT_BYTES_MAX, DocumentError, type DocumentFault, parseYaml, readYaml } from './document.ts'
import { Duration, durationMs } from './duration.ts'
import { Named } from './named.ts'

const Site = Type.Object(
  {
    title: Type.String({ maxLength: 100 }),
    every: Duration({ default: '60s' }),
    mode: Type.Enum(['fast', 'slow'], { default: 'fast' }),
    stations: Named(
      '^[a-z]+$',
      Type.Object({ unit: Type.Integer({ minimum: 1, maximum: 247, default: 1 }) }, { additionalProperties: false, default: {} }),
    ),
  },
  { additionalProperties: false },
)

function faultsOf(act: () => unknown): readonly DocumentFault[] {
  try {
    act()
  } catch (error) {
    if (error instanceof DocumentError) return error.faults
    throw error
  }
  return []
}
const parse = (text: string) => parseYaml(text, Site, 'site.yaml')

test('a sound document gives its value with the defaults filled in', () => {
  expect(parse('title: one\nstations:\n  north: {}\n  south: { unit: 7 }\n').value).toEqual({
    title: 'one',
    every: '60s',
    mode: 'fast',
    stations: { north: { unit: 1 }, south: { unit: 7 } },
  })
})

test('every fault is told at once, with line, column, path, what was expected and what came', () => {
  const text = 'title: one\nevery: often\nmode: quick\nstations:\n  north: { unit: 300 }\n  south: { unti: 7 }\nextra: 1\n'
  const faults = faultsOf(() => parse(text))
  expect(faults).toContainEqual({
    file: 'site.yaml',
    line: 3,
    column: 1,
    path: 'mode',
    message: 'expected one of fast, slow, got "quick"',
  })
  expect(faults).toContainEqual(expect.objectContaining({ line: 2, path: 'every' }))
  expect(faults).toContainEqual(
    expect.objectContaining({ line: 5, column: 12, path: 'stations.north.unit', message: 'expected <= 247, got 300' }),
  )
  expect(faults).toContainEqual(
    expect.objectContaining({
      line: 6,
      path: 'stations.south.unti',
      message: 'expected one of the keys unit, got an unknown one',
    }),
  )
  expect(faults).toContainEqual(
    expect.objectContaining({
      line: 7,
      path: 'extra',
      message: 'expected one of the keys title, every, mode, stations, got an unknown one',
    }),
  )
})

test('a key that is missing is told by its name', () => {
  expect(faultsOf(() => parse('title: one\n')).map(({ message }) => message)).toEqual(['expected the key "stations", got none'])
})

test('the error lists its faults as file:line:column', () => {
  expect(() => parse('title: one\nstations: {}\nextra: 1\n')).toThrow(
    'site.yaml:3:1: extra: expected one of the keys title, every, mode, stations, got an unknown one',
  )
})

test.each([
  ['a quote that is not closed', 'title: "one\n'],
  ['a key twice', 'title: one\ntitle: two\n'],
  ['tabs as indentation', 'stations:\n\tnorth: {}\n'],
])('%s is a fault of the file', (_, text) => {
  const faults = faultsOf(() => parse(text))
  expect(faults.length).toBeGreaterThan(0)
  expect(faults[0]).toMatchObject({ file: 'site.yaml', path: '' })
})

test('a document can name the place of a value that a later check finds wrong', () => {
  const { fault } = parse('title: one\nstations:\n  north: {}\n  south:\n    unit: 7\n')
  expect(fault(['stations', 'south', 'unit'], 'expected another')).toEqual({
    file: 'site.yaml',
    line: 5,
    column: 5,
    path: 'stations.south.unit',
    message: 'expected another',
  })
  expect(fault(['stations', 'north', 'gone'], 'expected one')).toMatchObject({ line: 3 })
})

test('a file is read from disk; one that is missing or too large is a fault', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-document-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'good.yaml'), 'title: one\nstations: {}\n')
  writeFileSync(join(folder, 'large.yaml'), `# ${'x'.repeat(DOCUMENT_BYTES_MAX)}`)
  expect(readYaml(join(folder, 'good.yaml'), Site).value.title).toBe('one')
  expect(faultsOf(() => readYaml(join(folder, 'none.yaml'), Site))).toEqual([
    expect.objectContaining({ message: 'expected a readable file, got ENOENT' }),
  ])
  expect(faultsOf(() => readYaml(join(folder, 'large.yaml'), Site))).toHaveLength(1)
})

test.each([
  ['500ms', 500],
  ['60s', 60_000],
  ['10m', 600_000],
  ['3h', 10_800_000],
  ['1d', 86_400_000],
])('%s is %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms)
})

test.each(['0s', '1.5s', '10', 's', '1w', '1234567s', ' 1s'])('%s is no duration', (text) => {
  expect(faultsOf(() => parse(`title: one\nstations: {}\nevery: "${text}"\n`))).toHaveLength(1)
})

test('an alias of nothing, and aliases that unfold without end, are refused with the file', () => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefg'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[index]}`).join(', ')}]`),
  ].join('\n')
  for (const text of ['a: *nothing', bomb]) {
    expect(() => parseYaml(text, Type.Object({}), 'x.yaml')).toThrow(
      expect.objectContaining({ name: 'Error', code: 'invalid', message: expect.stringContaining('x.yaml:1:1') }),
    )
  }
})

test.each([
  ['[]', 'expected at least 1 items, got []'],
  ['[1, 2, 3]', 'expected at most 2 items, got [1,2,3]'],
])('a list of %s is told by its bound', (text, message) => {
  const Schema = Type.Array(Type.Integer(), { minItems: 1, maxItems: 2 })
  expect(() => parseYaml(text, Schema, 'a.yaml')).toThrow(`a.yaml:1:1: ${message}`)
})
