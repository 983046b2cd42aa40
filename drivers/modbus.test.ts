import { once } from 'node:events'
import { ServerTCP } from 'modbus-serial'
import { expect, onTestFinished, test } from 'vitest'
import { type Clock, type DeviceEvent, type ModbusEntry, type ModbusProfile, type Reading, siteClock } from '#devices'
import { encodeResponse, encodeTcp } from '#protocols/modbus'
import { type Bus, openBus } from './bus.ts'
import { type Driver, isDeviceEvent, type Report } from './driver.ts'
import { drivers } from './index.ts'
import type { Log } from './log.ts'
import { ROUNDS_IN_TIME_MIN } from './modbus.ts'
import { type AskedTcp, echoPdu, echoTcp, freePort, openScriptedSlave, readOf } from './scripted-slave.ts'
import { UNIT_REST_MS_MIN } from './unit-breaker.ts'

type Points = ModbusProfile['modbus']['points']
type Point = Points[string]

const START = 1_780_000_000_000
/** Five site seconds between rounds in a few machine milliseconds. */
const SPEED = 500

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
  every: '5s',
}

function entryOf(points: Record<string, Partial<Point>>, timeout = '10s', wake?: ModbusProfile['modbus']['wake']): ModbusEntry {
  const profile: ModbusProfile = {
    title: 'test',
    kind: 'test',
    source: 'test',
    modbus: {
      defaults: { baud: 9600, parity: 'none', stopBits: 1, timeout, hole: 0, block: 125 },
      ...(wake && { wake }),
      points: Object.fromEntries(Object.entries(points).map(([name, differs]) => [name, { ...plain, ...differs }])),
    },
    examples: [],
  }
  return { name: 'test/test', hash: '0', profile, file: 'test' }
}

const TWO = { low: { address: 10 }, high: { address: 20 } }

function openSite(clock: Clock = siteClock({ start: START, since: Date.now(), speed: SPEED })): {
  bus: Bus
  clock: Clock
  log: Log
  random: () => number
  logged: string[]
} {
  const logged: string[] = []
  const tell = (_: object, message: string) => void logged.push(message)
  const log = { info: tell, warn: tell }
  // No backoff to wait for: the machine's time runs a thousand times as fast there.
  const bus = openBus({ clock: { ...clock, mono: () => clock.mono() * 1000 }, log, random: () => 0 })
  onTestFinished(() => bus[Symbol.asyncDispose]())
  return { bus, clock, log, random: () => 0, logged }
}

async function openDriver(entry: ModbusEntry, line: string, unit = 1, site = openSite()): Promise<Driver> {
  const { open } = await drivers.modbus()
  const driver = await open({ id: 'station', profile: entry, line, unit }, site)
  onTestFinished(() => driver[Symbol.asyncDispose]())
  return driver
}

async function slaveFor(script: (asked: AskedTcp) => void, port = 0): Promise<Awaited<ReturnType<typeof openScriptedSlave>>> {
  const slave = await openScriptedSlave(script, { port })
  onTestFinished(() => slave[Symbol.asyncDispose]())
  return slave
}

/** Reports until there are enough; `after` runs behind each. */
async function take(
  driver: Driver,
  isEnough: (reports: readonly Report[]) => boolean,
  after: (count: number) => void = () => {},
): Promise<Report[]> {
  const stop = new AbortController()
  const reports: Report[] = []
  for await (const report of driver.readings(stop.signal)) {
    if (stop.signal.aborted) break
    reports.push(report)
    after(reports.length)
    if (isEnough(reports)) stop.abort()
  }
  return reports
}
const rounds = (count: number) => (reports: readonly Report[]) => reports.length >= count
const readingsOf = (reports: readonly Report[]): Reading[] =>
  reports.flat().filter((item): item is Reading => !isDeviceEvent(item))
const eventsOf = (reports: readonly Report[]): DeviceEvent[] => reports.flat().filter(isDeviceEvent)
const reasonOf = (event: DeviceEvent) => ('reason' in event ? event.reason : undefined)
const saidBy = (reports: readonly Report[], point: string) => readingsOf(reports).filter((reading) => reading.point === point)

test('an independent slave is polled and its registers become readings in the unit', async () => {
  const registers = new Map([
    [0, 1],
    [1, 1],
    [10, 1180],
    [20, 0x147b],
    [21, 0x41f0],
  ])
  const port = await freePort()
  const server = new ServerTCP(
    { getInputRegister: (address: number) => registers.get(address) ?? 0, getDiscreteInput: (address: number) => address === 3 },
    { host: '127.0.0.1', port, unitID: 5 },
  )
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  await once(server, 'initialized')
  const entry = entryOf({
    rain_total: { table: 'input', type: 'u32', scale: 0.5, decimals: 1, meaning: 'counter' },
    battery: { table: 'input', address: 10, scale: 0.01, decimals: 2, range: [12, 16] },
    level: { table: 'input', address: 20, type: 'f32', words: 'CDAB', decimals: 2 },
    fault: { table: 'discrete', address: 3, type: 'bit', meaning: 'state' },
  })
  const [report = []] = await take(await openDriver(entry, `tcp://127.0.0.1:${port}`, 5), rounds(1))
  expect(report[0]).toMatchObject({ kind: 'device.online', device: 'station' })
  expect(readingsOf([report]).map(({ point, value, quality, reason }) => [point, value, quality, reason])).toEqual([
    ['rain_total', 327_685, 'good', undefined],
    ['battery', 1180, 'suspect', 'range'],
    ['level', 3001, 'good', undefined],
    ['fault', true, 'good', undefined],
  ])
})

test('a round is read in the fewest requests, and the points of a block share one time', async () => {
  const asked: string[] = []
  const slave = await slaveFor((each) => {
    const { function: code, address, count } = readOf(each.request)
    asked.push(`${code}:${address}+${count}`)
    each.socket.write(echoTcp(each))
  })
  const points = {
    a: { address: 1 },
    b: { address: 2, type: 'u32' as const },
    c: { address: 4, type: 'bit' as const, bit: 2 },
    far: { address: 90 },
  }
  const site = openSite()
  const before = site.clock.now()
  const [report = []] = await take(await openDriver(entryOf(points), slave.url, 1, site), rounds(1))
  expect(asked).toEqual(['3:1+4', '3:90+1'])
  const readings = readingsOf([report])
  expect(readings.map(({ point, value }) => [point, value])).toEqual([
    ['a', 1],
    ['b', 2 * 65_536 + 3],
    ['c', true],
    ['far', 90],
  ])
  expect(new Set(readings.slice(0, 3).map(({ at }) => at)).size).toBe(1)
  for (const { at } of readings) expect(at >= before && at <= site.clock.now()).toBe(true)
})

test('the first round comes at once, the next at multiples of the interval, each class by its own', async () => {
  const slave = await slaveFor((asked) => asked.socket.write(echoTcp(asked)))
  const site = openSite()
  const reports = await take(
    await openDriver(entryOf({ fast: { every: '5s' }, slow: { address: 50, every: '15s' } }), slave.url, 1, site),
    rounds(9),
  )
  const fast = saidBy(reports, 'fast')
  const slow = saidBy(reports, 'slow')
  expect(readingsOf(reports.slice(0, 1)).map(({ point }) => point)).toEqual(['fast', 'slow'])
  for (const [every, said] of [
    [5_000, fast],
    [15_000, slow],
  ] as const) {
    const slots = said.map(({ at }) => Math.floor(at / every))
    expect(new Set(slots).size).toBe(slots.length)
    expect(said.length).toBeGreaterThanOrEqual(every === 5_000 ? 8 : 2)
  }
})

test('a device that has to be woken is woken before each round, and whatever it says to that is read all the same', async () => {
  const asked: string[] = []
  const waits: number[] = []
  const slave = await slaveFor((each) => {
    const { request } = each
    if (request.function === 16 && 'registers' in request) {
      asked.push(`16:${request.address}+${request.registers.length}`)
      // The second time it still sleeps, and refuses.
      const refusal = encodeResponse({ function: 16, exception: 6 })
      const answer = asked.length === 1 ? encodeResponse({ function: 16, address: request.address, count: 0 }) : refusal
      each.socket.write(encodeTcp(each.transaction, each.unit, answer))
      return
    }
    asked.push(`3:${readOf(request).address}`)
    each.socket.write(echoTcp(each))
  })
  const wake = { send: 'write-none', table: 'holding', address: 0x1c00, delay: '20ms' } as const
  const real = siteClock({ start: START, since: Date.now(), speed: SPEED })
  const after: Clock['after'] = (ms, act) => {
    waits.push(ms)
    return real.after(ms, act)
  }
  const site = openSite({ ...real, after })
  const reports = await take(await openDriver(entryOf({ a: { address: 7 } }, '10s', wake), slave.url, 1, site), rounds(2))
  expect(asked).toEqual(['16:7168+0', '3:7', '16:7168+0', '3:7'])
  expect(saidBy(reports, 'a').map(({ value, quality }) => [value, quality])).toEqual([
    [7, 'good'],
    [7, 'good'],
  ])
  expect(waits.filter((ms) => ms === 20)).toHaveLength(2)
})

test('a read wakes a device too, and a stop while it warms up ends at once', async () => {
  const stop = new AbortController()
  const asked: string[] = []
  const slave = await slaveFor((each) => {
    const { function: code, address, count } = readOf(each.request)
    asked.push(`${code}:${address}+${count}`)
    each.socket.write(echoTcp(each))
    stop.abort()
  })
  const wake = { send: 'read', table: 'input', address: 5, delay: '1d' } as const
  const driver = await openDriver(entryOf({ a: {} }, '10s', wake), slave.url)
  for await (const report of driver.readings(stop.signal)) expect(report).toEqual([])
  expect(asked).toEqual(['4:5+1'])
})

test('what a status point says is heeded, also where it comes in another block or not at all', async () => {
  let status = 0
  const slave = await slaveFor((each) => {
    const { address } = readOf(each.request)
    if (address === 0) each.socket.write(echoTcp(each))
    else if (status === 99)
      each.socket.write(encodeTcp(each.transaction, each.unit, encodeResponse({ function: 3, exception: 4 })))
    else each.socket.write(encodeTcp(each.transaction, each.unit, encodeResponse({ function: 3, registers: [status] })))
  })
  const entry = entryOf({ ph: { status: [{ point: 'quality', suspect: [1], bad: [3, 7] }] }, quality: { address: 100 } })
  const reports = await take(await openDriver(entry, slave.url), rounds(4), (count) => {
    status = [1, 7, 99][count - 1] ?? 0
  })
  expect(saidBy(reports, 'ph').map(({ value, quality, reason }) => [value, quality, reason])).toEqual([
    [0, 'good', undefined],
    [0, 'suspect', 'device'],
    [null, 'bad', 'device'],
    [0, 'suspect', 'exception'],
  ])
  expect(saidBy(reports, 'quality').map(({ value }) => value)).toEqual([0, 1, 7, null])
})

test('a block that fails is bad with its reason, and the others are undisturbed', async () => {
  const slave = await slaveFor(({ socket, ...asked }) => {
    const { address } = readOf(asked.request)
    if (address === 10) socket.write(encodeTcp(asked.transaction, asked.unit, encodeResponse({ function: 3, exception: 4 })))
    else if (address === 20)
      socket.write(encodeTcp(asked.transaction, asked.unit, encodeResponse({ function: 3, registers: [1, 2, 3] })))
    else if (address !== 30) socket.write(echoTcp(asked))
  })
  const points = {
    refused: { address: 10 },
    also: { address: 11 },
    odd: { address: 20 },
    silent: { address: 30 },
    well: { address: 40 },
  }
  const reports = await take(await openDriver(entryOf(points, '200ms'), slave.url), rounds(3))
  for (const report of reports) {
    expect(readingsOf([report]).map(({ point, value, quality, reason }) => [point, value, quality, reason])).toEqual([
      ['refused', null, 'bad', 'exception'],
      ['also', null, 'bad', 'exception'],
      ['odd', null, 'bad', 'malformed'],
      ['silent', null, 'bad', 'timeout'],
      ['well', 40, 'good', undefined],
    ])
  }
  expect(eventsOf(reports)).toEqual([expect.objectContaining({ kind: 'device.online' })])
})

test.each([2, 3])('registers refused with exception %s are read around, and asked again later', async (exception) => {
  const asked: string[] = []
  let hole = 12
  const slave = await slaveFor((each) => {
    const { address, count } = readOf(each.request)
    asked.push(`${address}+${count}`)
    const isRefused = address <= hole && hole < address + count
    const refusal = encodeTcp(each.transaction, each.unit, encodeResponse({ function: 3, exception }))
    each.socket.write(isRefused ? refusal : echoTcp(each))
  })
  let later = 0
  const real = siteClock({ start: START, since: Date.now(), speed: SPEED })
  const site = openSite({ ...real, mono: () => real.mono() + later })
  const points = Object.fromEntries([10, 11, 12, 13].map((address) => [`p${address}`, { address }]))
  const driver = await openDriver(entryOf(points), slave.url, 1, site)
  const reports = await take(driver, rounds(5), (count) => {
    // An hour of the site.
    if (count === 2) later = 3_600_000 / SPEED
    if (count === 3) hole = Number.NaN
    if (count === 3) later *= 4
  })
  const first = readingsOf(reports.slice(0, 1)).map(({ point, value, reason }) => [point, value, reason])
  expect(first).toEqual([
    ['p10', 10, undefined],
    ['p11', 11, undefined],
    ['p12', null, 'exception'],
    ['p13', 13, undefined],
  ])
  const wholeAgain = ['10+2', '12+1', '13+1', '10+4']
  expect(asked).toEqual(['10+4', '10+2', '12+2', '12+1', '13+1', '10+2', '13+1', '10+2', '12+1', '13+1', ...wholeAgain])
  expect(saidBy(reports, 'p12').map(({ value }) => value)).toEqual([null, null, null, 12, 12])
  expect(driver.counts).toMatchObject({ divisions: 2, holes: 1, probes: 3, healed: 2 })
  const told = site.logged.filter((message) => message.startsWith('registers'))
  expect(told).toEqual(['registers are refused; they are tried again later', 'registers that were refused are read again'])
  expect(eventsOf(reports)).toHaveLength(1)
})

test('a device all of whose registers are refused is asked for one of them each round, so that its end is noticed', async () => {
  const asked: number[] = []
  let isSilent = false
  const slave = await slaveFor((each) => {
    asked.push(readOf(each.request).address)
    const refusal = encodeTcp(each.transaction, each.unit, encodeResponse({ function: 3, exception: 2 }))
    if (!isSilent) each.socket.write(refusal)
  })
  const reports = await take(
    await openDriver(entryOf(TWO, '100ms'), slave.url),
    (all) => eventsOf(all).length > 0,
    (count) => {
      if (count === 4) isSilent = true
    },
  )
  expect(asked.slice(0, 5)).toHaveLength(5)
  expect(new Set(asked.slice(2, 5))).toEqual(new Set([10, 20]))
  expect(eventsOf(reports)).toEqual([expect.objectContaining({ kind: 'device.offline', reason: 'timeout' })])
  for (const report of reports) expect(readingsOf([report])).toHaveLength(2)
})

test('two silent rounds are offline, told once, and the first good answer is online again', async () => {
  let isSilent = false
  const slave = await slaveFor((asked) => {
    if (!isSilent) asked.socket.write(echoTcp(asked))
  })
  let silentRounds = 0
  const reports = await take(
    await openDriver(entryOf(TWO, '150ms'), slave.url),
    (all) => eventsOf(all).filter(({ kind }) => kind === 'device.online').length === 2,
    () => {
      if (isSilent) silentRounds++
      isSilent = silentRounds < 5
    },
  )
  expect(eventsOf(reports).map((event) => [event.kind, reasonOf(event)])).toEqual([
    ['device.online', undefined],
    ['device.offline', 'timeout'],
    ['device.online', undefined],
  ])
  const offlineRound = reports.findIndex((report) => eventsOf([report]).some(({ kind }) => kind === 'device.offline'))
  expect(offlineRound).toBe(2)
  const silent = reports.slice(1, 6)
  for (const report of silent)
    expect(readingsOf([report])).toEqual(expect.arrayContaining([expect.objectContaining({ value: null, quality: 'bad' })]))
  for (const report of silent) expect(readingsOf([report])).toHaveLength(2)
})

test('a device that is off costs one timeout a probe, and is found by whichever block answers', async () => {
  const asked: number[] = []
  let isOff = true
  const slave = await slaveFor((each) => {
    const { address } = readOf(each.request)
    asked.push(address)
    if (!isOff && address === 20) each.socket.write(echoTcp(each))
  })
  const driver = await openDriver(entryOf(TWO, '20ms'), slave.url)
  const reports = await take(
    driver,
    (all) => eventsOf(all).some(({ kind }) => kind === 'device.online'),
    () => {
      if (asked.length >= 6) isOff = false
    },
  )
  // One round of two blocks, then one block a probe, another each time.
  expect(asked.slice(0, 6)).toEqual([10, 20, 20, 10, 20, 10])
  expect(eventsOf(reports).map(({ kind }) => kind)).toEqual(['device.offline', 'device.online'])
  for (const report of reports) expect(readingsOf([report])).toHaveLength(2)
})

test('a device that says nothing is bad at each poll without being asked, its probes ever further apart, and the others keep their rate', async () => {
  const asked = new Map<number, number>()
  const slave = await slaveFor((each) => {
    asked.set(each.unit, (asked.get(each.unit) ?? 0) + 1)
    if (each.unit === 1) each.socket.write(echoTcp(each))
  })
  // Machine time stands still but for what the test adds, so the first rest does not end.
  const real = siteClock({ start: START, since: Date.now(), speed: SPEED })
  let mono = 0
  const site = openSite({ ...real, mono: () => mono })
  const open = (unit: number) => openDriver(entryOf({ low: { address: 10 } }, '20ms'), slave.url, unit, site)
  const dead = await open(2)
  const [well, silent] = await Promise.all([
    take(await open(1), rounds(12)),
    take(dead, rounds(12), (count) => {
      if (count === 6) mono += UNIT_REST_MS_MIN / SPEED
      if (count === 9) mono += (UNIT_REST_MS_MIN * 2) / SPEED
    }),
  ])
  expect(saidBy(well, 'low').every(({ quality }) => quality === 'good')).toBe(true)
  expect(saidBy(silent, 'low').map(({ value, quality, reason }) => [value, quality, reason])).toEqual(
    Array.from({ length: 12 }, () => [null, 'bad', 'timeout']),
  )
  // Two rounds until it is off, then a probe a rest.
  expect(asked.get(2)).toBe(4)
  expect(dead.counts).toMatchObject({ rounds: 12, sparedBlocks: 8, failedBlocks: 12 })
})

test('a device that has to be woken is not woken while it rests', async () => {
  let asked = 0
  const slave = await slaveFor(() => void asked++)
  const real = siteClock({ start: START, since: Date.now(), speed: SPEED })
  const wake = { send: 'read', table: 'input', address: 5, delay: '1ms' } as const
  const driver = await openDriver(entryOf({ a: {} }, '20ms', wake), slave.url, 1, openSite({ ...real, mono: () => 0 }))
  await take(driver, rounds(6))
  expect(asked).toBe(4)
})

test('of a device that gives only some of its registers the others cost no reading', async () => {
  const slave = await slaveFor((asked) => {
    if (readOf(asked.request).address === 40) asked.socket.write(echoTcp(asked))
  })
  const points = { one: { address: 10 }, two: { address: 20 }, three: { address: 30 }, well: { address: 40 } }
  const reports = await take(await openDriver(entryOf(points, '20ms'), slave.url), (all) => {
    const said = saidBy(all, 'well').map(({ quality }) => quality)
    return said.slice(-3).join() === 'good,good,good'
  })
  expect(saidBy(reports, 'well').findIndex(({ quality }) => quality === 'good')).toBeLessThan(8)
})

/** A device with a serial number of two registers at 100, which also is what its data say. */
async function openMarked(serial: () => number, misbehave: (asked: AskedTcp) => boolean = () => false) {
  const asked: number[] = []
  const slave = await slaveFor((each) => {
    const { address, count } = readOf(each.request)
    asked.push(address)
    if (misbehave(each)) return
    const registers = address === 100 ? [0, serial()] : Array.from({ length: count }, serial)
    each.socket.write(encodeTcp(each.transaction, each.unit, encodeResponse({ function: 3, registers })))
  })
  const { open } = await drivers.modbus()
  const fingerprint = { table: 'holding', address: 100, type: 'u32', words: 'ABCD', expect: 7 } as const
  const device = { id: 'station', profile: entryOf(TWO, '100ms'), line: slave.url, unit: 1, fingerprint }
  const driver = await open(device, openSite())
  onTestFinished(() => driver[Symbol.asyncDispose]())
  return { asked, slave, driver }
}
const valuesOf = (reports: readonly Report[]) => new Set(readingsOf(reports).map(({ value }) => value))

test('a fingerprint is read before the data, once a connection', async () => {
  const { asked, driver, slave } = await openMarked(() => 7)
  const reports = await take(driver, rounds(4), (count) => {
    if (count === 2) slave.cut()
  })
  expect(asked.slice(0, 5)).toEqual([100, 10, 20, 10, 20])
  expect(asked.filter((address) => address === 100)).toHaveLength(2)
  expect(valuesOf(reports.slice(0, 2))).toEqual(new Set([7]))
  expect(eventsOf(reports.slice(0, 1)).map(({ kind }) => kind)).toEqual(['device.online'])
})

test('of another device nothing is told but that it is there, and the right one is read once it is back', async () => {
  let serial = 8
  let tries = 0
  const { asked, driver } = await openMarked(
    () => serial,
    (each) => {
      if (readOf(each.request).address === 100 && ++tries === 4) serial = 7
      return false
    },
  )
  const reports = await take(driver, (all) => readingsOf(all).length > 0)
  expect(reports.flat().slice(0, 2)).toEqual([
    { kind: 'device.changed', device: 'station', at: expect.any(Number), expected: '7', found: '8' },
    { kind: 'device.online', device: 'station', at: expect.any(Number) },
  ])
  expect(valuesOf(reports)).toEqual(new Set([7]))
  expect(asked).toEqual([100, 100, 100, 100, 10, 20])
})

test.each<[string, (slave: { cut(): void }, asked: AskedTcp) => boolean]>([
  [
    'behind a new connection in mid-round',
    (slave) => {
      slave.cut()
      return true
    },
  ],
  ['while it was silent', () => true],
])('a device that is exchanged %s publishes nothing under the old name', async (_, exchange) => {
  let serial = 7
  const held: { slave?: { cut(): void } } = {}
  const { driver, slave } = await openMarked(
    () => serial,
    (each) => {
      if (each.index !== 4 || held.slave === undefined) return false
      serial = 8
      return exchange(held.slave, each)
    },
  )
  held.slave = slave
  const reports = await take(driver, (all) => eventsOf(all).some(({ kind }) => kind === 'device.changed'))
  expect([...valuesOf(reports)].filter((value) => value !== null)).toEqual([7])
  expect(eventsOf(reports).map(({ kind }) => kind)).toEqual(['device.online', 'device.changed', 'device.offline'])
})

test('a device that does not say its fingerprint is bad with the reason, and costs its line as little as a silent one', async () => {
  const { asked, driver } = await openMarked(
    () => 7,
    () => true,
  )
  const reports = await take(driver, rounds(4))
  expect(new Set(asked)).toEqual(new Set([100]))
  expect(readingsOf(reports)).toHaveLength(8)
  for (const { quality, reason } of readingsOf(reports)) expect([quality, reason]).toEqual(['bad', 'timeout'])
  expect(eventsOf(reports).map((event) => [event.kind, reasonOf(event)])).toEqual([['device.offline', 'timeout']])
})

test('a device that is too busy to say its fingerprint is bad, and neither online nor offline', async () => {
  const { driver } = await openMarked(
    () => 7,
    ({ transaction, unit, socket }) => {
      socket.write(encodeTcp(transaction, unit, encodeResponse({ function: 3, exception: 6 })))
      return true
    },
  )
  const reports = await take(driver, rounds(4))
  expect(eventsOf(reports)).toEqual([])
  for (const { value, reason } of readingsOf(reports)) expect([value, reason]).toEqual([null, 'exception'])
})

test("a device without the fingerprint's registers is another", async () => {
  const { driver } = await openMarked(
    () => 7,
    (each) => {
      if (readOf(each.request).address !== 100) return false
      each.socket.write(encodeTcp(each.transaction, each.unit, encodeResponse({ function: 3, exception: 2 })))
      return true
    },
  )
  const reports = await take(driver, rounds(1))
  expect(reports.flat()).toEqual([expect.objectContaining({ kind: 'device.changed', found: 'no such register' })])
})

test('a device that only refuses is neither online nor offline', async () => {
  const slave = await slaveFor(({ transaction, unit, socket }) =>
    socket.write(encodeTcp(transaction, unit, encodeResponse({ function: 3, exception: 4 }))),
  )
  const reports = await take(await openDriver(entryOf(TWO), slave.url), rounds(4))
  expect(eventsOf(reports)).toEqual([])
})

test('nobody listening is unreachable, and the device is read once somebody does', async () => {
  const port = await freePort()
  let opened: Promise<unknown> | undefined
  const reports = await take(
    await openDriver(entryOf(TWO), `tcp://127.0.0.1:${port}`),
    (all) => eventsOf(all).some(({ kind }) => kind === 'device.online'),
    (count) => {
      if (count === 3) opened = slaveFor((asked) => asked.socket.write(echoTcp(asked)), port)
    },
  )
  await opened
  expect(eventsOf(reports).map((event) => [event.kind, reasonOf(event)])).toEqual([
    ['device.offline', 'unreachable'],
    ['device.online', undefined],
  ])
  expect(saidBy(reports, 'low').at(-1)).toMatchObject({ value: 10, quality: 'good' })
})

test('a connection cut in mid-frame costs one block of one round', async () => {
  const slave = await slaveFor((asked) => {
    if (asked.index === 2) asked.socket.write(echoTcp(asked).subarray(0, 8), () => asked.socket.destroy())
    else asked.socket.write(echoTcp(asked))
  })
  const reports = await take(await openDriver(entryOf(TWO), slave.url), rounds(3))
  expect(readingsOf(reports).filter(({ quality }) => quality === 'bad')).toEqual([
    expect.objectContaining({ point: 'low', reason: 'unreachable' }),
  ])
  expect(eventsOf(reports)).toHaveLength(1)
})

test.each<[string, (asked: AskedTcp, last: AskedTcp | undefined) => void]>([
  ['silent', () => {}],
  ['late by one request', (asked, last) => void (last && asked.socket.write(echoTcp(last)))],
  ['answering for another unit', (asked) => void asked.socket.write(echoTcp(asked, { unit: 99 }))],
  [
    'answering with another transaction',
    (asked) => void asked.socket.write(echoTcp(asked, { transaction: asked.transaction + 7000 })),
  ],
  [
    'refusing',
    ({ transaction, unit, socket }) =>
      void socket.write(encodeTcp(transaction, unit, encodeResponse({ function: 3, exception: 6 }))),
  ],
  ['answering twice', (asked) => void asked.socket.write(Buffer.concat([echoTcp(asked), echoTcp(asked)]))],
])('a device that is %s leaves the others on its line good', async (_, misbehave) => {
  let last: AskedTcp | undefined
  const slave = await slaveFor((asked) => {
    if (asked.unit !== 2) return void asked.socket.write(echoTcp(asked))
    misbehave(asked, last)
    last = asked
  })
  const site = openSite()
  const [one, two, three] = await Promise.all([1, 2, 3].map((unit) => openDriver(entryOf(TWO, '150ms'), slave.url, unit, site)))
  if (!one || !two || !three) throw new Error('expected three drivers')
  const reports = await Promise.all([one, two, three].map((driver) => take(driver, rounds(4))))
  for (const index of [0, 2]) {
    const said = readingsOf(reports[index] ?? [])
    expect(said.length).toBe(8)
    for (const { point, value, quality } of said)
      expect([point, value, quality]).toEqual([point, point === 'low' ? 10 : 20, 'good'])
  }
  for (const { value, point } of readingsOf(reports[1] ?? [])) expect([null, point === 'low' ? 10 : 20]).toContain(value)
  expect(slave.connections()).toBe(1)
})

test.each<[string, (asked: AskedTcp) => void]>([
  ['sends garbage', (asked) => void asked.socket.write(Buffer.from('garbage!'))],
  ['makes the peer close the connection', (asked) => void asked.socket.destroy()],
])('a device that %s costs the others a new connection and no reading', async (_, misbehave) => {
  const slave = await slaveFor((asked) => {
    if (asked.unit === 2) misbehave(asked)
    else asked.socket.write(echoTcp(asked))
  })
  const site = openSite()
  const [one, two, three] = await Promise.all([1, 2, 3].map((unit) => openDriver(entryOf(TWO), slave.url, unit, site)))
  if (!one || !two || !three) throw new Error('expected three drivers')
  const [first = [], mad = [], third = []] = await Promise.all([one, two, three].map((driver) => take(driver, rounds(4))))
  for (const { value, quality, point } of readingsOf([...first, ...third]))
    expect([quality, value]).toEqual(['good', point === 'low' ? 10 : 20])
  for (const { quality, reason } of readingsOf(mad))
    expect([quality, reason]).toEqual(['bad', expect.stringMatching(/malformed|unreachable/)])
  expect(slave.connections()).toBeGreaterThan(1)
})

test('a round that takes longer than its interval skips slots, counts them and tells it once', async () => {
  const slave = await slaveFor((asked) => void setTimeout(() => asked.socket.write(echoTcp(asked)), 25))
  const site = openSite()
  const driver = await openDriver(entryOf({ low: { address: 10, every: '5s' } }), slave.url, 1, site)
  const reports = await take(driver, rounds(4))
  expect(readingsOf(reports).every(({ quality }) => quality === 'good')).toBe(true)
  expect(driver.counts).toMatchObject({ rounds: 4, failedBlocks: 0 })
  expect(driver.counts.overruns).toBeGreaterThanOrEqual(3)
  expect(site.logged).toEqual(['poll rounds take longer than their interval'])
})

test('a device that keeps its interval again is told once, when it has done so for a while', async () => {
  let now = START
  let asked = 0
  const slave = await slaveFor((each) => {
    // Site time passes while the first, third and fifth round are under way, and else while the next is waited for.
    if (asked++ < 6 && asked % 2 === 1) now += 12_000
    each.socket.write(echoTcp(each))
  })
  const real = siteClock({ start: START, since: Date.now(), speed: SPEED })
  const after: Clock['after'] = (ms, act) => {
    now += ms * SPEED
    return real.after(0, act)
  }
  // The line keeps the machine's time.
  const site = { ...openSite(real), clock: { ...real, now: () => now, after } }
  const driver = await openDriver(entryOf({ low: { every: '5s' } }), slave.url, 1, site)
  await take(driver, () => site.logged.length === 2)
  expect(site.logged).toEqual(['poll rounds take longer than their interval', 'poll rounds keep their interval again'])
  expect(driver.counts).toMatchObject({ overruns: 6 })
  expect(asked).toBeGreaterThanOrEqual(5 + ROUNDS_IN_TIME_MIN)
})

test('a stop ends the readings at once, whether they wait for a slot or for an answer', async () => {
  const slave = await slaveFor((asked) => {
    if (asked.unit === 1) asked.socket.write(echoTcp(asked))
  })
  const site = openSite(siteClock({ start: START, since: Date.now(), speed: 1 }))
  for (const unit of [1, 2]) {
    const driver = await openDriver(entryOf({ low: { every: '1h' } }), slave.url, unit, site)
    const stop = new AbortController()
    const seen: Report[] = []
    const done = (async () => {
      for await (const report of driver.readings(stop.signal)) seen.push(report)
    })()
    if (unit === 1) await expect.poll(() => seen.length).toBe(1)
    else await expect.poll(() => [...site.bus.counts().values()][0]?.requests).toBe(2)
    stop.abort()
    await done
    expect(seen).toHaveLength(unit === 1 ? 1 : 0)
  }
})

test('what was read before a stop in mid-round is not lost', async () => {
  const stop = new AbortController()
  const slave = await slaveFor((asked) => {
    if (readOf(asked.request).address === 10) asked.socket.write(echoTcp(asked))
    else stop.abort()
  })
  const driver = await openDriver(entryOf(TWO), slave.url)
  const seen: Report[] = []
  for await (const report of driver.readings(stop.signal)) seen.push(report)
  expect(readingsOf(seen).map(({ point, value }) => [point, value])).toEqual([['low', 10]])
})

test.each([-1, 256, 1.5])('a unit of %s is a configuration error', async (unit) => {
  await expect(openDriver(entryOf(TWO), 'tcp://127.0.0.1:502', unit)).rejects.toMatchObject({ code: 'configuration' })
})

test('a line that makes no sense is a configuration error before anything opens', async () => {
  await expect(openDriver(entryOf(TWO), 'tcp://127.0.0.1/x')).rejects.toMatchObject({ code: 'configuration' })
})

test('the slave of these tests answers as the codec says', () => {
  expect(echoPdu({ function: 3, address: 10, count: 1 })).toEqual(encodeResponse({ function: 3, registers: [10] }))
})
