import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { BrokerProcess } from '#cloud/broker'
import { Inbox, Ingest } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords } from '#cloud/store'
import { wallClock } from '#devices'
import { openOutflow } from '#gateway'
import { JournalFile, type VersionedReading } from '#gateway/journal'
import { missingFrom } from '#wire'
import { Cable } from './cable.ts'

const log = pino({ enabled: false })
const clock = wallClock()
const START = Date.now() - 3_600_000
const BACKLOG_ROWS = 200_000
/** Of the backlog it carries some 2,500 rows a second. */
const BYTES_PER_SECOND = 8000

const readings = (from: number, count: number): VersionedReading[] =>
  Array.from({ length: count }, (_, index) => ({
    device: `d${(from + index) % 40}`,
    point: 'p',
    hash: '00112233445566aa',
    at: START + from + index,
    value: ((from + index) * 7919) % 100_003,
    quality: 'good',
  }))
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50))
}

test('while a backlog goes over a thin link, what is read now passes it, and in the end everything is there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-thin-'))
  try {
    await using parts = new AsyncDisposableStack()
    const data = join(folder, 'site')
    mkdirSync(data)
    {
      using journal = new JournalFile({ file: join(data, 'journal.db'), gateway: 'a' })
      const commit = { boot: 'before', journalled: START, mono: 1 }
      for (let from = 0; from < BACKLOG_ROWS; from += 5000)
        journal.append({ readings: readings(from, 5000), events: [], states: [], commit })
    }
    const broker = parts.use(await BrokerProcess.open({ host: '127.0.0.1', port: 0, log }))
    const records = parts.use(await openRecords(join(folder, 'records.db')))
    const series = parts.use(await openEmbeddedSeries(join(folder, 'series.db')))
    const inboxFile = join(folder, 'inbox.db')
    parts.use(await Ingest.start({ brokerUrl: broker.url, inboxFile, records, series, rules: [], clock, log }))
    const cable = parts.use(await Cable.open({ port: Number(new URL(broker.url).port), random: Math.random }))
    cable.throttle(BYTES_PER_SECOND)
    const config = { gateway: 'a', data, broker: cable.url, hash: '0011223344556677' }
    const { journal, uplink } = parts.use(await openOutflow({ config, version: 'test', clock, random: Math.random, log }))
    await until(() => uplink.state.bytesSent.backlog > 0)
    let issued = BACKLOG_ROWS
    const missing = (first: number, last: number) => {
      using inbox = new Inbox(inboxFile, { readonly: true })
      return missingFrom(inbox.lanes().find(({ lane }) => lane === 'reading')?.received ?? [], first, last)
    }
    for (let round = 0; round < 5; round++) {
      const from = issued
      await journal.add(readings(issued, 30))
      issued += 30
      await journal.flush()
      await until(() => missing(from + 1, issued).length === 0)
      expect(journal.lanes.reading.waiting).toBeGreaterThan(0)
    }
    cable.throttle(Number.POSITIVE_INFINITY)
    cable.cut()
    await until(() => journal.lanes.reading.waiting === 0)
    expect(journal.lanes.reading.issued).toBe(issued)
    expect(uplink.state.bytesSent.fresh).toBeGreaterThan(0)
    expect(missing(1, issued)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
