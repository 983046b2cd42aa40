import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DocumentError } from '#devices'
import { readGatewayConfig } from './config.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-config-'))
  file = join(folder, 'gateway.yaml')
})
afterEach(() => rmSync(folder, { recursive: true }))

const SITE = `gateway: g-1
stations:
  - { id: S1, name: { zh: 林溪站, en: Linxi } }
devices:
  - id: S1-R
    name: { zh: 雨量计, en: rain gauge }
    station: S1
    profile: rain-gauge/acme-rg-1
    line: tcp://127.0.0.1:1502
  - id: S1-Z
    profile: level-sensor/acme-lv-4
    line: rtu+tcp://127.0.0.1:4001
    unit: 2
rules:
  - id: level
    family: level
    kind: threshold
    title: { zh: 水位, en: Level }
    device: S1-Z
    point: level
    validFrom: '2026-01-01'
    approver: a
    edge: true
    grades: { red: { value: 33 } }
`
const PROFILE = `title: A gauge of this site
kind: gauge
source: its manual, page 3
modbus:
  points:
    level: { table: input, address: 0, scale: 0.01, decimals: 2, unit: m }
examples:
  - { name: one metre, input: { 0: [100] }, readings: { level: 1 } }
`

function read(text: string) {
  writeFileSync(file, text)
  return readGatewayConfig(file)
}

/** The faults as `line:column path: message`. */
function faultsOf(text: string): string[] {
  try {
    read(text)
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    expect(error.faults.every((fault) => fault.file === file)).toBe(true)
    return error.faults.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
  }
  return []
}

/** The fault of the site with one change; the change must be one. */
function faultsWith(what: string | RegExp, instead: string): string[] {
  const text = SITE.replace(what, instead)
  expect(text).not.toBe(SITE)
  return faultsOf(text)
}

function writeProfile(text: string): string {
  mkdirSync(join(folder, 'models/gauge'), { recursive: true })
  const profile = join(folder, 'models/gauge/own-1.yaml')
  writeFileSync(profile, text)
  return profile
}

test('a file that says only what it must gets the documented defaults, its paths resolved against itself', () => {
  expect(read('gateway: g-1\n')).toMatchObject({
    gateway: 'g-1',
    data: join(folder, 'data/gateway'),
    broker: 'mqtt://127.0.0.1:1883',
    console: { host: '127.0.0.1', port: 8090 },
    devices: [],
    rules: [],
  })
  expect(read('gateway: g-1\ndata: ../elsewhere\n').data).toBe(join(folder, '../elsewhere'))
  expect(read('gateway: g-1\ndata: /var/lib/sluice\n').data).toBe('/var/lib/sluice')
})

test('devices come with their model, their station and their names, and only the rules of the edge', () => {
  const { devices, rules } = read(`${SITE}  - { ${secondRule('edge: false')} }\n`)
  expect(devices).toMatchObject([
    { id: 'S1-R', name: { en: 'rain gauge' }, station: { id: 'S1', name: { en: 'Linxi' } }, unit: 1 },
    { id: 'S1-Z', name: { zh: 'S1-Z', en: 'S1-Z' }, station: { id: 'S1-Z' }, line: 'rtu+tcp://127.0.0.1:4001', unit: 2 },
  ])
  expect(devices[0]?.profile.name).toBe('rain-gauge/acme-rg-1')
  expect(rules.map(({ id }) => id)).toEqual(['level'])
})

test('a fingerprint is taken with its defaults', () => {
  const { devices } = read(SITE.replace('unit: 2', 'unit: 2\n    fingerprint: { address: 40, expect: "0x41424344" }'))
  const fingerprint = { table: 'holding', address: 40, type: 'u16', words: 'ABCD', expect: '0x41424344' }
  expect(devices.map((device) => device.fingerprint)).toEqual([undefined, fingerprint])
})

test.each([
  [
    'a fingerprint that no register holds',
    'unit: 2',
    'unit: 2\n    fingerprint: { address: 40, expect: 70000 }',
    '14:5 devices[1].fingerprint: expected a whole number that u16 holds, got 70000',
  ],
  [
    'an unknown key',
    /^gateway: g-1/,
    'gatway: g-1\ngateway: g-1',
    '1:1 gatway: expected one of the keys gateway, data, broker, console, outbox, clock, profiles, stations, devices, rules, got an unknown one',
  ],
  [
    'an unknown key deep inside',
    'unit: 2',
    'units: 2',
    '13:5 devices[1].units: expected one of the keys id, name, station, profile, line, unit, fingerprint, address, mode, password, got an unknown one',
  ],
  ['a missing key', /^gateway: g-1\n/, '', '1:1 : expected the key "gateway", got none'],
  ['a wrong type', 'unit: 2', 'unit: two', '13:5 devices[1].unit: expected integer, got "two"'],
  ['a number out of its range', 'unit: 2', 'unit: 256', '13:5 devices[1].unit: expected <= 255, got 256'],
  [
    'an id that is none',
    'id: S1-R',
    "id: 'a b'",
    '5:5 devices[0].id: expected to match pattern "^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$", got "a b"',
  ],
  [
    'an unknown model',
    'rain-gauge/acme-rg-1',
    'rain-gauge/acme-rg-9',
    /^8:5 devices\[0\]\.profile: expected one of .*rain-gauge\/acme-rg-1.*, got "rain-gauge\/acme-rg-9"$/,
  ],
  ['an unknown station', 'station: S1', 'station: S2', '7:5 devices[0].station: expected the id of a station above, got "S2"'],
  [
    'a device id twice',
    /^rules:/m,
    '  - { id: S1-Z, profile: level-sensor/acme-lv-4, line: tcp://127.0.0.1:1502, unit: 9 }\nrules:',
    '14:7 devices[2].id: expected each device id once, got "S1-Z" again',
  ],
  [
    'a station id twice',
    /^devices:/m,
    '  - { id: S1, name: { zh: 又, en: again } }\ndevices:',
    '4:7 stations[1].id: expected each station id once, got "S1" again',
  ],
  [
    'a serial port with two speeds',
    /tcp:\/\/127.0.0.1:1502((?:.|\n)*)rtu\+tcp:\/\/127.0.0.1:4001/,
    'serial:///dev/ttyS1$1serial:///dev/ttyS1?baud=19200&parity=even',
    '12:5 devices[1].line: expected the serial port /dev/ttyS1 at 9600 baud, 8N1 as for S1-R, got the serial port /dev/ttyS1 at 19200 baud, 8E1',
  ],
  [
    'a TCP port with two framings',
    'rtu+tcp://127.0.0.1:4001',
    'rtu+tcp://127.0.0.1:1502',
    '12:5 devices[1].line: expected the Modbus TCP at 127.0.0.1:1502 as for S1-R, got the RTU over TCP at 127.0.0.1:1502',
  ],
  [
    'a unit twice on one line, however the line is spelt',
    /rtu\+tcp.*\n {4}unit: 2/,
    'TCP://127.0.0.1:1502/',
    '10:5 devices[1].unit: expected one device for each unit of a line, got 1 on TCP://127.0.0.1:1502/ as S1-R already has',
  ],
  [
    'a line that is none',
    'tcp://127.0.0.1:1502',
    'udp://127.0.0.1:1502',
    /^9:5 devices\[0\]\.line: expected a line such as .*, got "udp:/,
  ],
  ['a broker that is none', /^/, 'broker: mqtt://:1883\n', /^1:1 broker: expected a broker such as .*, got "mqtt:\/\/:1883"$/],
  ['a broker at a port that is none', /^/, 'broker: mqtt://h:70000\n', /^1:1 broker: expected a broker such as/],
  ['a rule about no device', 'device: S1-Z', 'device: S9', '19:5 rules[0].device: expected the id of a device above, got "S9"'],
  [
    'a rule about no point',
    'point: level',
    'point: constructor',
    '20:5 rules[0].point: expected one of level, velocity, fault, got "constructor"',
  ],
  [
    'a rule about a point that is on or off',
    'point: level',
    'point: fault',
    '20:5 rules[0].point: expected a point of numbers, got "fault", which is on or off',
  ],
  [
    'a folder of models that is not there',
    /^/,
    'profiles: ./models\n',
    '1:1 profiles: expected a readable folder, got ENOENT for "./models"',
  ],
])('%s is told with its line and column and what was expected', (_, what, instead, fault) => {
  const faults = faultsWith(what, instead)
  expect(faults).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)])
})

test('a rain window over anything but a counter would never be right, so it is refused', () => {
  const rule = secondRule('edge: true').replace(/kind.*grades.*$/, '')
  const grades = 'kind: rain-window, grades: { red: { any: [{ window: 1h, sum: 50 }] } }'
  expect(faultsOf(`${SITE}  - { ${rule} ${grades} }\n`)).toEqual([
    expect.stringMatching(/^25:\d+ rules\[1\]\.point: expected a counter of rain for a rain-window, got "velocity", a gauge$/),
  ])
})

test('a device without a driver is told as such, with the protocol that it speaks', () => {
  expect(faultsOf(SITE.replace(/profile: [a-z0-9/-]+/, 'profile: scale/toledo-8217'))[0]).toMatch(
    /profile: expected a model read by Modbus or SL 651, for the driver for toledo-8217 is not there yet, got "scale\/toledo-8217"$/,
  )
})

const STATIONS = `gateway: g-1
devices:
  - { id: A, profile: station/sl651-river, line: "sl651://0.0.0.0:5100", address: "0012345678" }
  - { id: B, profile: station/sl651-rain, line: "sl651://0.0.0.0:5100", address: "3702220001", mode: M1, password: "12AB" }
`

test('stations that call share a line, each by its own address', () => {
  expect(read(STATIONS).devices.map(({ caller }) => caller)).toEqual([
    { address: '0012345678', mode: 'M2' },
    { address: '3702220001', mode: 'M1', password: '12AB' },
  ])
})

test.each([
  ['an address that is none', '"0012345678"', '"12345678"', 'devices[0].address: expected to match pattern "^[0-9A-F]{10}$"'],
  [
    'a station without an address',
    ', address: "0012345678"',
    '',
    'devices[0].address: expected the address of the station, got none',
  ],
  [
    'one address twice',
    '"3702220001"',
    '"0012345678"',
    'devices[1].address: expected each station once, got 0012345678 as A has',
  ],
  [
    'a station on a line that is asked',
    'sl651://0.0.0.0:5100", address: "00',
    'tcp://127.0.0.1:5100", address: "00',
    'devices[0].line: expected sl651://…, for station/sl651-river',
  ],
  [
    'a line for stations with a device that is asked',
    'station/sl651-river',
    'rain-gauge/acme-rg-1',
    'devices[0].line: expected a line that is asked, for rain-gauge/acme-rg-1',
  ],
])('%s is told', (_, from, to, message) => {
  expect(faultsOf(STATIONS.replace(from, to)).join('\n')).toContain(message)
})

test('several faults are told at once', () => {
  const text = SITE.replace('station: S1', 'station: S2').replace('device: S1-Z', 'device: S9').replace('id: S1-Z', 'id: S1-R')
  expect(faultsOf(text).map((fault) => fault.split(' ')[0])).toEqual(['7:5', '10:5', '19:5'])
})

test('malformed YAML, an empty file, a folder and no file at all are told like any other fault', () => {
  expect(faultsOf('gateway: g-1\ndevices: [\n')).toEqual([expect.stringMatching(/^\d:\d+ : /)])
  expect(faultsOf('')).toEqual(['1:1 : expected the key "gateway", got none'])
  expect(faultsOf('- gateway\n')).toEqual([expect.stringMatching(/^1:1 : expected object, got/)])
  expect(() => readGatewayConfig(folder)).toThrow(`${folder}:1:1: expected a readable file, got EISDIR`)
  const missing = join(folder, 'missing.yaml')
  expect(() => readGatewayConfig(missing)).toThrow(`${missing}:1:1: expected a readable file, got ENOENT`)
})

test("a fault in a site's own model names that model's file and its line", () => {
  const profile = writeProfile(PROFILE.replace('address: 0', 'address: 70000'))
  expect(() => read('gateway: g-1\nprofiles: ./models\n')).toThrow(
    `${profile}:6:28: modbus.points.level.address: expected <= 65535, got 70000`,
  )
})

test('the hash follows the content: the file, and the models that its devices use', () => {
  const site = 'gateway: g-1\nprofiles: ./models\ndevices: [{ id: d, profile: gauge/own-1, line: "tcp://127.0.0.1:1502" }]\n'
  writeProfile(PROFILE)
  const { hash } = read(site)
  expect(read(`# a remark\n${site}`).hash).toBe(hash)
  expect(read(site.replace('1502', '1503')).hash).not.toBe(hash)
  writeProfile(PROFILE.replace('decimals: 2', 'decimals: 3'))
  expect(read(site).hash).not.toBe(hash)
})

function secondRule(edge: string): string {
  const whose = "device: S1-Z, point: velocity, validFrom: '2026-01-01', approver: a"
  return `id: fast, family: fast, title: { zh: 流速, en: Velocity }, ${whose}, ${edge}, kind: threshold, grades: { blue: { value: 3 } }`
}
