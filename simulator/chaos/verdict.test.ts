import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Inbox } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords, putEvents, type SeriesRow } from '#cloud/store'
import { fedRow } from './fed-row.ts'
import { RowAccount } from './row-account.ts'
import { judge } from './verdict.ts'

const ROWS = 400
const FEED = { gateway: 'g1', series: 3, origin: Date.parse('2026-07-01T08:00:00+08:00') }

/** A cloud's stores that hold the fed rows, but for what `change` makes of each. */
async function storesOf(change: (k: number, row: SeriesRow) => readonly SeriesRow[]) {
  const data = mkdtempSync(join(tmpdir(), 'sluice-verdict-'))
  onTestFinished(() => rmSync(data, { recursive: true }))
  const files = { inbox: join(data, 'inbox.db'), records: join(data, 'records.db') }
  new Inbox(files.inbox)[Symbol.dispose]()
  const rows = Array.from({ length: ROWS }, (_, k) => fedRow(FEED, k))
  await using series = await openEmbeddedSeries(join(data, 'series.db'))
  const readings = rows.flatMap((row, k) =>
    row.lane === 'reading' ? change(k, { ...row.reading, n: 0, received: row.reading.at }) : [],
  )
  await series.write(readings)
  await using records = await openRecords(files.records)
  const events = rows.flatMap((row, k) => {
    if (row.lane === 'reading') return []
    const { kind, at, device = null, body } = row.event
    const name = { gateway: FEED.gateway, epoch: '0011223344556677', lane: row.lane, seq: k }
    return [{ ...name, kind, at, device, body: JSON.stringify(body), received: at }]
  })
  await putEvents(records.db, events)
  return { data, files, series: { kind: 'embedded' as const } }
}

function accountOf(accepted: number): RowAccount {
  const account = new RowAccount(FEED)
  account.offer(0, ROWS - 1)
  account.accept(0, accepted - 1)
  return account
}

test('stores that hold all that was offered are whole, whether it was in doubt or not', async () => {
  const stores = await storesOf((_, row) => [row])
  const whole = { issued: ROWS, stored: ROWS, lost: 0, declared: 0, duplicate: 0, wrong: 0, differences: [] }
  expect(await judge(stores, [accountOf(ROWS)])).toMatchObject(whole)
  expect(await judge(stores, [accountOf(ROWS - 100)])).toMatchObject(whole)
})

test('a row in doubt may be away, an accepted one may not', async () => {
  const stores = await storesOf((k, row) => (k === 7 || k === ROWS - 2 ? [] : [row]))
  expect(await judge(stores, [accountOf(ROWS - 100)])).toMatchObject({ issued: ROWS - 1, stored: ROWS - 2, lost: 1, inDoubt: 1 })
})

test('a row that was altered, moved in time, told of another device or invented is wrong', async () => {
  const change = (k: number, row: SeriesRow): SeriesRow[] => {
    if (k === 10) return [{ ...row, at: row.at + 1_000_000 }]
    if (k === 20) return [{ ...row, device: 'g1-0' }]
    if (k === 30) return [{ ...row, quality: 'suspect' }]
    return k === 40 ? [row, { ...row, at: row.at + 2_000_000, value: ROWS + 1 }, { ...row, device: 'unheard-of' }] : [row]
  }
  expect(await judge(await storesOf(change), [accountOf(ROWS)])).toMatchObject({ stored: ROWS - 3, lost: 3, wrong: 5 })
})

test('an event that came under two epochs is there twice', async () => {
  const stores = await storesOf((_, row) => [row])
  await using records = await openRecords(stores.files.records)
  const [event] = await records.db.selectFrom('event').selectAll().limit(1).execute()
  if (event === undefined) throw new Error('expected an event')
  const { id: _, unit: __, ...copy } = event
  await putEvents(records.db, [{ ...copy, epoch: 'ffffffffffffffff' }])
  expect(await judge(stores, [accountOf(ROWS)])).toMatchObject({ stored: ROWS, duplicate: 1, wrong: 0 })
})
