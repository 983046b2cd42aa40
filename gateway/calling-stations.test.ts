import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pino from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { wallClock } from '#devices'
import { processTimers } from '#devices/time'
import { InlineJournal, type JournalStore, type OpenStore } from '#gateway/journal'
import { SimulatedStation } from '#simulator'
import { readGatewayConfig } from './config.ts'
import { openGateway } from './gateway.ts'

const WAIT = { timeout: 20_000, interval: 10 }
const STATION = '0012345678'
const HOUR = 3_600_000
const clock = wallClock()
const log = pino({ enabled: false })

let folder = ''
let port = 0
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-stations-'))
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  await new Promise<void>((resolve) => server.close(() => resolve()))
})
afterEach(() => rmSync(folder, { recursive: true }))

function openSite(openStore?: OpenStore, data = 'data') {
  const file = join(folder, 'gateway.yaml')
  writeFileSync(
    file,
    `gateway: g-1
data: ./${data}
broker: mqtt://127.0.0.1:1
console: { port: 0 }
devices: [{ id: P1, profile: station/sl651-rain, line: "sl651:${port}", address: "${STATION}" }]
`,
  )
  return openGateway({
    ...{ config: readGatewayConfig(file), version: '1', clock, random: () => 0, log },
    ...(openStore && { openStore }),
  })
}

/** A rain station that has an hour of rain to tell. */
function station() {
  return new SimulatedStation({
    ...{ address: STATION, class: 'P', mode: 'M2', clock, answerMs: 500, elements: () => [] },
    target: { transport: 'tcp', host: '127.0.0.1', port },
  })
}
const HOURLY = [
  { id: '1A', def: '19', value: 12.5 },
  { id: '26', def: '19', value: 100.5 },
  { id: '38', def: '12', value: 12.4 },
]

/** What is on disk, whoever wrote it. */
function rows(data = 'data') {
  const db = new Database(join(folder, data, 'journal.db'), { readonly: true })
  try {
    return db
      .prepare('SELECT s.point, r.at, r.n, r.value FROM reading r JOIN series s ON s.id = r.series ORDER BY r.seq')
      .all() as { point: string; at: number; n: number; value: number }[]
  } finally {
    db.close()
  }
}

/** A journal that is killed when it has written a reading, before anybody hears of it. */
async function mortal(options: Parameters<OpenStore>[0], died: () => void): Promise<JournalStore> {
  const store = await InlineJournal.open({ ...options, timers: processTimers })
  return {
    get epoch() {
      return store.epoch
    },
    get lanes() {
      return store.lanes
    },
    get counters() {
      return store.counters
    },
    get room() {
      return store.room
    },
    get ended() {
      return store.ended
    },
    async call(method, ...args) {
      const before = store.lanes.reading.issued
      const result = await store.call(method, ...args)
      if (store.lanes.reading.issued === before) return result
      store.crash()
      died()
      throw store.ended.reason
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

test('a station is heard, journalled and acknowledged; what it says again makes no second row', async () => {
  await using gateway = await openSite()
  await using sender = station()
  const observed = Math.floor(clock.now() / HOUR) * HOUR
  await vi.waitFor(() => expect(Object.keys(gateway.status.lines)).toHaveLength(1), WAIT)
  sender.fail({ lostAcks: 1 })
  expect(await sender.report('34', observed, HOURLY)).toMatchObject({ isAcknowledged: true, tries: 2 })
  // On disk before the answer: nothing is waited for here.
  expect(rows()).toEqual([
    { point: 'rain_1h', at: observed, n: 0, value: 125 },
    { point: 'rain_total', at: observed, n: 0, value: 1005 },
    { point: 'battery', at: observed, n: 0, value: 1240 },
  ])
  expect(gateway.status.devices).toEqual([expect.objectContaining({ id: 'P1', address: STATION, isOnline: true, readings: 3 })])
})

test('killed between the journal and the answer, it keeps one row of each when the station says it again', async () => {
  const death = Promise.withResolvers<void>()
  const first = await openSite((options) => mortal(options, death.resolve))
  await using sender = station()
  await vi.waitFor(() => expect(Object.keys(first.status.lines)).toHaveLength(1), WAIT)
  // Its clock was never set, so that the times of the rows are those of their arrival.
  sender.fail({ clockOffMs: null })
  const outcome = sender.report('34', clock.now(), HOURLY)
  await death.promise
  await Promise.resolve(first[Symbol.asyncDispose]()).catch(() => {})
  expect(sender.heard).toEqual([])
  const kept = rows()
  expect(kept).toHaveLength(3)
  // What a machine finds when it comes back: the files as they lay there. The dead one's lock lives on in this process.
  cpSync(join(folder, 'data'), join(folder, 'later'), { recursive: true })
  await using second = await openSite(undefined, 'later')
  expect(await outcome).toMatchObject({ isAcknowledged: true })
  expect(rows('later')).toEqual(kept)
  expect(second.status.devices[0]?.counts).toMatchObject({ reports: 0 })
})
