import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Inbox } from '#cloud/ingest'
import { openRecords } from '#cloud/store'
import { type Batch, encodeBatch, type JournalledReading } from '#wire'
import { ClockReviser } from './clock-reviser.ts'
import { Owners } from './owners.ts'

const EPOCH = '0123456789abcdef'
const NOW = 1_782_864_000_000
const log = pino({ enabled: false })
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-reviser-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Committed at machine time 10 each, from seq × 10 on. */
const readings = (first: number, last: number, boot = 'b'): Batch => ({
  ...{ gateway: 'g', epoch: EPOCH, lane: 'reading', first, last },
  rows: Array.from({ length: last - first + 1 }, (_, index): JournalledReading => {
    const seq = first + index
    const commit = { boot, journalled: seq * 10, mono: seq * 10 }
    return {
      seq,
      device: 'd',
      point: 'p',
      hash: '00112233445566aa',
      at: seq,
      n: 500_000,
      value: seq,
      quality: 'suspect',
      reason: 'clock',
      commit,
    }
  }),
})
const revised = (seq: number, change: object = {}): Batch => ({
  ...{ gateway: 'g', epoch: EPOCH, lane: 'event', first: seq, last: seq },
  rows: [
    {
      seq,
      event: {
        id: `r${seq}`,
        kind: 'clock.revised',
        at: NOW,
        body: { boot: 'b', fromMono: 20, toMono: 70, deltaMs: NOW, epoch: EPOCH, last: 6, ...change },
      },
    },
  ],
})

/** Seqs of the rows that were revised, as the batches came in this order, `step` in one step of the reader. */
async function seqsOf(batches: readonly Batch[], step: number): Promise<number[]> {
  using inbox = new Inbox(join(folder, 'inbox.db'))
  await using records = await openRecords(join(folder, 'records.db'))
  inbox.take(
    batches.map((batch) => ({ gateway: 'g', bytes: encodeBatch(batch), received: NOW })),
    0,
  )
  const reviser = new ClockReviser(inbox, new Owners(), log)
  for (let cursor = 0; cursor < inbox.newest; cursor += step) {
    const entries = inbox.after(cursor, step)
    // Also told again, as after a crash.
    for (let turn = 0; turn < 2; turn++) await records.db.transaction().execute((trx) => reviser.record(trx, entries))
  }
  const rows = await records.db.selectFrom('revised').select(['at', 'true_at']).orderBy('at').execute()
  for (const row of rows) expect(row.true_at).toBe(row.at + NOW)
  return rows.map(({ at }) => at)
}

test.each([1, 2, 4])(
  'rows of a stretch are found whether they come before what tells of it or after (%i a step)',
  async (step) => {
    expect(await seqsOf([readings(1, 3), revised(1), readings(7, 8), readings(4, 6)], step)).toEqual([2, 3, 4, 5, 6])
  },
)

test('rows of another run of the process stay, and so does everything where the clock was right or the body is none', async () => {
  const others = [revised(1, { deltaMs: 0 }), revised(2, { deltaMs: 1e300 }), revised(3, { boot: 7 })]
  expect(await seqsOf([readings(1, 3, 'c'), revised(4), readings(4, 6, 'c'), ...others], 3)).toEqual([])
})
