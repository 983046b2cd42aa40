import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  openEmbeddedSeries,
  openRecords,
  putLatest,
  putRevised,
  type Records,
  type SeriesRow,
  type SeriesStore,
  showRevised,
} from '#cloud/store'

let folder: string
let records: Records
let series: SeriesStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-revised-'))
  records = await openRecords(join(folder, 'records.db'))
  series = await openEmbeddedSeries(join(folder, 'series.db'))
})
afterEach(async () => {
  await records[Symbol.asyncDispose]()
  await series[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const NOON = Date.UTC(2026, 6, 1, 4)
const row = (at: number, value: number, device = 'd'): SeriesRow => {
  return { device, point: 'p', at, n: 0, value, quality: 'good', received: NOON, hash: 'h' }
}
const revise = (rows: readonly (readonly [row: SeriesRow, trueAt: number])[]) =>
  records.db.transaction().execute((trx) =>
    putRevised(
      trx,
      rows.map(([{ device, point, at, n, value, quality, received, hash }, trueAt]) => {
        return { device, point, at, n, true_at: trueAt, value: JSON.stringify(value), quality, reason: null, received, hash }
      }),
    ),
  )

/** All rows, as whoever pages through them sees them. */
async function paged(limit: number, from = 0, to = 1e15): Promise<[at: number, value: unknown][]> {
  const shown = showRevised(series, records.db)
  const rows: [number, unknown][] = []
  for (let [start, known] = [from, -1]; ; ) {
    const page = await shown.range({ device: 'd', point: 'p', from: start, to, limit })
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    const fresh = page.rows.filter(({ at, n }) => at > start || n > known)
    rows.push(...fresh.map(({ at, value }): [number, unknown] => [at, value]))
    const last = fresh.at(-1)
    if (!page.truncated || last === undefined) return rows
    ;[start, known] = [last.at, last.n]
  }
}

test('whatever was revised, each row is shown once at its true time, page by page and in buckets, and the store keeps it', async () => {
  const times = fc.uniqueArray(fc.tuple(fc.nat(60), fc.option(fc.integer({ min: -70, max: 70 }))), {
    selector: ([at]) => at,
    minLength: 1,
    maxLength: 40,
  })
  let run = 0
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 4, max: 50 }), fc.integer({ min: 1, max: 30 }), async (list, limit, step) => {
      const start = NOON + run++ * 1000
      const rows = list.map(([at], index) => row(start + at, index))
      await series.write(rows)
      const moved = list.flatMap(([, by], index): [SeriesRow, number][] => {
        const one = rows[index]
        return one && by !== null && by !== 0 ? [[one, one.at + by]] : []
      })
      await revise(moved)
      const [from, to] = [start - 100, start + 200]
      const expected = rows.map((one): [number, unknown] => [moved.find(([old]) => old === one)?.[1] ?? one.at, one.value])
      // Who pages needs room for all rows of one moment.
      const crowd = Math.max(...[...Map.groupBy(expected, ([at]) => at)].map(([, own]) => own.length))
      const sorted = (some: readonly [number, unknown][]) => [...some].sort((a, b) => a[0] - b[0] || Number(a[1]) - Number(b[1]))
      expect(sorted(await paged(Math.max(limit, crowd + 1), from, to))).toEqual(sorted(expected))
      const buckets = await showRevised(series, records.db).buckets({ device: 'd', point: 'p', from, to, step, limit: 1000 })
      const counts = Map.groupBy(expected, ([at]) => Math.floor(at / step) * step)
      const byBucket = [...counts].map(([at, own]) => [at, own.length, Math.max(...own.map(([, value]) => Number(value)))])
      expect(buckets.rows.map(({ at, count, max }) => [at, count, max])).toEqual(
        byBucket.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
      )
      expect((await series.range({ device: 'd', point: 'p', from, to, limit: 1000 })).rows).toHaveLength(rows.length)
    }),
    // Two rows that come to one moment.
    {
      numRuns: 60,
      examples: [[[...Array.from({ length: 7 }, (_, at): [number, null] => [at, null]), [60, -18], [34, 8]], 8, 1]],
    },
  )
}, 60_000)

test('a page of which every row belongs elsewhere does not end the pages', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => row(NOON + index, index))
  await series.write(rows)
  await revise(rows.slice(0, 30).map((one) => [one, one.at - 3_600_000]))
  expect(await paged(5, NOON)).toEqual(rows.slice(30).map(({ at, value }) => [at, value]))
})

test('the newest row of a point is no more the one that was ahead of its time', async () => {
  const ahead = row(NOON + 3_600_000, 7)
  const latest = { ...ahead, value: '7', reason: null, stored: NOON, change: 1 }
  await records.db.transaction().execute((trx) => putLatest(trx, [latest]))
  await revise([[ahead, NOON]])
  await revise([[row(NOON + 10, 3, 'other'), NOON]])
  const newest = await records.db.selectFrom('latest').select(['device', 'at', 'value']).orderBy('device').execute()
  expect(newest).toEqual([
    { device: 'd', at: NOON, value: '7' },
    { device: 'other', at: NOON, value: '3' },
  ])
})
