import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { audit, Inbox } from '#cloud/ingest'
import { type Batch, encodeBatch, type LossRecord, type Status } from '#wire'

const EPOCH = '0123456789abcdef'
const NEXT = 'fedcba9876543210'
const NOW = 1_782_864_000_000
let folder: string
let inbox: Inbox
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-doubts-'))
  inbox = new Inbox(join(folder, 'inbox.db'))
})
afterEach(() => {
  inbox[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const status = (boot: string, issued: number, change: Partial<Status> = {}): Status => {
  const none = { issued: 0, oldest: 0 }
  return {
    online: true,
    wire: 1,
    schema: 2,
    version: '1',
    epoch: EPOCH,
    boot,
    config: 'c',
    clock: { now: NOW, speed: 1, trusted: true },
    lanes: { alarm: none, event: none, reading: { issued, oldest: 0 } },
    ...change,
  }
}
const readings = (first: number, last: number, boot = 'b1'): Uint8Array =>
  encodeBatch({
    gateway: 'g',
    epoch: EPOCH,
    lane: 'reading',
    first,
    last,
    rows: Array.from({ length: last - first + 1 }, (_, index) => ({
      seq: first + index,
      device: 'd',
      point: 'p',
      hash: '00112233445566aa',
      at: NOW + first + index,
      n: 0,
      value: first + index,
      quality: 'good',
      commit: { boot, journalled: NOW, mono: 0 },
    })),
  })
const take = (bytes: Uint8Array) => inbox.take([{ gateway: 'g', bytes, received: NOW }], 0).map(({ ack }) => ack)
const hear = (hello: Status, context = {}) => inbox.hear('g', hello, NOW, context)
/** What the cloud has to say itself, in its own events. */
const told = (kind: string) =>
  inbox
    .after(0, 1000)
    .flatMap(({ batch }) => (batch.lane === 'event' ? batch.rows : []))
    .flatMap(({ event }) => (event.kind === kind ? [event.body] : []))
const losses = () => (told('loss') as unknown as LossRecord[]).map((loss) => ({ gateway: 'g', ...loss }))
const seqsOf = () =>
  inbox.after(0, 1000).flatMap(({ batch }) => (batch.lane === 'reading' ? batch.rows.map(({ seq }) => seq) : []))

test('a run that comes and goes raises no doubt, whatever the broker keeps of it', () => {
  expect(hear(status('b1', 0))).toBeNull()
  take(readings(1, 10))
  expect(hear(status('b1', 0), { isRetained: true, isHeard: true })).toBeNull()
  expect(hear(status('b1', 4, { online: false }))).toBeNull()
  expect(hear(status('b1', 10))).toBeNull()
  expect(hear(status('b2', 10))).toBeNull()
  expect(hear(status('b1', 10), { isRetained: true })).toBeNull()
  expect(inbox.fencedEpochs).toBe(0)
})

test('a restored disk is noticed at its first hello: it is asked for a new epoch, and nothing more of the old one is taken', () => {
  hear(status('b1', 0))
  take(readings(1, 10))
  expect(hear(status('b2', 4))).toMatchObject({ epoch: EPOCH, credit: 0, renew: expect.stringContaining('went back') })
  expect(take(readings(5, 12, 'b2'))).toEqual([expect.objectContaining({ ranges: [], renew: expect.any(String) })])
  expect(take(readings(13, 14, 'b2'))).toEqual([expect.objectContaining({ ranges: [], renew: expect.any(String) })])
  expect(seqsOf()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(told('gateway.cloned')).toEqual([{ epoch: EPOCH, why: expect.any(String), fenced: true }])
  expect(hear(status('b2', 0, { epoch: NEXT }))).toBeNull()
})

test('a restored disk is noticed at its first hello also when the cloud was away', () => {
  hear(status('b1', 0))
  take(readings(1, 10))
  expect(hear(status('b2', 4), { isRetained: true })).toMatchObject({ renew: expect.any(String) })
})

test('a clone is noticed when the run before comes back', () => {
  hear(status('b1', 0))
  hear(status('b2', 0))
  expect(hear(status('b1', 0))).toMatchObject({ renew: expect.stringContaining('take turns') })
})

test('two journals that take turns under one name are told, and their rows are taken: their numbers do not mix', () => {
  hear(status('b1', 0))
  hear(status('b2', 0, { epoch: NEXT }))
  expect(hear(status('b1', 0))).toBeNull()
  expect(take(readings(1, 3))).toMatchObject([{ ranges: [[1, 3]] }])
  expect(told('gateway.cloned')).toEqual([{ epoch: EPOCH, why: expect.stringContaining('one name'), fenced: false }])
})

test('other rows under known numbers are no duplicates: none of them is taken or acknowledged, however the batch is cut', () => {
  hear(status('b1', 0))
  take(readings(1, 10))
  expect(take(readings(3, 5))).toMatchObject([{ ranges: [[3, 5]] }])
  expect(take(readings(8, 14))).toMatchObject([{ ranges: [[8, 14]] }])
  expect(seqsOf()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  expect(take(readings(14, 20, 'b2'))).toMatchObject([{ ranges: [], renew: expect.stringContaining('reading 14') }])
  expect(seqsOf()).toHaveLength(14)
  expect(inbox.rows.reading).toBe(14)
})

test('a gateway of release 0.1 cannot begin anew: its other rows are taken, and those that differ stay with it', () => {
  hear(status('b1', 0, { schema: 1 }))
  take(readings(1, 10))
  expect(hear(status('b2', 4, { schema: 1 }))).toBeNull()
  expect(take(readings(5, 8, 'b2'))).toEqual([])
  expect(take(readings(11, 12, 'b2'))).toMatchObject([{ ranges: [[11, 12]] }])
  expect(told('gateway.cloned')).toEqual([{ epoch: EPOCH, why: expect.any(String), fenced: false }])
})

test('an inbox that was just brought up to date learns the run that is there, and does not judge it', () => {
  take(readings(1, 10))
  expect(hear(status('b1', 2), { isRetained: true })).toBeNull()
})

test('an epoch that is closed is accounted for to the row: received, refused, carried over, or declared lost by the cloud', () => {
  hear(status('b1', 0))
  take(readings(1, 10))
  take(readings(15, 16))
  const carried = { reading: [[17, 20]] } as const
  const renewed: Batch = {
    gateway: 'g',
    epoch: NEXT,
    lane: 'event',
    first: 1,
    last: 1,
    rows: [
      {
        seq: 1,
        event: {
          id: 'r',
          kind: 'journal.renewed',
          at: NOW,
          body: { previous: EPOCH, why: 'disk damaged', issued: { reading: 25 }, carried },
        },
      },
    ],
  }
  take(encodeBatch(renewed))
  expect(losses()).toMatchObject([
    {
      epoch: EPOCH,
      lane: 'reading',
      seqs: [
        [11, 14],
        [21, 25],
      ],
      count: 9,
      why: 'disk damaged',
    },
  ])
  const renewals = [{ gateway: 'g', previous: EPOCH, why: 'disk damaged', carried }]
  const report = audit({ lanes: inbox.lanes(), losses: losses(), renewals })
  expect(report.ok).toBe(true)
  expect(report.gateways.find(({ epoch, lane }) => epoch === EPOCH && lane === 'reading')).toMatchObject({
    issued: 25,
    received: 12,
    carried: 4,
    declaredLost: 9,
    missing: [],
    closed: 'disk damaged',
  })
  expect(report.gateways.find(({ epoch }) => epoch === NEXT)).toMatchObject({ closed: null })
  // It comes back, from a disk that was put aside before.
  expect(hear(status('b3', 25))).toMatchObject({ renew: expect.any(String) })
})

test('a renewal that cannot name the epoch before closes the one that the gateway said hello with', () => {
  hear(status('b1', 7))
  hear(status('b2', 0, { epoch: NEXT }))
  const body = { previous: null, why: 'not a database', issued: null }
  const event = { id: 'r', kind: 'journal.renewed', at: NOW, body }
  take(encodeBatch({ gateway: 'g', epoch: NEXT, lane: 'event', first: 1, last: 1, rows: [{ seq: 1, event }] }))
  expect(losses()).toMatchObject([{ epoch: EPOCH, lane: 'reading', seqs: [[1, 7]] }])
})
