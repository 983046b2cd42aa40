import { execFile, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import pino from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Broker } from '#cloud/broker'
import { loadCatalogue, PROFILES_FOLDER, siteClock } from '#devices'
import { REASONS } from '#devices/reading'
import { processTimers } from '#devices/time'
import { InlineJournal, type OpenStore } from '#gateway/journal'
import { Session } from '#mqtt'
import { openLedger, openSimulator, readScenario, type Simulator } from '#simulator'
import { encodeAck, LANES, type Lane, topic } from '#wire'
import { decodeBatch } from '#wire/decode'
import { readGatewayConfig } from './config.ts'
import { type Gateway, openGateway } from './gateway.ts'

const log = pino({ enabled: false })
const START = Date.UTC(2026, 6, 1)
/** Each device is polled each site second, so each 50 ms. */
const SPEED = 20
const WAIT = { timeout: 20_000, interval: 10 }

const PROFILE = `title: A gauge
kind: gauge
source: this test
modbus:
  defaults: { timeout: 100ms }
  points:
    level: { table: input, address: 0, scale: 0.01, decimals: 2, unit: m, every: 1s }
examples:
  - { name: one metre, input: { 0: [100] }, readings: { level: 1 } }
`
const SCENARIO = `title: two gauges on one line
stations:
  - id: S
    devices:
      - { id: A, profile: gauge/own-1, unit: 1, points: { level: { kind: constant, value: 40 } } }
      - { id: B, profile: gauge/own-1, unit: 2, points: { level: { kind: sine, mean: 20, amplitude: 10, period: 10m } } }
`
const RULE = `{ id: level, family: level, kind: threshold, title: { zh: 水位, en: Level }, device: A, point: level, validFrom: '2026-01-01',
  approver: a, edge: true, hysteresis: 1, grades: { red: { value: 33 } } }`

let folder = ''
let clock = siteClock({ start: START, since: Date.now(), speed: SPEED })
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-gateway-'))
  clock = siteClock({ start: START, since: Date.now(), speed: SPEED })
  mkdirSync(join(folder, 'models/gauge'), { recursive: true })
  writeFileSync(join(folder, 'models/gauge/own-1.yaml'), PROFILE)
})
afterEach(() => rmSync(folder, { recursive: true }))

function simulate(portBase?: number): Promise<Simulator> {
  const file = join(folder, 'scenario.yaml')
  writeFileSync(file, SCENARIO)
  const scenario = readScenario(file, loadCatalogue([PROFILES_FOLDER, join(folder, 'models')]))
  const ledger = openLedger('/dev/null')
  const options = { clock, start: START, ledger, ...(portBase && { portBase }) }
  return openSimulator(scenario, options, new AbortController().signal)
}

/** A gateway with both devices; its journal stays in the test's folder. */
function openSite(
  simulator: Simulator,
  { broker = 'mqtt://127.0.0.1:1', consolePort = 0, data = './data' } = {},
  openStore?: OpenStore,
): Promise<Gateway> {
  const file = join(folder, 'gateway.yaml')
  const devices = simulator.addresses.map(({ device, url, unit }) => ({ id: device, profile: 'gauge/own-1', line: url, unit }))
  const site = { gateway: 'g-1', data, broker, console: { port: consolePort }, profiles: './models', devices }
  writeFileSync(file, `${JSON.stringify(site).slice(0, -1)}, "rules": [${RULE}]}`)
  const config = readGatewayConfig(file)
  return openGateway({ config, version: '1.2.3', clock, random: () => 0, log, ...(openStore && { openStore }) })
}

/** What the journal keeps for the site itself, beside the gateway that writes it. */
function peek<T>(sql: string, ...values: (string | number)[]): T[] {
  const db = new Database(join(folder, 'data/journal.db'), { readonly: true })
  try {
    return db.prepare(sql).all(...values) as T[]
  } finally {
    db.close()
  }
}
const factsOf = (kind: string) => peek<{ device: string | null }>('SELECT device FROM fact WHERE kind = ?', kind)
const readingsOf = (device: string, after = 0) =>
  peek<{ seq: number; value: number | null; quality: number; reason: number; boot: string }>(
    `SELECT r.seq, r.value, r.quality, r.reason, c.boot FROM reading r JOIN series s ON s.id = r.series JOIN "commit" c ON c.id = r."commit"
     WHERE s.device = ? AND r.seq > ? ORDER BY r.seq`,
    device,
    after,
  )
const GOOD = 0
const BAD = 2
const issuedOf = ({ status }: Gateway) => status.journal.lanes.reading.issued
/** Waits until so many more readings are on disk. */
const moreReadings = (gateway: Gateway, count: number) => {
  const from = issuedOf(gateway)
  return vi.waitFor(() => expect(issuedOf(gateway)).toBeGreaterThanOrEqual(from + count), WAIT)
}

/** A cloud of one subscription, that acknowledges all and keeps the seqs. */
async function openCloud(url: string) {
  const seqs: Record<Lane, Set<number>> = { alarm: new Set(), event: new Set(), reading: new Set() }
  const session = await Session.open(
    {
      url,
      clientId: 'cloud-x',
      onMessage(_, payload) {
        const { gateway, epoch, lane, first, last, rows } = decodeBatch(payload)
        for (const { seq } of rows) seqs[lane].add(seq)
        const ack = encodeAck({ epoch, lane, ranges: [[first, last]], refused: [], credit: 1_000_000 })
        session.publish(topic(gateway, 'ack'), ack).catch(() => {})
      },
    },
    new AbortController().signal,
  )
  await session.subscribe(topic('+', 'up'))
  return Object.assign(session, { seqs })
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  return Number(new URL(broker.url).port)
}

test('without its broker a site is read and judged and nothing is lost; when the broker comes, every row arrives and the outbox empties', async () => {
  const port = await freePort()
  await using simulator = await simulate()
  await using gateway = await openSite(simulator, { broker: `mqtt://127.0.0.1:${port}` })
  await moreReadings(gateway, 20)
  const { uplink, journal } = (await (await fetch(`${gateway.console}/status`)).json()) as Gateway['status']
  expect(uplink).toMatchObject({ isConnected: false, rowsSent: 0, error: expect.stringContaining('ECONNREFUSED') })
  expect(journal.lanes.reading).toMatchObject({ oldest: 1, waiting: journal.lanes.reading.issued })
  expect(factsOf('alarm')).toEqual([{ device: 'A' }])

  await using broker = await Broker.open({ host: '127.0.0.1', port, log })
  await using cloud = await openCloud(broker.url)
  const waitingOf = () => LANES.map((lane) => gateway.status.journal.lanes[lane].waiting)
  await vi.waitFor(() => expect(waitingOf().slice(0, 2)).toEqual([0, 0]), WAIT)
  await vi.waitFor(() => expect(cloud.seqs.reading.size).toBeGreaterThan(40), WAIT)
  expect(gateway.status.uplink).toMatchObject({ isConnected: true, error: null })
  await simulator[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  // What was waiting at the stop went out before the end.
  expect(waitingOf()).toEqual([0, 0, 0])
  for (const lane of LANES) {
    const { issued } = gateway.status.journal.lanes[lane]
    expect([...cloud.seqs[lane]].sort((a, b) => a - b)).toEqual(Array.from({ length: issued }, (_, index) => index + 1))
  }
})

test.each([
  ['silent', { silent: true }, 'timeout'],
  ['refusing', { exception: 4 }, 'exception'],
  ['talking garbage', { garbage: true }, 'malformed'],
] as const)(
  'a device that is %s has bad readings with the reason, and the other one on its line good ones',
  async (_, fault, reason) => {
    await using simulator = await simulate()
    await using gateway = await openSite(simulator)
    await moreReadings(gateway, 4)
    simulator.setFault('A', fault)
    const from = issuedOf(gateway)
    const device = () => gateway.status.devices.find(({ id }) => id === 'A')
    const hasFailed = () => expect(device()?.bad).toBeGreaterThan(4)
    await vi.waitFor(hasFailed, WAIT)
    const isAnswering = reason === 'exception'
    expect(device()?.isOnline).toBe(isAnswering)
    simulator.setFault('A', null)
    await vi.waitFor(() => expect(device()?.isOnline).toBe(true), WAIT)
    await moreReadings(gateway, 8)
    await gateway[Symbol.asyncDispose]()

    const bad = readingsOf('A', from).filter(({ quality }) => quality === BAD)
    expect(bad.length).toBeGreaterThan(4)
    expect(new Set(bad.map((row) => [row.value, REASONS[row.reason - 1]].join()))).toEqual(new Set([`,${reason}`]))
    expect(readingsOf('A').at(-1)).toMatchObject({ quality: GOOD, value: 4000 })
    expect(new Set(readingsOf('B').map(({ quality }) => quality))).toEqual(new Set([GOOD]))
    const devices = (kind: string) =>
      factsOf(kind)
        .map((fact) => fact.device)
        .sort()
    expect(devices('device.offline')).toEqual(isAnswering ? [] : ['A'])
    expect(devices('device.online')).toEqual(isAnswering ? ['A', 'B'] : ['A', 'A', 'B'])
  },
)

test('a restart goes on in its journal: the same epoch, another boot, later seqs, and nothing told twice', async () => {
  await using simulator = await simulate()
  const runs: Gateway['status'][] = []
  const run = async () => {
    await using gateway = await openSite(simulator)
    await moreReadings(gateway, 6)
    await gateway[Symbol.asyncDispose]()
    runs.push(gateway.status)
  }
  await run()
  const described = () => factsOf('device.described').map(({ device }) => device)
  expect(described().sort()).toEqual(['A', 'B'])
  await run()
  expect(described()).toHaveLength(2)
  const [first, second] = runs
  expect(second?.epoch).toBe(first?.epoch)
  expect(second?.boot).not.toBe(first?.boot)
  const later = peek<{ seq: number }>(
    'SELECT MIN(seq) AS seq FROM reading r JOIN "commit" c ON c.id = r."commit" WHERE c.boot = ?',
    second?.boot ?? '',
  )
  expect(later).toEqual([{ seq: (first?.journal.lanes.reading.issued ?? 0) + 1 }])
  // The level was above its limit all the time: one alarm, never eased.
  expect(factsOf('alarm')).toHaveLength(1)
  expect(factsOf('gateway.started')).toHaveLength(2)

  writeFileSync(join(folder, 'models/gauge/own-1.yaml'), PROFILE.replace('decimals: 2', 'decimals: 3'))
  await run()
  expect(described().sort()).toEqual(['A', 'A', 'B', 'B'])
})

test('a broker and devices that go away in the middle and come back cost no row and no restart', async () => {
  const port = await freePort()
  const broker = await Broker.open({ host: '127.0.0.1', port, log })
  const simulator = await simulate()
  const line = Number(new URL(simulator.addresses[0]?.url ?? '').port)
  await using gateway = await openSite(simulator, { broker: broker.url })
  const before = await openCloud(broker.url)
  await vi.waitFor(() => expect(before.seqs.reading.size).toBeGreaterThan(4), WAIT)
  await broker[Symbol.asyncDispose]()
  await vi.waitFor(() => expect(gateway.status.uplink.isConnected).toBe(false), WAIT)
  await simulator[Symbol.asyncDispose]()
  const states = () => gateway.status.devices.map(({ isOnline }) => isOnline)
  await vi.waitFor(() => expect(states()).toEqual([false, false]), WAIT)

  await using _ = await simulate(line)
  await vi.waitFor(() => expect(states()).toEqual([true, true]), WAIT)
  await using __ = await Broker.open({ host: '127.0.0.1', port, log })
  const after = await openCloud(`mqtt://127.0.0.1:${port}`)
  await vi.waitFor(() => expect(after.seqs.reading.size).toBeGreaterThan(4), WAIT)
  await gateway[Symbol.asyncDispose]()
  for (const lane of LANES) {
    const seqs = new Set([...before.seqs[lane], ...after.seqs[lane]])
    expect(seqs.size).toBe(gateway.status.journal.lanes[lane].issued)
  }
  await Promise.all([before, after].map((cloud) => cloud[Symbol.asyncDispose]()))
})

test("a console port in use is the system's error; then, and after a stop, nothing is left that would keep a process alive", async () => {
  await using simulator = await simulate()
  await using holder = await Broker.open({ host: '127.0.0.1', port: 0, log })
  const consolePort = Number(new URL(holder.url).port)
  await (await openSite(simulator))[Symbol.asyncDispose]()
  const script = `
    import pino from 'pino'
    import { wallClock } from '#devices'
    import { openGateway, readGatewayConfig } from '#gateway'
    const config = readGatewayConfig(process.argv[1])
    const open = (port) => openGateway({ config: { ...config, console: { ...config.console, port } }, version: '1', clock: wallClock(),
      random: Math.random, log: pino({ enabled: false }) })
    await open(${consolePort}).catch(({ code, port }) => console.log(code, port))
    const gateway = await open(0)
    await (await fetch(gateway.console + '/health')).text()
    await gateway[Symbol.asyncDispose]()
    console.log('stopped')`
  const cwd = fileURLToPath(new URL('../', import.meta.url))
  const args = ['-e', script, join(folder, 'gateway.yaml')]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: WAIT.timeout })
  expect(stdout).toBe(`EADDRINUSE ${consolePort}\nstopped\n`)
})

test('a second gateway on the same data is refused before it gives out a single seq', async () => {
  await using simulator = await simulate()
  await using gateway = await openSite(simulator)
  await moreReadings(gateway, 2)
  await expect(openSite(simulator)).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining('journal.db') })
  await moreReadings(gateway, 2)
  expect(factsOf('gateway.started')).toHaveLength(1)
})

test('when nothing answers for the journal any more the site says that it ended, and stops', async () => {
  await using simulator = await simulate()
  const stores: InlineJournal[] = []
  const openStore: OpenStore = async (options) => {
    const store = await InlineJournal.open({ ...options, timers: processTimers })
    stores.push(store)
    return store
  }
  const gateway = await openSite(simulator, {}, openStore)
  await moreReadings(gateway, 2)
  stores[0]?.crash()
  expect(gateway.ended.reason).toMatchObject({ code: 'ended' })
  expect((await fetch(`${gateway.console}/health`)).status).toBe(503)
  await gateway[Symbol.asyncDispose]()
})

test('when the journal turns out damaged the site goes on with a new one', async () => {
  await using simulator = await simulate()
  await using gateway = await openSite(simulator)
  await moreReadings(gateway, 2)
  const { epoch } = gateway.status
  const db = new Database(join(folder, 'data/journal.db'))
  db.exec('DROP TABLE reading')
  db.close()
  await vi.waitFor(() => expect(gateway.status.epoch).not.toBe(epoch), WAIT)
  await moreReadings(gateway, 2)
  expect(gateway.status.journal).toMatchObject({ renewals: 1, isFailing: false })
  expect(readdirSync(join(folder, 'data')).filter((name) => name.includes('.damaged-'))).not.toEqual([])
})

/** A disk of its own, so small that it can be filled; null where this user may not mount one. */
function mountSmallDisk(): (Disposable & { fill(): void; clear(): void }) | null {
  const data = join(folder, 'data')
  mkdirSync(data)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'sluice-test', data]).status !== 0) return null
  const ballast = join(data, 'ballast')
  return {
    fill() {
      const file = openSync(ballast, 'w')
      for (let size = 1 << 20; size >= 512; ) {
        try {
          if (writeSync(file, Buffer.alloc(size)) < size) size >>= 1
        } catch {
          size >>= 1
        }
      }
      closeSync(file)
    },
    clear: () => rmSync(ballast),
    [Symbol.dispose]: () => void spawnSync('umount', ['-l', data]),
  }
}

test('on a full disk devices are read on and the journal says so; with room again no row is missing', async (context) => {
  using disk = mountSmallDisk()
  if (disk === null) return context.skip()
  await using simulator = await simulate()
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using cloud = await openCloud(broker.url)
  const gateway = await openSite(simulator, { broker: broker.url })
  await moreReadings(gateway, 4)
  await vi.waitFor(() => {
    // Again and again: the journal's own reserve is to be used up, too.
    disk.fill()
    expect(gateway.status.journal.isFailing).toBe(true)
  }, WAIT)
  expect((await fetch(`${gateway.console}/health`)).status).toBe(503)
  const read = () => gateway.status.devices.map(({ readings }) => readings)
  // Also a device that goes and comes: its events wait with the readings, and hold nobody up.
  simulator.setFault('A', { silent: true })
  await vi.waitFor(() => expect(gateway.status.devices[0]?.isOnline).toBe(false), WAIT)
  simulator.setFault('A', null)
  await vi.waitFor(() => expect(gateway.status.devices[0]?.isOnline).toBe(true), WAIT)
  const [readA = 0] = read()
  await vi.waitFor(() => expect(read()[0]).toBeGreaterThan(readA + 4), WAIT)

  disk.clear()
  await vi.waitFor(() => expect(gateway.status.journal).toMatchObject({ isFailing: false, pending: 0 }), WAIT)
  await vi.waitFor(() => expect(gateway.status.uplink.isConnected).toBe(true), WAIT)
  await gateway[Symbol.asyncDispose]()
  const { duplicates } = gateway.status.journal
  expect(issuedOf(gateway) + duplicates).toBe(read().reduce((sum, count) => sum + count, 0))
  expect(cloud.seqs.reading.size).toBe(issuedOf(gateway))
  // On a busy machine the other one may miss its time, too.
  expect(factsOf('device.offline').map(({ device }) => device)).toContain('A')
})

test('a stop on a full disk does not wait for room, and says what could not be written', async (context) => {
  using disk = mountSmallDisk()
  if (disk === null) return context.skip()
  await using simulator = await simulate()
  const gateway = await openSite(simulator)
  await moreReadings(gateway, 4)
  await vi.waitFor(() => {
    // Again and again: the journal's own reserve is to be used up, too.
    disk.fill()
    expect(gateway.status.journal.isFailing).toBe(true)
  }, WAIT)
  await expect(gateway[Symbol.asyncDispose]()).rejects.toMatchObject({
    code: 'full',
    message: expect.stringMatching(
      /^expected the last \d+ readings and \d+ events in the journal, got "database or disk is full"$/,
    ),
  })
})

test('a folder that is none is named, and a file that is no journal is set aside', async () => {
  await using simulator = await simulate()
  writeFileSync(join(folder, 'file'), 'x')
  await expect(openSite(simulator, { data: './file' })).rejects.toMatchObject({ code: 'EEXIST' })
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data/journal.db'), 'this is no database, but long enough to be taken for one'.repeat(100))
  await using gateway = await openSite(simulator)
  await moreReadings(gateway, 2)
  expect(gateway.status.journal.renewals).toBe(1)
})
