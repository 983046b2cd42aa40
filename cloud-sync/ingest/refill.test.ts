import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedSeries } from '#cloud/store'
import { Inbox } from './inbox.ts'
import { refill } from './refill.ts'
import { refillFiles } from './refill-files.ts'
import { batchesOf, MINUTE, NOON } from './series.fixture.ts'

const log = pino({ level: 'silent' })
const never = new AbortController().signal
const DAY = 86_400_000
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'refill-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const days = [0, 1, 2, 3].flatMap((day) => batchesOf(2, 100, NOON + day * DAY + day * MINUTE))
function fillInbox(): void {
  using inbox = new Inbox(join(folder, 'inbox.db'))
  for (const { bytes, rows } of days) inbox.take([{ gateway: 'g', bytes, received: rows[0]?.received ?? 0 }], 0)
}

test('a refill writes the rows of its time range, from its first instant to before its last, and twice is once', async () => {
  fillInbox()
  using inbox = new Inbox(join(folder, 'inbox.db'), { readonly: true })
  await using series = await openEmbeddedSeries(join(folder, 'series.db'))
  const range = { from: NOON + DAY + MINUTE + 50 * MINUTE, to: NOON + 2 * DAY + 2 * MINUTE + 10 * MINUTE }
  const expected = days.flatMap(({ rows }) => rows.filter(({ at }) => at >= range.from && at < range.to))
  expect(expected).toHaveLength(2 * 2 * (50 + 10))
  for (let time = 0; time < 2; time++) {
    expect(await refill({ inbox, series, records: null, ...range }, never)).toEqual({
      batches: 6,
      rows: expected.length,
      refused: 0,
      named: [],
    })
    expect(await series.count()).toBe(expected.length)
  }
  const page = await series.range({ device: 'd1', point: 'rain', from: 0, to: 1e13, limit: 1000 })
  const own = expected.filter(({ device, point }) => device === 'd1' && point === 'rain')
  expect(page.rows).toEqual(own.map(({ device: _, point: __, ...value }) => value))
})

test('a refill of files waits for nobody: it is refused while somebody writes there', async () => {
  fillInbox()
  const options = { data: folder, series: { kind: 'embedded' }, from: 0, to: NOON * 2, log } as const
  {
    await using _ = await openEmbeddedSeries(join(folder, 'series.db'))
    await expect(refillFiles(options, never)).rejects.toMatchObject({ code: 'locked' })
  }
  expect(await refillFiles(options, never)).toMatchObject({ batches: 8, rows: 1600 })
})

test('a refill says so where the server is away', async () => {
  fillInbox()
  const series = { kind: 'influx', url: 'http://127.0.0.1:9', database: 'x' } as const
  await expect(refillFiles({ data: folder, series, from: 0, to: NOON * 2, log }, never)).rejects.toMatchObject({
    code: 'unavailable',
  })
})
