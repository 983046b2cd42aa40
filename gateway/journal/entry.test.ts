import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JournalFile, type VersionedReading } from '#gateway/journal'
import { BATCH_BYTES_MAX, type Lane, type SiteEvent } from '#wire'
import { decodeBatch } from '#wire/decode'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-entry-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const HASH = '00112233445566aa'
const commit = { boot: 'b', journalled: 1000, mono: 1 }
const reading = (at: number, value: unknown): VersionedReading => ({
  ...{ device: 'd', point: 'p', hash: HASH, at, quality: 'good' },
  value: value as VersionedReading['value'],
})
const append = (journal: JournalFile, readings: VersionedReading[], events: SiteEvent[] = []) =>
  journal.append({ readings, events, states: [], commit })
const rowsOf = (journal: JournalFile, lane: Lane) => {
  const batch = journal.next(lane, 0)
  return batch ? decodeBatch(batch.bytes).rows : []
}
const ack = (journal: JournalFile, lane: Lane, ...ranges: [number, number][]) =>
  journal.settle({ epoch: journal.epoch, lane, ranges, refused: [] })
const count = (table: string) => {
  const db = new Database(file, { readonly: true })
  try {
    return db.prepare(`SELECT COUNT(*) FROM "${table}"`).pluck().get()
  } finally {
    db.close()
  }
}

test('a value that is no whole count enters as none, malformed, and holds up no row beside it', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  const values = [7, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 52), undefined, 2n, -0, 8]
  append(
    journal,
    values.map((value, index) => reading(index + 1, value)),
  )
  const bad = { value: null, quality: 'bad', reason: 'malformed' }
  expect(rowsOf(journal, 'reading')).toMatchObject([{ value: 7 }, bad, bad, bad, bad, bad, bad, bad, { value: 0 }, { value: 8 }])
  expect(journal.counters).toMatchObject({ damaged: 0 })
})

test('a time that is none enters as the time of its commit, and says so', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, [reading(1.4, 1), reading(Number.NaN, 2)])
  expect(rowsOf(journal, 'reading')).toMatchObject([
    { at: 1, value: 1, quality: 'good' },
    { at: 1000, value: 2, quality: 'suspect', reason: 'clock' },
  ])
})

test('a row that fits into no message is set aside and declared lost, and the others go on', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  const noise = randomBytes(BATCH_BYTES_MAX).toString('hex')
  append(journal, [reading(1, 1), reading(2, noise), reading(3, 3)])
  const sent: number[] = []
  for (let batch = journal.next('reading', 0); batch; batch = journal.next('reading', batch.last)) {
    expect(batch.bytes.length).toBeLessThanOrEqual(BATCH_BYTES_MAX)
    sent.push(...decodeBatch(batch.bytes).rows.map(({ seq }) => seq))
  }
  expect(sent).toEqual([1, 3])
  expect(rowsOf(journal, 'event')).toMatchObject([{ event: { kind: 'loss', body: { seqs: [[2, 2]], why: 'too-large' } } }])
})

test('a row whose number a flipped bit made higher than any is set aside, once', () => {
  {
    using journal = new JournalFile({ file, gateway: 'g' })
    append(journal, [reading(1, 1), reading(2, 2)])
  }
  const db = new Database(file)
  db.prepare('UPDATE reading SET seq = ? WHERE seq = 2').run(2 ** 40 + 2)
  db.close()
  using journal = new JournalFile({ file, gateway: 'g' })
  expect(rowsOf(journal, 'reading')).toMatchObject([{ seq: 1 }])
  expect(journal.next('reading', 1)).toBeNull()
  expect(journal.counters).toMatchObject({ damaged: 1 })
})

test('commits and marks of batches go with their rows, however few wait', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  for (let index = 1; index <= 20; index++) {
    journal.append({
      ...{ readings: [reading(index * 2, index), reading(index * 2 + 1, index)], events: [], states: [] },
      commit: { ...commit, mono: index },
    })
    journal.next('reading', 0)
    const [first, last] = [index * 2 - 1, index * 2]
    journal.settle({ epoch: journal.epoch, lane: 'reading', ranges: [[first, first]], refused: [[last, last, 'poison']] })
  }
  expect(journal.lanes().reading.waiting).toBe(0)
  expect(count('commit')).toBeLessThanOrEqual(1)
  expect(count('batch')).toBeLessThanOrEqual(1)
})

test('an acknowledgement of rows that were never given out frees nothing', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, [reading(1, 1)])
  ack(journal, 'reading', [2, Number.MAX_SAFE_INTEGER])
  expect(rowsOf(journal, 'reading')).toMatchObject([{ seq: 1 }])
})

test('a new epoch says which rows come into it under new numbers, also when another one follows at once', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(
    journal,
    [1, 2, 3, 4].map((at) => reading(at, at)),
  )
  const { epoch } = journal
  ack(journal, 'reading', [2, 2])
  journal.renew(epoch, 'the first')
  journal.renew(epoch, 'the first, said again')
  journal.renew(journal.epoch, 'the second')
  const carried = { reading: [[1, 3]], event: [[1, 1]] }
  const before = {
    reading: [
      [1, 1],
      [3, 4],
    ],
  }
  expect(rowsOf(journal, 'event').map((row) => 'event' in row && row.event.body)).toMatchObject([
    { why: 'the second', issued: { alarm: 0, event: 1, reading: 3 }, carried },
    { why: 'the first', previous: epoch, issued: { reading: 4 }, carried: before },
  ])
})
