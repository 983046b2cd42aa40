import { expect, test } from 'vitest'
import { isModbusEntry, type ModbusEntry, type ModbusProfile } from '#devices'
import { encodeRequest, encodeRtu } from '#protocols/modbus'
import { planBlocks } from './block-plan.ts'
import { ANSWER_MS_TYPICAL, predictLine, ROUND_TRIP_MS_TYPICAL } from './bus-time.ts'
import type { Device } from './driver.ts'
import { parseLine } from './line-address.ts'
import { echoRtu } from './scripted-slave.ts'

type Modbus = ModbusProfile['modbus']
type Point = Modbus['points'][string]

const plain: Point = {
  table: 'holding',
  address: 0,
  type: 'u16',
  words: 'ABCD',
  scale: 1,
  offset: 0,
  decimals: 0,
  unit: '',
  meaning: 'gauge',
  every: '60s',
}

function deviceOf(
  points: Record<string, Partial<Point>>,
  differs: Partial<Modbus['defaults']> = {},
  wake?: Modbus['wake'],
): Device {
  const profile: ModbusProfile = {
    title: 'test',
    kind: 'test',
    source: 'test',
    modbus: {
      defaults: { baud: 9600, parity: 'none', stopBits: 1, timeout: '1s', hole: 0, block: 125, ...differs },
      ...(wake && { wake }),
      points: Object.fromEntries(Object.entries(points).map(([name, own]) => [name, { ...plain, ...own }])),
    },
    examples: [],
  }
  const entry: ModbusEntry = { name: 'test/test', hash: '0', profile, file: 'test' }
  return { id: 'd', profile: entry, line: '', unit: 1 }
}
/** Registers apart from each other, so that each is a read. */
const apart = (count: number, every = '60s'): Record<string, Partial<Point>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { address: index * 10, every }]))
const row = (count: number, every = '60s'): Record<string, Partial<Point>> =>
  Object.fromEntries(Array.from({ length: count }, (_, address) => [`p${address}`, { address, every }]))

const SERIAL = parseLine('serial:///dev/ttyS1?baud=9600&parity=even')
/** Eleven bits a character. */
const BYTE_MS = 11_000 / 9600

test('a read takes its bytes, a gap before it and before its answer, and the time to answer', () => {
  const { devices, typical, requestsPerSecond, timing } = predictLine(SERIAL, [deviceOf(row(16))])
  expect(timing.byteMs).toBe(BYTE_MS)
  expect(devices[0]?.due).toEqual([
    {
      what: 'reads',
      everyMs: 60_000,
      exchanges: 1,
      requestBytes: 8,
      answerBytes: 5 + 32,
      ms: expect.closeTo(45 * BYTE_MS + 7 * BYTE_MS + ANSWER_MS_TYPICAL, 9),
    },
  ])
  expect(typical).toBeCloseTo((52 * BYTE_MS + ANSWER_MS_TYPICAL) / 60_000, 9)
  expect(requestsPerSecond).toBeCloseTo(1 / 60, 9)
})

test('the bytes are those of the frames', () => {
  const points: Record<string, Partial<Point>> = {
    ...row(7),
    flag: { table: 'coil', type: 'bit', address: 3 },
    other: { table: 'coil', type: 'bit', address: 12 },
    wide: { table: 'input', type: 'f64', address: 40 },
  }
  const device = deviceOf(points)
  const [due] = predictLine(SERIAL, [device]).devices[0]?.due ?? []
  if (!isModbusEntry(device.profile)) throw new Error('expected a model read by Modbus')
  const { modbus } = device.profile.profile
  const CODES = { coil: 1, discrete: 2, holding: 3, input: 4 } as const
  const requests = planBlocks(modbus.points, modbus.defaults).map(
    ({ table, address, count }) => ({ function: CODES[table], address, count }) as const,
  )
  expect(due?.exchanges).toBe(requests.length)
  expect(due?.requestBytes).toBe(requests.map((request) => encodeRtu(1, encodeRequest(request)).length).reduce((a, b) => a + b))
  expect(due?.answerBytes).toBe(requests.map((request) => echoRtu({ unit: 1, request }).length).reduce((a, b) => a + b))
})

test('thirty devices of sixteen values fit a slow line in blocks, and not one by one', () => {
  const line = (points: Record<string, Partial<Point>>) =>
    predictLine(
      SERIAL,
      Array.from({ length: 30 }, () => deviceOf(points)),
    ).typical
  expect(line(row(16, '10s'))).toBeLessThan(0.3)
  expect(line(apart(16, '10s'))).toBeGreaterThan(1)
})

test('each interval has its share, and a device that is woken is woken once a round', () => {
  const points = { fast: { every: '5s' }, slow: { address: 50, every: '15s' }, odd: { address: 90, every: '7s' } }
  const wake = { send: 'write-none', table: 'holding', address: 0, delay: '6s' } as const
  const plan = predictLine(SERIAL, [deviceOf(points, {}, wake)]).devices[0]
  expect(plan?.due.map(({ what, everyMs, requestBytes, answerBytes }) => [what, everyMs, requestBytes, answerBytes])).toEqual([
    ['wakes', 5000, 9, 8],
    ['wakes', 7000, 9, 8],
    ['reads', 5000, 8, 7],
    ['reads', 7000, 8, 7],
    ['reads', 15_000, 8, 7],
  ])
  expect(plan?.requestsPerSecond).toBeCloseTo(2 / 5 + 2 / 7 + 1 / 15, 9)
  expect(plan?.everyMs).toBe(5000)
  expect(plan?.roundMs).toBeGreaterThan(6000)
})

test('the worst is told of the device whose silence costs most: a timeout a round', () => {
  const patient = { ...deviceOf(row(1), { timeout: '3s' }), id: 'patient' }
  const frequent = { ...deviceOf(row(1, '5s'), { timeout: '1s' }), id: 'frequent' }
  const { typical, worst, costliest, devices } = predictLine(SERIAL, [patient, frequent])
  expect(costliest?.id).toBe('frequent')
  const own = devices[1]?.typical ?? Number.NaN
  expect(worst).toBeCloseTo(typical - own + (1000 + (8 + 7 + 7) * BYTE_MS) / 5000, 9)
})

test('over a network a read costs its round trip, and behind a serial server the time of the serial line too', () => {
  const device = deviceOf(row(4))
  const [tcp] = predictLine(parseLine('tcp://10.0.0.7'), [device]).devices[0]?.due ?? []
  expect(tcp?.ms).toBe(ANSWER_MS_TYPICAL + ROUND_TRIP_MS_TYPICAL)
  const server = parseLine('rtu+tcp://10.0.0.7:4001')
  const { timing } = predictLine(server, [device, deviceOf(row(4), { baud: 2400 })])
  expect(timing.byteMs).toBeCloseTo(10_000 / 2400, 9)
})

test('a line without devices is idle', () => {
  for (const url of ['tcp://10.0.0.7', 'rtu+tcp://10.0.0.7:4001', 'serial:///dev/ttyS1'])
    expect(predictLine(parseLine(url), [])).toMatchObject({ typical: 0, worst: 0, costliest: undefined, devices: [] })
})
