import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadCatalogue } from '#devices'
import { readScenario, SCENARIOS_FOLDER, scenarioClock } from './scenario.ts'

const catalogue = loadCatalogue()
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenario-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function read(text: string) {
  const file = join(folder, 's.yaml')
  writeFileSync(file, text)
  return readScenario(file, catalogue)
}

const stations = (entry: string, rest = '') => `title: T\nstations:\n  - ${entry}\n${rest}`

test('the storm is one station, its gauge on a TCP port and its sensor on a serial line', () => {
  const scenario = readScenario(join(SCENARIOS_FOLDER, 'storm.yaml'), catalogue)
  expect(scenario.stations.map(({ id, name }) => [id, name])).toEqual([['9DMF0001', { zh: '林溪站', en: 'Linxi' }]])
  expect(
    scenario.stations[0]?.devices.map(({ id, unit, line, serial, profile }) => [id, unit, line, serial, profile.name]),
  ).toEqual([
    ['9DMF0001-R', 1, 0, null, 'rain-gauge/acme-rg-1'],
    ['9DMF0001-Z', 2, 1, { baud: 9600, parity: 'none', stopBits: 1, paced: true }, 'level-sensor/acme-lv-4'],
  ])
  expect(scenario.clock).toEqual({ start: Date.UTC(2026, 6, 1), speed: 720 })
})

test('the load is 240 stations, each with its own line and its own phase', () => {
  const scenario = readScenario(join(SCENARIOS_FOLDER, 'load.yaml'), catalogue)
  const devices = scenario.stations.flatMap((station) => station.devices)
  expect([scenario.stations.length, scenario.stations[0]?.id, scenario.stations[239]?.id]).toEqual([240, '9DML0001', '9DML0240'])
  expect(new Set(devices.map(({ line }) => line)).size).toBe(240)
  expect(devices[239]?.id).toBe('9DML0240-W')
  expect(new Set(devices.map(({ points }) => JSON.stringify(points.temperature))).size).toBe(240)
})

test('devices that name a port share it, the others share their station’s', () => {
  const device = (id: string, rest: string) => `{ id: ${id}, profile: multi/acme-ws-5, ${rest} }`
  const text = `title: T
stations:
  - { id: S, devices: [${device('A', 'port: 7, unit: 1')}, ${device('B', 'unit: 1')}, ${device('C', 'unit: 2')}] }
  - { id: R, devices: [${device('D', 'port: 7, unit: 2')}, ${device('E', 'unit: 1')}] }`
  expect(read(text).stations.flatMap(({ devices }) => devices.map(({ line }) => line))).toEqual([0, 1, 1, 0, 2])
})

test('devices that name a serial line share it, the others share their station’s', () => {
  const device = (id: string, rest: string) => `{ id: ${id}, profile: multi/acme-ws-5, ${rest} }`
  const text = `title: T
stations:
  - { id: S, devices: [${device('A', 'serial: { line: 7 }, unit: 1')}, ${device('B', 'serial: {}')}, ${device('C', 'unit: 1')}] }
  - { id: R, devices: [${device('D', 'serial: { line: 7 }, unit: 2')}, ${device('E', 'serial: {}')}] }`
  expect(read(text).stations.flatMap(({ devices }) => devices.map(({ line }) => line))).toEqual([0, 1, 2, 0, 3])
})

test('a scenario without a clock begins at the wall’s time and runs as fast', () => {
  expect(scenarioClock({ clock: null }, 1234)).toEqual({ start: 1234, since: 1234, speed: 1 })
  expect(scenarioClock({ clock: { start: 5, speed: 720 } }, 1234)).toEqual({ start: 5, since: 1234, speed: 720 })
})

const DEVICE = 'devices: [{ id: D, profile: multi/acme-ws-5 }]'
test.each([
  [
    'an unknown key',
    stations(`{ id: S, ${DEVICE}, cont: 3 }`),
    's.yaml:3:62: stations[0].cont: expected one of the keys id, name, count, curve, devices, got an unknown one',
  ],
  [
    'an unknown key of a curve',
    stations(`{ id: S, curve: { kind: storm, depth: 9, tips: 1 }, ${DEVICE} }`),
    's.yaml:3:46: stations[0].curve.tips: expected one of the keys kind, depth, tip, repeat, basin, got an unknown one',
  ],
  [
    'an unknown profile',
    stations('{ id: S, devices: [{ id: D, profile: acme/x }] }'),
    's.yaml:3:33: stations[0].devices[0].profile: expected a profile of the catalogue, got acme/x',
  ],
  [
    'a profile that is not read by Modbus',
    stations('{ id: S, devices: [{ id: D, profile: scale/toledo-8217 }] }'),
    'devices[0].profile: expected a profile that is read by Modbus, got scale/toledo-8217',
  ],
  [
    'an unknown point',
    stations('{ id: S, devices: [{ id: D, profile: multi/acme-ws-5, points: { heat: { kind: constant, value: 1 } } }] }'),
    's.yaml:3:69: stations[0].devices[0].points.heat: expected a point of the profile, got an unknown one',
  ],
  [
    'a curve beyond its registers',
    stations(
      '{ id: S, devices: [{ id: D, profile: multi/acme-ws-5, points: { humidity: { kind: sine, mean: 0, amplitude: 5 } } }] }',
    ),
    'expected values that its registers hold, got -5',
  ],
  [
    'a number where a bit is',
    stations('{ id: S, devices: [{ id: D, profile: level-sensor/acme-lv-4, points: { fault: { kind: constant, value: 1 } } }] }'),
    'expected true or false for a bit',
  ],
  [
    'copies of one id',
    stations(`{ id: S, count: 2, ${DEVICE} }`),
    'stations[0].devices[0].id: expected each device id once, got D again',
  ],
  [
    'a unit twice on a line',
    stations('{ id: S, devices: [{ id: D, profile: multi/acme-ws-5 }, { id: E, profile: multi/acme-ws-5 }] }'),
    'stations[0].devices[1].unit: expected each unit once on the port of S, got 1 again',
  ],
  [
    'a TCP port and a serial line at once',
    stations('{ id: S, devices: [{ id: D, profile: multi/acme-ws-5, port: 1, serial: {} }] }'),
    's.yaml:3:68: stations[0].devices[0].serial: expected a TCP port or a serial line, got both',
  ],
  [
    'a serial line of two minds',
    stations(
      '{ id: S, devices: [{ id: D, profile: multi/acme-ws-5, serial: {} }, { id: E, profile: multi/acme-ws-5, unit: 2, serial: { paced: true } }] }',
    ),
    'expected 9600 baud, parity none, 1 stop bits as before on the serial line of S, got 9600 baud, parity none, 1 stop bits, paced',
  ],
  [
    'a fault of nobody',
    stations(`{ id: S, ${DEVICE} }`, 'faults: [{ device: X, kind: silent }]'),
    's.yaml:4:12: faults[0].device: expected the id of a device above, got X',
  ],
  [
    'a delay that outlives any master',
    stations(`{ id: S, ${DEVICE} }`, 'faults: [{ device: D, kind: delay, delay: 2m }]'),
    's.yaml:4:36: faults[0].delay: expected at most 60s, got 2m',
  ],
  ['an unknown fault', stations(`{ id: S, ${DEVICE} }`, 'faults: [{ device: D, kind: tired }]'), 's.yaml:4:'],
  [
    'a storm that repeats before it is over',
    stations(`{ id: S, curve: { kind: storm, depth: 9, repeat: 5h }, ${DEVICE} }`),
    'stations[0].curve.repeat: expected to repeat after whole steps of 5 min and at least 360 min, got 300',
  ],
  [
    'a time without its zone',
    `clock: { start: 2026-07-01T08:00:00 }\n${stations(`{ id: S, ${DEVICE} }`)}`,
    's.yaml:1:10: clock.start: expected',
  ],
])('refuses %s, with its place', (_, text, message) => {
  expect(() => read(text)).toThrow(message)
})
