import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadCatalogue, modbusEntry, siteClock } from '#devices'
import { type Bus, DriverError, type Line, WireTap } from '#drivers'
import { Journal } from '#gateway/journal'
import type { SiteDevice } from './config.ts'
import { EdgeJudge } from './edge-judge.ts'
import { OUTBOX_LIMITS } from './journal/index.ts'
import { Supervisor } from './supervisor.ts'

const profile = modbusEntry(loadCatalogue(), 'multi/acme-ws-5')
if (profile === undefined) throw new Error('expected a model')
const own = { id: 'W', name: { zh: 'W', en: 'W' } }
const device: SiteDevice = { ...own, station: own, profile, line: 'tcp://127.0.0.1:1502', unit: 1 }
const WAIT = { timeout: 20_000, interval: 10 }

let folder = ''
let lines: string[] = []
const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
const logged = () => lines.map((line) => JSON.parse(line).msg as string)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-supervisor-'))
  lines = []
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A bus of one line, that does what the test says; counts its leases. */
function busOf(
  transact: Line['transact'],
  lease: () => void = () => {},
): Bus & { readonly leases: { open: number; opened: number[] } } {
  const leases = { open: 0, opened: [] as number[] }
  return {
    leases,
    lease(url) {
      leases.opened.push(performance.now())
      lease()
      leases.open++
      return {
        line: { url, counts: {} as Line['counts'], transact },
        [Symbol.asyncDispose]: async () => {
          leases.open--
        },
      }
    },
    tap: () => new WireTap(),
    listen() {
      throw new DriverError('configuration', 'expected no station')
    },
    counts: () => new Map(),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function open(bus: Bus, own: SiteDevice = device) {
  const clock = siteClock({ start: 0, since: Date.now(), speed: 100 })
  const journal = await Journal.open({ file: join(folder, 'journal.db'), gateway: 'g', clock, log })
  const judge = new EdgeJudge(
    {
      gateway: 'g',
      data: '',
      broker: '',
      outbox: OUTBOX_LIMITS,
      console: { host: '', port: 0 },
      clock: { source: 'system' },
      devices: [device],
      rules: [],
      hash: '',
    },
    new Map(),
  )
  const supervisor = Supervisor.start({ device: own, bus, journal, judge, clock, random: () => 0, log })
  const site = new AsyncDisposableStack()
  site.use(journal)
  site.use(supervisor)
  return Object.assign(site, { journal, supervisor })
}
const answer: Line['transact'] = async () => ({ function: 4, registers: [223, 614, 10082, 310, 1262] })

test('a driver that gives up is opened again, later each time, and told once for one reason', async () => {
  let refusals = 2
  const bus = busOf(answer, () => {
    if (refusals-- > 0) throw new DriverError('configuration', 'expected a line, got none')
  })
  await using site = await open(bus)
  const { supervisor } = site
  await vi.waitFor(() => expect(supervisor.state.error).toBe('expected a line, got none'), WAIT)
  expect(supervisor.state).toMatchObject({ isOnline: null, lastAt: null, readings: 0 })
  await vi.waitFor(() => expect(supervisor.state).toMatchObject({ isOnline: true, error: null }), WAIT)
  const [first = 0, second = 0, third = 0] = bus.leases.opened
  // Half of 1 s and half of 2 s, for the jitter's draw is 0.
  expect(second - first).toBeGreaterThanOrEqual(499)
  expect(third - second).toBeGreaterThanOrEqual(999)
  expect(logged().filter((message) => message.includes('gave up'))).toHaveLength(1)
  expect(supervisor.state.readings).toBeGreaterThanOrEqual(5)
})

test('a driver that breaks in the middle gives its line back before it is opened again', async () => {
  let asked = 0
  const bus = busOf(async (...args) => {
    if (++asked === 3) throw new TypeError('a bug')
    return answer(...args)
  })
  await using site = await open(bus)
  await vi.waitFor(() => expect(site.supervisor.state.error).toBe('a bug'), WAIT)
  expect(bus.leases.open).toBe(0)
  await vi.waitFor(() => expect(bus.leases.opened).toHaveLength(2), WAIT)
  await vi.waitFor(() => expect(site.supervisor.state.error).toBe(null), WAIT)
  expect(bus.leases.open).toBe(1)
})

test('counts what it read, keeps it with its model’s version, and tells that the device came and went', async () => {
  let isAway = false
  const bus = busOf(async (...args) => {
    if (isAway) throw new DriverError('timeout', 'expected an answer, got none')
    return answer(...args)
  })
  await using site = await open(bus)
  const { supervisor, journal } = site
  await vi.waitFor(() => expect(supervisor.state.readings).toBeGreaterThanOrEqual(10), WAIT)
  isAway = true
  await vi.waitFor(() => expect(supervisor.state.isOnline).toBe(false), WAIT)
  await supervisor[Symbol.asyncDispose]()
  await journal.flush()
  const { readings, bad, lastAt } = supervisor.state
  expect([bad >= 10, bad < readings, (lastAt ?? 0) > 0]).toEqual([true, true, true])
  // On a busy machine two rounds may fall into one millisecond: what is said twice is counted, not kept.
  const kept = readings - journal.counters.duplicates
  expect(journal.lanes).toMatchObject({ reading: { issued: kept }, event: { issued: 2 }, alarm: { issued: 0 } })
})

test('what another device says in its place is not kept, and told once', async () => {
  const fingerprint = { table: 'holding', address: 0, type: 'u16', words: 'ABCD', expect: 7 } as const
  let asked = 0
  const bus = busOf(async (...args) => {
    asked++
    return answer(...args)
  })
  await using site = await open(bus, { ...device, fingerprint })
  const { supervisor, journal } = site
  await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(3), WAIT)
  await supervisor[Symbol.asyncDispose]()
  await journal.flush()
  expect(supervisor.state).toMatchObject({ isOnline: false, readings: 0, error: null })
  expect(journal.lanes).toMatchObject({ reading: { issued: 0 }, event: { issued: 1 } })
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.startsWith('another device answers'))
  expect(told).toEqual([expect.objectContaining({ device: 'W', expected: '7', found: '223' })])
})

test.each([
  ['between two tries', () => busOf(answer, () => expect.fail('no line'))],
  ['in the middle of an answer', () => busOf((_, __, ___, stop) => new Promise((_resolve, reject) => stopAt(stop, reject)))],
  ['between two rounds', () => busOf(answer)],
])('a stop %s ends at once', async (_, bus) => {
  const opened = bus()
  const site = await open(opened)
  await vi.waitFor(() => expect(opened.leases.opened).toHaveLength(1), WAIT)
  await site[Symbol.asyncDispose]()
  expect(opened.leases.open).toBe(0)
  expect(opened.leases.opened).toHaveLength(1)
})

function stopAt(stop: AbortSignal, reject: (error: Error) => void): void {
  stop.addEventListener('abort', () => reject(new DriverError('stopped', 'expected an answer, got a stop')), { once: true })
}
