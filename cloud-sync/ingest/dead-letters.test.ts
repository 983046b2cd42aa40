import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { audit, type DeadLetter, type DeadLetterPage, deadLetters, Inbox, Owners, Reader, SeriesWriter } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords } from '#cloud/store'
import { Bell, processTimers } from '#devices/time'
import { type Batch, encodeBatch, type LossRecord, type SiteEvent } from '#wire'
import { RecordsWriter } from './records-writer.ts'

const EPOCH = '0123456789abcdef'
const NOW = 1_782_864_000_000
const log = pino({ enabled: false })
let folder: string
let files: { inbox: string; records: string }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-dead-'))
  files = { inbox: join(folder, 'inbox.db'), records: join(folder, 'records.db') }
})
afterEach(() => rmSync(folder, { recursive: true }))

const readings = (gateway: string, first: number, last: number, at = (seq: number) => NOW + seq): Batch => ({
  gateway,
  epoch: EPOCH,
  lane: 'reading',
  first,
  last,
  rows: Array.from({ length: last - first + 1 }, (_, index) => ({
    seq: first + index,
    device: 'd',
    point: 'p',
    hash: '00112233445566aa',
    at: at(first + index),
    n: 0,
    value: first + index,
    quality: 'good',
    commit: { boot: 'b', journalled: NOW, mono: 0 },
  })),
})
const name = { zh: '站', en: 'station' }
const described = (gateway: string, at: number): Batch => {
  const event: SiteEvent = {
    id: `described-${gateway}`,
    kind: 'device.described',
    at,
    device: 'd',
    body: { name, station: { id: `s-${gateway}`, name }, profile: 'x/y', hash: '00112233445566aa', points: {} },
  }
  return { gateway, epoch: EPOCH, lane: 'event', first: 1, last: 1, rows: [{ seq: 1, event }] }
}
const take = (inbox: Inbox, batch: Batch, received = NOW) =>
  inbox.take([{ gateway: batch.gateway, bytes: encodeBatch(batch), received }], 0)[0]?.ack

/** Reads the inbox to its end. */
async function readAll(inbox: Inbox): Promise<number> {
  await using records = await openRecords(files.records)
  await using series = await openEmbeddedSeries(join(folder, 'series.db'))
  const bell = new Bell()
  const common = { inbox, records, bell, limit: () => Number.POSITIVE_INFINITY, timers: processTimers, log }
  for (const work of [new RecordsWriter([], log), new SeriesWriter(series, records, new Owners())]) {
    await using reader = await Reader.start({ ...common, work })
    while (reader.cursor < inbox.newest) await bell.wait(bell.count, 5, new AbortController().signal, processTimers)
  }
  return series.count()
}

test('what ends beside the road is kept and told, newest first and in pages', async () => {
  using inbox = new Inbox(files.inbox)
  take(
    inbox,
    readings('g', 1, 3, (seq) => (seq === 2 ? 0 : NOW + seq)),
    NOW,
  )
  inbox.take([{ gateway: 'g', bytes: Buffer.from('noise'), received: NOW + 1 }], 0)
  const broken = encodeBatch(readings('g', 4, 6))
  broken[Buffer.from(broken).indexOf('body') + 10] = 0
  for (let tries = 0; tries < 3; tries++) inbox.take([{ gateway: 'g', bytes: broken, received: NOW + 2 }], 0)
  await readAll(inbox)
  const kept: DeadLetter[] = []
  for (let before: string | undefined, page = 0; page < 5; page++) {
    const { letters, next }: DeadLetterPage = await deadLetters(files, { ...(before && { before }), limit: 1 })
    kept.push(...letters)
    if (next === null) break
    before = next
  }
  expect(kept).toMatchObject([
    { kind: 'refused', gateway: 'g', lane: 'reading', seqs: [[4, 6]], count: 3, at: NOW + 2, sample: null },
    { kind: 'unreadable', gateway: 'g', topic: 'sluice/1/g/up', seqs: [], count: null, at: NOW + 1, bytes: '6e6f697365' },
    {
      kind: 'refused',
      seqs: [[2, 2]],
      why: expect.stringContaining('2000'),
      sample: expect.stringContaining('"seq":2,"device":"d"'),
    },
  ])
  const all = await deadLetters(files, { limit: 10 })
  expect(all).toEqual({
    letters: kept,
    counts: { refused: 2, unreadable: 1, damaged: 0, parked: 0, epoch: 0, loss: 0 },
    gateways: ['g'],
    next: null,
  })
  expect((await deadLetters(files, { kind: 'unreadable', limit: 10 })).letters).toEqual([kept[1]])
  expect(await deadLetters(files, { gateway: 'h', limit: 10 })).toMatchObject({
    letters: [],
    counts: { refused: 0 },
    gateways: ['g'],
  })
})

test("readings of a device that another gateway described stay out of its series, and its description stays the first one's", async () => {
  using inbox = new Inbox(files.inbox)
  take(inbox, described('first', NOW))
  take(inbox, readings('first', 1, 5))
  take(inbox, described('second', NOW + 1000))
  take(
    inbox,
    readings('second', 1, 7, (seq) => NOW + 500_000 + seq),
    NOW + 9,
  )
  expect(await readAll(inbox)).toBe(5)
  await using records = await openRecords(files.records)
  expect(await records.db.selectFrom('device').select(['id', 'gateway', 'station']).execute()).toEqual([
    { id: 'd', gateway: 'first', station: 's-first' },
  ])
  expect(await records.db.selectFrom('event').select('gateway').execute()).toHaveLength(2)
  const { letters } = await deadLetters(files, { limit: 10 })
  expect(letters).toHaveLength(7)
  expect(letters[0]).toMatchObject({ kind: 'parked', gateway: 'second', why: 'device of gateway first', at: NOW + 9, count: 1 })
})

test('a batch that the disk damaged is passed over, declared lost and shown; the readers go on', async () => {
  {
    using inbox = new Inbox(files.inbox)
    take(inbox, readings('g', 1, 5))
    take(inbox, readings('g', 6, 9))
    take(inbox, readings('g', 10, 12))
  }
  const db = new Database(files.inbox)
  const bytes = db.prepare('SELECT bytes FROM batch WHERE id = 2').pluck().get() as Buffer
  const middle = bytes.indexOf('body') + 12
  bytes[middle] = (bytes[middle] ?? 0) ^ 4
  db.prepare('UPDATE batch SET bytes = ? WHERE id = 2').run(bytes)
  db.close()
  using inbox = new Inbox(files.inbox)
  expect(await readAll(inbox)).toBe(8)
  expect(inbox.counters.damaged).toBe(1)
  await using records = await openRecords(files.records, { readonly: true })
  const events = await records.db.selectFrom('event').select(['kind', 'body']).execute()
  const losses = events.map(({ body }) => ({ gateway: 'g', ...(JSON.parse(body) as LossRecord) }))
  expect(losses).toMatchObject([{ epoch: EPOCH, lane: 'reading', seqs: [[6, 9]], count: 4 }])
  const report = audit({ lanes: inbox.lanes(), losses })
  expect(report).toMatchObject({ ok: true, gateways: [{ issued: 12, received: 8, declaredLost: 4, missing: [] }] })
  expect((await deadLetters(files, { limit: 10 })).letters).toMatchObject([
    {
      kind: 'loss',
      gateway: 'g',
      epoch: EPOCH,
      lane: 'reading',
      seqs: [[6, 9]],
      count: 4,
      why: expect.stringContaining('damaged batch 2'),
    },
    { kind: 'damaged', gateway: 'g', seqs: [[6, 9]], count: 4 },
  ])
  // Its gateway may still have them: what arrives after all wins.
  expect(take(inbox, readings('g', 6, 9))).toMatchObject({ ranges: [[6, 9]] })
  expect(audit({ lanes: inbox.lanes(), losses }).gateways).toMatchObject([{ received: 12, declaredLost: 0 }])
})

test('an epoch that is not trusted stands among the letters, fenced or told, each page where the one before ended', async () => {
  using inbox = new Inbox(files.inbox)
  await using _records = await openRecords(files.records)
  const put = inbox.sqlite.prepare('INSERT INTO doubt VALUES (?, ?, ?, ?, ?)')
  put.run('a', EPOCH, 'its numbers went back', NOW, 1)
  put.run('b', EPOCH, 'two journals take turns', NOW, 0)
  const page = await deadLetters(files, { limit: 1 })
  expect(page).toMatchObject({ letters: [{ kind: 'epoch', gateway: 'b', epoch: EPOCH, fenced: false }], counts: { epoch: 2 } })
  expect(await deadLetters(files, { before: page.next ?? '', limit: 1 })).toMatchObject({
    letters: [{ kind: 'epoch', gateway: 'a', fenced: true, why: 'its numbers went back', at: NOW }],
    next: null,
  })
})

test('a damaged inbox is refused by name, with what to do, and left as it is', async () => {
  {
    using inbox = new Inbox(files.inbox)
    take(inbox, readings('g', 1, 5))
  }
  const { writeFileSync, readFileSync } = await import('node:fs')
  writeFileSync(files.inbox, Buffer.alloc(8192, 7))
  expect(() => new Inbox(files.inbox)).toThrow(
    expect.objectContaining({ code: 'damaged', message: expect.stringContaining('put the newest backup in its place') }),
  )
  expect(readFileSync(files.inbox).equals(Buffer.alloc(8192, 7))).toBe(true)
})
