import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DocumentError } from './document.ts'
import { testProfile, testProfiles } from './profile-test.ts'

const SCALE = `title: Bench scale
kind: scale
source: a test
scale: { protocol: st-gs }
examples:
  - name: half a kilogram
    text: "ST,GS,+000.500kg\\r\\n"
    decoded: { value: 0.5, unit: kg }
`
const STATION = `title: Station
kind: station
source: a test
sl651:
  class: H
  points:
    level: { element: "39", decimals: 3, unit: m }
    series: { element: "F5" }
    pump: { element: "45", bit: 10, meaning: state }
    door: { element: "45", bit: 7, meaning: state }
examples:
  - name: an extra report
    hex: 7E7E05001122334403E833002B020026170718102202F1F1001122334448F0F01707181022201900004026190000403923000104903812110203F511
    readings: { level: 10.49 }
  - name: an answer of five-minute levels
    hex: 7E7E05001122334403E83A0031020038170718110235F1F1001122334448F0F01707181005F5C0000C000C001C00310031FFFFFFFFFFFFFFFFFFFF00310031033CAF
    decoded: { elements: [{ id: F5 }] }
    readings: { series: 0.49 }
  - name: a status
    hex: 7E7E0500112233441234460015020023170718102008F1F100112233444520000004000315C1
    readings: { pump: true, door: false }
`

/** A folder of its own with models by name; removed when the test ends. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-profile-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, `${name}.yaml`), text)
  }
  return folder
}

async function faultsOf(name: string, text: string): Promise<string[]> {
  try {
    await testProfile(join(folderOf({ [name]: text }), `${name}.yaml`))
  } catch (error) {
    if (error instanceof DocumentError)
      return error.faults.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
    throw error
  }
  return []
}

test('models that their codecs bear out pass', async () => {
  const folder = folderOf({ 'scale/bench': SCALE, 'station/river': STATION })
  const { passed, faults } = await testProfiles(folder, true)
  expect(passed.map(({ name }) => name)).toEqual(['scale/bench', 'station/river'])
  expect(faults).toEqual([])
  expect((await testProfiles(join(folder, 'scale/bench.yaml'), false)).passed.map(({ name }) => name)).toEqual(['scale/bench'])
})

test('of a folder every fault of every file is told, and what is right passes', async () => {
  const folder = folderOf({ 'scale/a': SCALE.replace('0.5,', '0.6,'), 'scale/b': SCALE, 'scale/c': 'title: [' })
  const { passed, faults } = await testProfiles(folder, true)
  expect(passed.map(({ name }) => name)).toEqual(['scale/b'])
  expect([...new Set(faults.map(({ file }) => file.slice(folder.length)))]).toEqual(['/scale/a.yaml', '/scale/c.yaml'])
})

test.each<[string, string, string, string]>([
  ['another value', 'value: 0.5', 'value: 0.6', '8:16 examples[0].decoded.value: expected what its codec says, 0.5, got 0.6'],
  [
    'a key that the codec has not',
    'value: 0.5',
    'worth: 1',
    '8:16 examples[0].decoded.worth: expected what its codec says, nothing, got 1',
  ],
  ['bytes that are no frame', 'ST,GS,+000.500kg', 'ST,GS,half a kg', '7:5 examples[0].text: malformed: expected '],
  ['bytes twice', 'decoded:', 'hex: "53"\n    decoded:', '6:5 examples[0]: expected the bytes as hex or as text, got both'],
  ['no bytes', /text: .*\n {4}/.exec(SCALE)?.[0] ?? '', '', '6:5 examples[0]: expected the bytes as hex or as text, got neither'],
  [
    'a protocol that no scale speaks',
    'protocol: st-gs',
    'protocol: esc-pos',
    '4:10 scale.protocol: expected one of mt-sics, toledo-8217,',
  ],
  [
    'a key of another section',
    'scale: { protocol: st-gs }',
    'scale: { protocol: st-gs, baud: 9600 }',
    '4:27 scale.baud: expected one of the keys protocol, ask,',
  ],
  [
    'an unknown key',
    'source:',
    'origin: x\nsource:',
    '3:1 origin: expected one of the keys title, kind, source, unconfirmed, notes, scale, line, tcp, usb, examples, got',
  ],
])('a scale with %s is refused with its place', async (_, from, to, fault) => {
  expect(SCALE).toContain(from)
  expect(await faultsOf('scale/bench', SCALE.replace(from, to))).toContainEqual(expect.stringContaining(fault))
})

test.each<[string, string, string, string]>([
  [
    'another reading',
    'level: 10.49',
    'level: 10.48',
    '14:17 examples[0].readings.level: expected what the frame says, 10.49, got 10.48',
  ],
  [
    'a reading of no point',
    'level: 10.49',
    'depth: 1',
    '14:17 examples[0].readings.depth: expected the name of a point above, got an unknown one',
  ],
  [
    'a point that the frame does not hold',
    'level: 10.49',
    'pump: true',
    '14:17 examples[0].readings.pump: expected the frame to hold element "45", got none',
  ],
  ['another list', '[{ id: F5 }]', '[]', '17:16 examples[1].decoded.elements: expected what its codec says, [{"id":"F5"'],
  [
    'a bit of another element',
    'element: "39",',
    'element: "39", bit: 1,',
    '7:29 sl651.points.level.bit: expected a bit of the status word "45" only, got one of "39"',
  ],
  [
    'a range upside down',
    'decimals: 3,',
    'decimals: 3, range: [2, 1],',
    '7:42 sl651.points.level.range: expected the lower limit first, got [2, 1]',
  ],
])('a station with %s is refused with its place', async (_, from, to, fault) => {
  expect(STATION).toContain(from)
  expect(await faultsOf('station/river', STATION.replace(from, to))).toContainEqual(expect.stringContaining(fault))
})

test('a status without its word says nothing of a bit', async () => {
  const { readElement } = await import('./sl651-point.ts')
  const point = { element: '45', bit: 3, decimals: 0, unit: '', meaning: 'state', every: '1h' } as const
  expect(readElement(point, [{ id: '45', value: null }])).toBeUndefined()
})
