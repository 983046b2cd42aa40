import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Broker } from '#cloud/broker'
import { Ingest } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords, showRevised } from '#cloud/store'
import { type Clock, wallClock } from '#devices'
import { type Outflow, openOutflow } from '#gateway'

const HOUR = 3_600_000
const log = pino({ level: 'silent' })
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-clock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** The wall clock, set wrong by the test; machine time goes on. */
class SetClock implements Clock {
  readonly speed = 1
  readonly #wall = wallClock()
  off = 0
  now(): number {
    return this.#wall.now() + this.off
  }
  mono(): number {
    return this.#wall.mono()
  }
  after(ms: number, call: () => void): () => void {
    return this.#wall.after(ms, call)
  }
}

async function openCloud(place: string, brokerUrl: string) {
  await using parts = new AsyncDisposableStack()
  const records = parts.use(await openRecords(join(place, 'records.db')))
  const series = parts.use(await openEmbeddedSeries(join(place, 'series.db')))
  const ingest = parts.use(
    await Ingest.start({ brokerUrl, inboxFile: join(place, 'inbox.db'), records, series, rules: [], clock: wallClock(), log }),
  )
  const opened = parts.move()
  const range = async () => {
    const query = { device: 'd', point: 'p', from: 0, to: 8.64e15, limit: 100_000 }
    return (await showRevised(series, records.db).range(query)).rows
  }
  const rawCount = () => series.count()
  return { records, ingest, range, rawCount, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const openSite = (place: string, broker: string, clock: Clock, source: 'system' | 'cloud' = 'system') =>
  openOutflow({
    config: { gateway: 'g', data: join(place, 'gateway'), broker, hash: 'h', clock: { source } },
    version: '0',
    clock,
    random: () => 0,
    log,
  })

/** Takes a reading whose value says when it really was. */
const take = (site: Outflow, clock: SetClock, real: number) =>
  site.journal.add([{ device: 'd', point: 'p', hash: '00112233445566aa', at: real + clock.off, value: real, quality: 'good' }])

test('rows of a clock that steps by an hour, a day and to 1970 arrive once each, with their true times', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using cloud = await openCloud(folder, broker.url)
  const clock = new SetClock()
  await using site = await openSite(folder, broker.url, clock)
  await until(() => site.uplink.state.isConnected)
  let last = 0
  let rows = 0
  for (const off of [0, HOUR, -HOUR, 86_400_000, -Date.now(), 0]) {
    clock.off = off
    for (let turn = 0; turn < 5; turn++) {
      await until(() => Date.now() > last)
      last = Date.now()
      await take(site, clock, last)
      rows++
    }
    await until(() => site.trust.isTrusted)
  }
  await until(async () => (await cloud.range()).length === rows)
  const wrong = (await cloud.range()).filter(({ at, value }) => Math.abs(at - Number(value)) >= 2500)
  expect(wrong).toEqual([])
  for (const { at, value, quality, reason } of await cloud.range()) {
    expect(Math.abs(at - Number(value))).toBeLessThan(2500)
    if (quality !== 'good') expect(reason).toBe('conflict')
  }
  const steps = await cloud.records.db.selectFrom('event').select('at').where('kind', '=', 'clock.stepped').execute()
  expect(steps).toHaveLength(5)
  for (const { at } of steps) expect(Math.abs(at - Date.now())).toBeLessThan(HOUR)
}, 60_000)

test('a site that starts in 1970 without a link sends its rows with their true times once the cloud is there', async () => {
  const clock = new SetClock()
  clock.off = -Date.now()
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using site = await openSite(folder, broker.url, clock)
  expect(site.trust.isTrusted).toBe(false)
  const real = Date.now()
  for (let row = 0; row < 50; row++) await take(site, clock, real - row * 10)
  await site.journal.flush()
  expect(site.journal.lanes.reading).toMatchObject({ issued: 0 })
  expect(site.journal.counters.held).toBe(50)
  await using cloud = await openCloud(folder, broker.url)
  await until(async () => (await cloud.range()).length === 50)
  for (const { at, value, quality } of await cloud.range()) {
    expect(Math.abs(at - Number(value))).toBeLessThan(2500)
    expect(quality).toBe('good')
  }
  const [gateway] = await cloud.records.db.selectFrom('gateway').select('clock').execute()
  expect(Math.abs(JSON.parse(gateway?.clock ?? '{}').now - Date.now())).toBeLessThan(60_000)
}, 60_000)

test('whatever the steps and rows, each row arrives once, with its true time or flagged', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  const moves = fc.array(
    fc.tuple(fc.constantFrom(0, HOUR, -HOUR, 86_400_000, -1_700_000_000_000), fc.integer({ min: 1, max: 20 })),
    { minLength: 1, maxLength: 6 },
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(moves, fc.constantFrom('system', 'cloud'), fc.boolean(), async (list, source, isLinked) => {
      const place = join(folder, `${run++}`)
      const clock = new SetClock()
      await using site = await openSite(place, broker.url, clock, source)
      await using cloud = isLinked ? await openCloud(place, broker.url) : null
      let real = Date.now() - 30_000
      let rows = 0
      for (const [off, count] of list) {
        clock.off = off
        for (let row = 0; row < count; row++) {
          real += 20
          await take(site, clock, real)
          rows++
        }
        await site.journal.flush()
      }
      clock.off = 0
      await using later = cloud ?? (await openCloud(place, broker.url))
      await until(async () => (await later.range()).length >= rows && site.journal.lanes.reading.waiting === 0)
      const stored = await later.range()
      expect(stored).toHaveLength(rows)
      for (const { at, value, quality, reason } of stored)
        if (quality === 'good') expect(Math.abs(at - Number(value))).toBeLessThan(2500)
        else expect(['clock', 'conflict']).toContain(reason)
    }),
    { numRuns: 8 },
  )
}, 120_000)

test('rows of a clock that nobody doubted are shown at their true times once the cloud has told it, and the raw ones stay', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  const clock = new SetClock()
  clock.off = HOUR
  await using site = await openSite(folder, broker.url, clock)
  const real = Date.now()
  for (let row = 0; row < 50; row++) await take(site, clock, real - row * 10)
  await site.journal.flush()
  expect(site.journal.lanes.reading.issued).toBe(50)
  await using cloud = await openCloud(folder, broker.url)
  const isTrue = async () => (await cloud.range()).every(({ at, value }) => Math.abs(at - Number(value)) < 2500)
  await until(async () => (await cloud.range()).length === 50 && (await isTrue()))
  await take(site, clock, Date.now())
  await until(async () => (await cloud.range()).length === 51)
  expect(await isTrue()).toBe(true)
  expect(await cloud.rawCount()).toBe(51)
  const latest = await cloud.records.db.selectFrom('latest').select(['at', 'value']).executeTakeFirstOrThrow()
  expect(Math.abs(latest.at - Number(latest.value))).toBeLessThan(2500)
  expect(latest.at).toBeGreaterThan(real)
}, 60_000)
