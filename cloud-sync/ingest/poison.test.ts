import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { encode } from 'cborg'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { auditFiles, deadLetters, Inbox, Owners, Reader, SeriesWriter } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords } from '#cloud/store'
import { Bell, processTimers } from '#devices/time'
import { type Batch, decodeAck, encodeAck, encodeBatch, type JournalledReading, type SiteEvent } from '#wire'
import { RecordsWriter } from './records-writer.ts'

const EPOCH = '0123456789abcdef'
const HASH = '00112233445566aa'
const NOW = 1_782_864_000_000
const ACK_BYTES_MAX = 96 * 1024
const log = pino({ enabled: false })
let folder: string
let files: { inbox: string; records: string }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-poison-'))
  files = { inbox: join(folder, 'inbox.db'), records: join(folder, 'records.db') }
})
afterEach(() => rmSync(folder, { recursive: true }))

const reading = (seq: number, change: Partial<JournalledReading> = {}): JournalledReading => ({
  ...{ seq, device: 'd', point: 'p', hash: HASH, at: NOW + seq, n: 0, value: seq, quality: 'good' },
  commit: { boot: 'b', journalled: NOW, mono: 0 },
  ...change,
})
const readings = (first: number, last: number, change: (seq: number) => Partial<JournalledReading> = () => ({})): Batch => ({
  ...{ gateway: 'g', epoch: EPOCH, lane: 'reading', first, last },
  rows: Array.from({ length: last - first + 1 }, (_, index) => reading(first + index, change(first + index))),
})
const event = (seq: number, change: Partial<SiteEvent> = {}): Batch => ({
  ...{ gateway: 'g', epoch: EPOCH, lane: 'event', first: seq, last: seq },
  rows: [{ seq, event: { id: `e${seq}`, kind: 'gateway.started', at: NOW, body: {}, ...change } }],
})
const delivery = (batch: Batch | Uint8Array, received = NOW) => ({
  gateway: 'g',
  bytes: batch instanceof Uint8Array ? batch : encodeBatch(batch),
  received,
})
/** As a stranger's gateway may encode it. */
const sealed = (lane: string, first: number, last: number, content: Uint8Array) => {
  const body = deflateRawSync(content)
  return encode({ v: 1, gateway: 'g', epoch: EPOCH, lane, first, last, rows: last - first + 1, crc: crc32(body), body })
}
/** Everything that the readers make of the inbox. */
async function readAll(inbox: Inbox) {
  await using parts = new AsyncDisposableStack()
  const records = parts.use(await openRecords(files.records))
  const series = parts.use(await openEmbeddedSeries(join(folder, 'series.db')))
  const bell = new Bell()
  const common = { inbox, records, bell, limit: () => Number.POSITIVE_INFINITY, timers: processTimers, log }
  for (const work of [new RecordsWriter([], log), new SeriesWriter(series, records, new Owners())]) {
    await using reader = await Reader.start({ ...common, work })
    while (reader.cursor < inbox.newest && reader.error === null)
      await bell.wait(bell.count, 5, new AbortController().signal, processTimers)
    expect(reader.error).toBeNull()
  }
  const events = await records.db.selectFrom('event').selectAll().execute()
  const latest = await records.db.selectFrom('latest').selectAll().execute()
  return { events, latest, rows: await series.count() }
}

test('numbers that are no whole counts are refused row by row, and no other row with them', async () => {
  using inbox = new Inbox(files.inbox)
  const values: (number | null)[] = [7, 1.5, 8, Number.NaN, 9, Number.POSITIVE_INFINITY, 10, null]
  const bytes = encodeBatch(
    readings(1, values.length, (seq) => ({ value: values[seq - 1] ?? null, point: seq % 2 ? 'odd' : `even${seq}` })),
  )
  const [answer] = inbox.take([delivery(bytes)], 0)
  expect(answer?.ack).toMatchObject({
    ranges: [
      [1, 1],
      [3, 3],
      [5, 5],
      [7, 8],
    ],
    refused: [
      [2, 2, 'expected a safe integer'],
      [4, 4, 'expected a safe integer'],
      [6, 6, 'expected a safe integer'],
    ],
  })
  expect(inbox.after(0, 1)[0]?.batch.rows.map((row) => 'value' in row && row.value)).toEqual([7, 8, 9, 10, null])
})

test('what follows a number that is none in its series is refused rather than stored as another number', () => {
  using inbox = new Inbox(files.inbox)
  const [answer] = inbox.take([delivery(readings(1, 4, (seq) => ({ value: seq === 2 ? 0.1 : seq })))], 0)
  expect(answer?.ack).toMatchObject({ ranges: [[1, 1]], refused: [[2, 4, 'expected a safe integer']] })
})

test('an answer about many refused rows stays one that gateway and broker take', () => {
  using inbox = new Inbox(files.inbox)
  const ahead = NOW + 3 * 86_400_000
  const every = [0, 1, 2].map((index) => delivery(readings(index * 1000 + 1, index * 1000 + 1000, () => ({ at: ahead }))))
  expect(inbox.take(every, 0).map(({ ack }) => ack.refused.map(([first, last]) => [first, last]))).toEqual([
    [
      [1, 1000],
      [1001, 2000],
      [2001, 3000],
    ],
  ])
  const other = [3, 4, 5].map((index) =>
    delivery(readings(index * 1000 + 1, index * 1000 + 1000, (seq) => ({ at: seq % 2 ? ahead : 5 }))),
  )
  const answers = inbox.take(other, 0).map(({ ack }) => encodeAck({ ...ack, now: NOW }))
  expect(answers.map((bytes) => decodeAck(bytes).refused.length)).toEqual([1000, 1000, 1000])
  for (const bytes of answers) expect(bytes.length).toBeLessThan(ACK_BYTES_MAX)
})

test('a batch that was damaged on the way is asked for again, and refused only when it always comes damaged', () => {
  using inbox = new Inbox(files.inbox)
  const bytes = encodeBatch(readings(7, 9))
  const damaged = Uint8Array.from(bytes)
  damaged[Buffer.from(damaged).indexOf('body') + 10] = 0
  expect(inbox.take([delivery(damaged)], 0)[0]?.ack).toMatchObject({ ranges: [], refused: [] })
  expect(inbox.take([delivery(bytes)], 0)[0]?.ack).toMatchObject({ ranges: [[7, 9]], refused: [] })
  expect(inbox.counters).toMatchObject({ batches: 1, refused: 0 })
})

test('events that no reader could carry on are refused, and the reader goes on', async () => {
  using inbox = new Inbox(files.inbox)
  const content = (seq: number, at: number, body: unknown) => encode([[seq, { id: `x${seq}`, kind: 'strange', at, body }]])
  const deep = Buffer.concat([
    Buffer.from(content(2, NOW, { a: 0 })).subarray(0, -1),
    new Uint8Array(5000).fill(0x81),
    new Uint8Array(1),
  ])
  const answers = [
    sealed('event', 1, 1, content(1, NOW, { count: 2n ** 60n })),
    sealed('event', 2, 2, deep),
    sealed('event', 3, 3, content(3, 1e300, {})),
  ].map((bytes) => inbox.take([delivery(bytes)], 0)[0]?.ack.refused)
  expect(answers).toMatchObject([[[1, 1, 'malformed']], [[2, 2, 'malformed']], [[3, 3, 'expected an instant']]])
  inbox.take([delivery(event(4))], 0)
  expect((await readAll(inbox)).events).toMatchObject([{ seq: 4 }])
})

test('a row beyond the rows that one instant has is refused, and the reader goes on', async () => {
  using inbox = new Inbox(files.inbox)
  const [answer] = inbox.take([delivery(readings(1, 2, (seq) => ({ n: seq === 1 ? 1_000_000 : 0 })))], 0)
  expect(answer?.ack).toMatchObject({ ranges: [[2, 2]], refused: [[1, 1, expect.stringContaining('one instant')]] })
  expect((await readAll(inbox)).rows).toBe(1)
})

test('a device of thousands of points is described', async () => {
  using inbox = new Inbox(files.inbox)
  const name = { zh: '站', en: 'station' }
  const point = { unit: 'm', decimals: 2, meaning: 'gauge', everyMs: 60_000 }
  const points = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`p${index}`, point]))
  const body = { name, station: { id: 's', name }, profile: 'x/y', hash: HASH, points }
  inbox.take([delivery(event(1, { kind: 'device.described', device: 'd', body }))], 0)
  await readAll(inbox)
})

test('loss records that are none break neither the audit nor the letters, and nobody declares the rows of others lost', async () => {
  using inbox = new Inbox(files.inbox)
  const loss = { gateway: 'h', epoch: EPOCH, lane: 'reading', seqs: [[1, 5]], count: 5, why: 'checksum' }
  inbox.take([delivery(event(1, { kind: 'loss', body: {} })), delivery(event(2, { kind: 'loss', body: loss }))], 0)
  inbox.take([{ gateway: 'h', bytes: encodeBatch({ ...readings(6, 6), gateway: 'h' }), received: NOW }], 0)
  await readAll(inbox)
  const { gateways } = await auditFiles(files)
  expect(gateways.find(({ gateway }) => gateway === 'h')).toMatchObject({ declaredLost: 0, missing: [[1, 5]] })
  expect((await deadLetters(files, { kind: 'loss', limit: 9 })).letters).toMatchObject([{ seqs: [[1, 5]] }, { seqs: [] }])
})

test('a row of a clock that runs years ahead does not stay the newest of its point', async () => {
  using inbox = new Inbox(files.inbox)
  const years = { at: NOW + 5 * 365 * 86_400_000, quality: 'suspect', reason: 'clock' } as const
  inbox.take([delivery(readings(1, 2, (seq) => (seq === 1 ? years : {})))], 0)
  expect((await readAll(inbox)).latest).toMatchObject([{ at: NOW + 2 }])
})

test('more damaged batches in a row than one step reads hide none that follow', () => {
  using inbox = new Inbox(files.inbox)
  for (let seq = 1; seq <= 6; seq++) inbox.take([delivery(readings(seq, seq))], 0)
  using reading = new Inbox(files.inbox, { readonly: true })
  inbox.sqlite.prepare("UPDATE batch SET bytes = x'00' WHERE id <= 4").run()
  inbox.sqlite.prepare("UPDATE batch SET refused = '[' WHERE id = 5").run()
  expect(reading.after(0, 2).map(({ id }) => id)).toEqual([6])
  using again = reopened(inbox)
  expect(again.after(0, 2).map(({ id }) => id)).toEqual([6])
})

/** Nothing opened is remembered. */
function reopened(inbox: Inbox): Inbox {
  inbox[Symbol.dispose]()
  return new Inbox(files.inbox)
}
