import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JournalFile, type SealedBatch } from '#gateway/journal'
import { BATCH_ROWS_MAX, type Ranges } from '#wire'
import { decodeBatch } from '#wire/decode'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-sealing-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

const commit = { boot: 'b', journalled: 1, mono: 1 }
function append(journal: JournalFile, count: number): void {
  const from = journal.lanes().reading.issued
  const readings = Array.from({ length: count }, (_, index) => ({
    device: `d${index % 7}`,
    point: 'p',
    hash: '00112233445566aa',
    at: from + index,
    value: ((from + index) * 7919) % 100_003,
    quality: 'good' as const,
  }))
  journal.append({ readings, events: [], states: [], commit })
}
const seqsOf = (batch: SealedBatch) => decodeBatch(batch.bytes).rows.map(({ seq }) => seq)
const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
const settle = (journal: JournalFile, ranges: Ranges) =>
  journal.settle({ epoch: journal.epoch, lane: 'reading', ranges: ranges.map(([first, last]) => [first, last]), refused: [] })

test('a batch holds no more bytes than it may, and the next goes on behind it', () => {
  using journal = new JournalFile({ file, gateway: 'g' })
  append(journal, 600)
  const seqs: number[] = []
  for (let batch = journal.next('reading', 0, undefined, undefined, 1024); batch; ) {
    expect(batch.bytes.length).toBeLessThanOrEqual(1024)
    seqs.push(...seqsOf(batch))
    batch = journal.next('reading', batch.last, undefined, undefined, 1024)
  }
  expect(seqs).toEqual(numbers(1, 600))
})

test('a batch sealed anew goes in smaller pieces of the same rows, also after a restart, and others stay as they are', () => {
  {
    using journal = new JournalFile({ file, gateway: 'g' })
    append(journal, 2000)
    const [first, second] = [journal.next('reading', 0), journal.next('reading', 1000)]
    settle(journal, [[1, 100]])
    journal.reseal('reading', 700, 1024)
    expect(journal.next('reading', 1000)?.bytes).toEqual(second?.bytes)
    expect(first?.last).toBe(1000)
  }
  using journal = new JournalFile({ file, gateway: 'g' })
  const seqs: number[] = []
  for (let batch = journal.next('reading', 0); batch && batch.last <= 1000; batch = journal.next('reading', batch.last)) {
    expect(batch.bytes.length).toBeLessThanOrEqual(1024)
    seqs.push(...seqsOf(batch))
  }
  expect(seqs).toEqual(numbers(101, 1000))
})

test('batches sealed ahead are those that a new journal would send: no row twice, none left out, whatever is freed between', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('next' as const), after: fc.nat(7000), rowsMax: fc.constantFrom(BATCH_ROWS_MAX, 300) }),
    fc.record({
      kind: fc.constant('settle' as const),
      first: fc.integer({ min: 1, max: 7000 }),
      rows: fc.integer({ min: 1, max: 2500 }),
    }),
    fc.record({ kind: fc.constant('reseal' as const), seq: fc.integer({ min: 1, max: 7000 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
      rmSync(file, { force: true })
      rmSync(`${file}.mark`, { force: true })
      using journal = new JournalFile({ file, gateway: 'g' })
      append(journal, 6500)
      const waiting = new Set(numbers(1, 6500))
      for (const move of steps) {
        if (move.kind === 'settle') {
          settle(journal, [[move.first, move.first + move.rows - 1]])
          for (const seq of numbers(move.first, move.first + move.rows - 1)) waiting.delete(seq)
        } else if (move.kind === 'reseal') journal.reseal('reading', move.seq, 2048)
        else {
          const batch = journal.next('reading', move.after, undefined, move.rowsMax)
          const expected = [...waiting].find((seq) => seq > move.after)
          expect(batch === null).toBe(expected === undefined)
          if (batch) expect(seqsOf(batch)).toEqual(numbers(batch.first, batch.last).filter((seq) => waiting.has(seq)))
          if (batch && expected !== undefined) expect(batch.first <= expected && batch.last >= expected).toBe(true)
        }
      }
      const left: number[] = []
      for (let batch = journal.next('reading', 0); batch; batch = journal.next('reading', batch.last)) {
        const again = seqsOf(batch)
        left.push(...again)
      }
      expect(left).toEqual([...waiting])
    }),
    { numRuns: 15 },
  )
}, 60_000)
