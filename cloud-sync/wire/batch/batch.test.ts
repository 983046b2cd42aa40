import { encode } from 'cborg'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QUALITIES, REASONS } from '#devices'
import { BATCH_ROWS_MAX, type Batch, encodeBatch, type JournalledReading, SyncError } from '#wire'
import { decodeBatch, decodeBatchHead } from '#wire/decode'

const epoch = '0123456789abcdef'
const instant = fc.integer({ min: 0, max: 4e12 })
const reading = fc.record({
  device: fc.constantFrom('9DMF0001-R', '9DMF0001-Z', 'a'),
  point: fc.constantFrom('level', 'rain_total'),
  hash: fc.constantFrom('00112233445566aa', 'ffeeddccbbaa9988'),
  at: instant,
  n: fc.nat(3),
  value: fc.oneof(
    fc.maxSafeInteger().map((value) => Math.trunc(value / 4) || 0),
    fc.boolean(),
    fc.string(),
    fc.constant(null),
  ),
  quality: fc.constantFrom(...QUALITIES),
  commit: fc.record({ boot: fc.constantFrom('b1', 'b2'), journalled: instant, mono: fc.nat() }),
  gap: fc.nat(2),
})
const readings = fc.array(reading, { minLength: 1, maxLength: 60 }).map((rows): Batch => {
  let seq = 41
  const numbered = rows.map(({ gap, ...row }): JournalledReading => {
    seq += 1 + gap
    return { seq, ...row, ...(row.quality !== 'good' && { reason: REASONS[seq % REASONS.length] ?? 'range' }) }
  })
  return { gateway: 'site-01', epoch, lane: 'reading', first: numbered[0]?.seq ?? 0, last: seq, rows: numbered }
})
const level = (seq: number): JournalledReading => ({
  seq,
  device: `9DML${String(seq % 48).padStart(4, '0')}`,
  point: `p${seq % 5}`,
  hash: '00112233445566aa',
  at: 1_782_864_000_000 + Math.floor(seq / 240) * 1000 + (seq % 7),
  n: 0,
  value: 3000 + ((seq * 7919) % 13),
  quality: 'good',
  commit: { boot: 'b1', journalled: 1_782_864_000_000 + Math.floor(seq / 24) * 100, mono: Math.floor(seq / 24) * 100 },
})
const batchOf = (count: number): Batch => ({
  gateway: 'g',
  epoch,
  lane: 'reading',
  first: 1,
  last: count,
  rows: Array.from({ length: count }, (_, index) => level(index + 1)),
})

test('any readings come back as they were, and the same rows are the same bytes', () => {
  fc.assert(
    fc.property(readings, (batch) => {
      const bytes = encodeBatch(batch)
      expect(decodeBatch(bytes)).toEqual(batch)
      expect(encodeBatch(decodeBatch(bytes))).toEqual(bytes)
    }),
  )
})

test('events come back as they were', () => {
  const batch: Batch = {
    gateway: 'site-01',
    epoch,
    lane: 'alarm',
    first: 7,
    last: 8,
    rows: [
      {
        seq: 7,
        event: { id: 'e-7', kind: 'alarm', at: 5, device: 'd', body: { grade: 'red', rows: [{ at: 1, value: 2 }], none: null } },
      },
      { seq: 8, event: { id: 'e-8', kind: 'gateway.started', at: 6, body: {} } },
    ],
  }
  expect(decodeBatch(encodeBatch(batch))).toEqual(batch)
})

test('a full batch of live readings takes at most six bytes a reading', () => {
  const bytes = encodeBatch(batchOf(BATCH_ROWS_MAX))
  expect(bytes.length / BATCH_ROWS_MAX).toBeLessThan(6)
})

test('a batch that was cut at any byte is refused, never half read', () => {
  const bytes = encodeBatch(batchOf(3))
  for (let length = 0; length < bytes.length; length++) expect(() => decodeBatch(bytes.subarray(0, length))).toThrow(SyncError)
})

test('a flipped bit in the body is named as a checksum error and the head can still be read', () => {
  const bytes = encodeBatch(batchOf(20))
  const flipped = Uint8Array.from(bytes)
  flipped[bytes.length - 70] = (flipped[bytes.length - 70] ?? 0) ^ 4
  expect(() => decodeBatch(flipped)).toThrow(expect.objectContaining({ code: 'checksum' }))
  expect(decodeBatchHead(flipped)).toMatchObject({ gateway: 'g', lane: 'reading', first: 1, last: 20, rows: 20 })
})

test('no bit flip anywhere throws anything but a SyncError', () => {
  const bytes = encodeBatch(batchOf(5))
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    try {
      decodeBatch(flipped)
    } catch (error) {
      expect(error).toBeInstanceOf(SyncError)
    }
  }
})

test('a newer wire version is refused by name', () => {
  expect(() => decodeBatch(encode({ v: 2 }))).toThrow(expect.objectContaining({ code: 'version' }))
})

test('columns that disagree with the head are refused', () => {
  const batch = batchOf(4)
  expect(() => decodeBatch(encodeBatch({ ...batch, last: 9 }))).toThrow(expect.objectContaining({ code: 'malformed' }))
})
