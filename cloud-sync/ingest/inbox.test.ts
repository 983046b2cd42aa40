import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { encode } from 'cborg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { audit, Inbox } from '#cloud/ingest'
import { type Batch, encodeBatch, type JournalledReading } from '#wire'

const EPOCH = '0123456789abcdef'
const NOW = 1_782_864_000_000
let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-inbox-'))
  file = join(folder, 'inbox.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const reading = (seq: number, change: Partial<JournalledReading> = {}): JournalledReading => ({
  seq,
  device: 'd',
  point: 'p',
  hash: '00112233445566aa',
  at: NOW + seq,
  n: 0,
  value: seq,
  quality: 'good',
  commit: { boot: 'b', journalled: NOW, mono: 0 },
  ...change,
})
const batch = (first: number, last: number, change: (seq: number) => Partial<JournalledReading> = () => ({})): Batch => ({
  gateway: 'g',
  epoch: EPOCH,
  lane: 'reading',
  first,
  last,
  rows: Array.from({ length: last - first + 1 }, (_, index) => reading(first + index, change(first + index))),
})
const delivery = (bytes: Uint8Array, gateway = 'g') => ({ gateway, bytes, received: NOW })
const ackOf = (inbox: Inbox, ...deliveries: Parameters<Inbox['take']>[0]) => inbox.take(deliveries, 0)[0]?.ack

test('an acknowledgement names what is durably there, and saying it again changes nothing', () => {
  const bytes = encodeBatch(batch(1, 3))
  {
    using inbox = new Inbox(file)
    expect(ackOf(inbox, delivery(bytes))).toMatchObject({ epoch: EPOCH, lane: 'reading', ranges: [[1, 3]], refused: [] })
    expect(ackOf(inbox, delivery(bytes))).toMatchObject({ ranges: [[1, 3]] })
  }
  using inbox = new Inbox(file)
  expect(ackOf(inbox, delivery(bytes))).toMatchObject({ ranges: [[1, 3]] })
  expect(inbox.after(0, 10).map(({ batch: { rows } }) => rows.length)).toEqual([3])
  expect(inbox.counters).toMatchObject({ batches: 0, duplicates: 1 })
})

test('batches that came together are acknowledged together, each lane by itself', () => {
  using inbox = new Inbox(file)
  const event: Batch = {
    gateway: 'g',
    epoch: EPOCH,
    lane: 'event',
    first: 1,
    last: 1,
    rows: [{ seq: 1, event: { id: 'e', kind: 'gateway.started', at: NOW, body: {} } }],
  }
  const acks = inbox.take(
    [delivery(encodeBatch(batch(1, 2))), delivery(encodeBatch(event)), delivery(encodeBatch(batch(5, 6)))],
    0,
  )
  expect(acks.map(({ ack }) => [ack.lane, ack.ranges])).toEqual([
    [
      'reading',
      [
        [1, 2],
        [5, 6],
      ],
    ],
    ['event', [[1, 1]]],
  ])
})

test('a poison row is refused by seq and reason, the others are taken, and no reader is told of it', () => {
  using inbox = new Inbox(file)
  const poison = batch(1, 4, (seq) => (seq === 2 ? { at: Date.UTC(1999, 0, 1) } : seq === 3 ? { at: NOW + 10 * 86_400_000 } : {}))
  const ack = ackOf(inbox, delivery(encodeBatch(poison)))
  expect(ack?.ranges).toEqual([
    [1, 1],
    [4, 4],
  ])
  expect(ack?.refused.map(([first, last]) => [first, last])).toEqual([
    [2, 2],
    [3, 3],
  ])
  expect(inbox.after(0, 10).flatMap(({ batch: { rows } }) => rows.map(({ seq }) => seq))).toEqual([1, 4])
})

test('a batch that cannot be opened is refused by its head and kept aside; one without a head is counted', () => {
  using inbox = new Inbox(file)
  const bytes = encodeBatch(batch(7, 9))
  const inBody = Buffer.from(bytes).indexOf('body') + 10
  bytes[inBody] = (bytes[inBody] ?? 0) ^ 1
  for (const refused of [[], [], [[7, 9, 'checksum']]])
    expect(ackOf(inbox, delivery(bytes))).toMatchObject({ ranges: [], refused })
  expect(ackOf(inbox, delivery(encode({ hostile: true })))).toBeUndefined()
  expect(ackOf(inbox, delivery(Buffer.from('noise')))).toBeUndefined()
  expect(inbox.counters).toMatchObject({ refused: 3, unreadable: 2 })
})

test('a gateway that speaks for another is not heard', () => {
  using inbox = new Inbox(file)
  expect(ackOf(inbox, delivery(encodeBatch(batch(1, 1)), 'h'))).toBeUndefined()
  expect(inbox.after(0, 10)).toEqual([])
})

test('a newer inbox is refused by name, and only one process may write it', () => {
  {
    using _ = new Inbox(file)
    expect(() => new Inbox(file)).toThrow(expect.objectContaining({ code: 'locked' }))
  }
  const db = new Database(file)
  db.pragma('user_version = 99')
  db.close()
  expect(() => new Inbox(file)).toThrow(expect.objectContaining({ code: 'version' }))
})

test('the audit accounts for every seq: received, refused, declared lost, or missing by name', () => {
  using inbox = new Inbox(file)
  inbox.take([delivery(encodeBatch(batch(1, 3))), delivery(encodeBatch(batch(8, 9)))], 0)
  inbox.hear('g', {
    epoch: EPOCH,
    lanes: { alarm: { issued: 0, oldest: 0 }, event: { issued: 0, oldest: 0 }, reading: { issued: 12, oldest: 4 } },
  })
  const loss = { gateway: 'g', epoch: EPOCH, lane: 'reading', seqs: [[3, 5]] as const }
  const report = audit({ lanes: inbox.lanes(), losses: [loss] })
  expect(report.ok).toBe(false)
  expect(report.gateways.find(({ lane }) => lane === 'reading')).toEqual({
    gateway: 'g',
    epoch: EPOCH,
    lane: 'reading',
    issued: 12,
    received: 5,
    refused: 0,
    carried: 0,
    declaredLost: 2,
    closed: null,
    missing: [
      [6, 7],
      [10, 12],
    ],
  })
  inbox.take([delivery(encodeBatch(batch(4, 7))), delivery(encodeBatch(batch(10, 12)))], 0)
  // Rows that arrived after all win over their loss record.
  expect(audit({ lanes: inbox.lanes(), losses: [loss] })).toMatchObject({
    ok: true,
    gateways: [{}, {}, { received: 12, declaredLost: 0 }],
  })
})
