import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { busRefusal, busReport } from './bus-report.ts'
import { readGatewayConfig } from './config.ts'
import { type SiteLine, siteLines } from './site-lines.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-bus-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function linesOf(more: string, ...devices: [id: string, profile: string, line: string][]): SiteLine[] {
  const file = join(folder, 'gateway.yaml')
  const list = devices.map(
    ([id, profile, line], unit) => `  - { id: ${id}, profile: ${profile}, line: '${line}', unit: ${unit + 1} }\n`,
  )
  writeFileSync(file, `gateway: g-1\n${more}devices:\n${list.join('')}`)
  return siteLines(readGatewayConfig(file).devices)
}
const station = (id: string, line: string): [string, string, string] => [id, 'multi/acme-ws-5', line]

test('a line is told with its share of time and the arithmetic, devices of one model together', () => {
  const [serial, tcp] = linesOf(
    '',
    ...['A', 'B', 'C', 'D', 'E'].map((id) => station(id, 'serial:///dev/ttyS1')),
    station('F', 'tcp://10.0.0.7'),
  )
  if (serial === undefined || tcp === undefined) throw new Error('expected two lines')
  expect(busReport(serial)).toEqual([
    'bus time: 6.1 % typically, 1 requests a second, 25.5 % in the rounds after A fell silent',
    '  A, B, C and 2 more: 1 read every 5s: (8 + 15 bytes) × 1.04 ms + 2 gaps × 3.65 ms + 1 × 30 ms for the answer = 61.3 ms each, 6.1 %',
  ])
  expect(busReport(tcp)).toEqual([
    'bus time: 0.8 % typically, 0.2 requests a second, 20.0 % in the rounds after F fell silent',
    '  F: 1 read every 5s: 1 × 40 ms for the answer = 40 ms, 0.8 %',
  ])
  expect([busRefusal(serial), busRefusal(tcp)]).toEqual([undefined, undefined])
})

test('a line that is asked for more than it has is refused with the arithmetic', () => {
  const [line] = linesOf('', ...['A', 'B', 'C', 'D', 'E'].map((id) => station(id, 'serial:///dev/ttyS1?baud=300')))
  expect(line && busRefusal(line)).toBe(
    `serial port /dev/ttyS1 at 300 baud, 8N1: expected at most 100 % of its time to be asked for, got 103.0 %
  bus time: 103.0 % typically, 1 requests a second, 122.4 % in the rounds after A fell silent
    A, B, C and 2 more: 1 read every 5s: (8 + 15 bytes) × 33.3 ms + 2 gaps × 117 ms + 1 × 30 ms for the answer = 1030 ms each, 103.0 %
  Poll less often, ask for less, or use another line.`,
  )
})

test('a device that takes longer to wake than it may is refused', () => {
  mkdirSync(join(folder, 'models/gauge'), { recursive: true })
  const model = `title: A gauge that sleeps
kind: gauge
source: its manual, page 3
modbus:
  wake: { send: read, address: 0, delay: 2m }
  points:
    level: { table: input, address: 0, scale: 0.01, decimals: 2, unit: m, every: 90s }
examples:
  - { name: one metre, input: { 0: [100] }, readings: { level: 1 } }
`
  writeFileSync(join(folder, 'models/gauge/own-1.yaml'), model)
  const [line] = linesOf('profiles: ./models\n', ['A', 'gauge/own-1', 'tcp://10.0.0.7'])
  expect(line && busRefusal(line)).toContain(
    'Modbus TCP at 10.0.0.7:502: expected A to be read within its 90s, got 120080 ms with the time in which it wakes up\n',
  )
  expect(line && busReport(line)).toContainEqual('  A: a wake every 90s: 1 × 40 ms for the answer = 40 ms, under 0.1 %')
})
