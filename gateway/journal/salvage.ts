import type Database from 'better-sqlite3'
import type { SiteEvent } from '#wire'
import { LANES, type Lane, type Ranges } from '#wire/batch'
import { heldSum } from './held-entries.ts'
import type { JournalTables } from './journal-tables.ts'
import { insertRaw, isWholeReading, noticeSum, type RawReading } from './outbox-rows.ts'
import { CARRIED_RANGES_MAX } from './renumber.ts'
import { commitSum, factSum, seriesSum, stateSum } from './row-sums.ts'

/** Rows read at a time, until a page cannot be read. */
const STEP_ROWS = 500
/** Rows in a row that cannot be read, before larger steps are taken. */
const STUMBLES_MAX = 1000
const STRIDE_ROWS = 64

/** What a damaged file still says of itself. */
export interface Remains {
  readonly epoch: string | null
  /** Null: not to be read. */
  readonly issued: Readonly<Record<Lane, number>> | null
}

export function remainsOf(old: Database.Database): Remains {
  const epoch = attempt(() => (old.prepare("SELECT value FROM meta WHERE key = 'epoch'").get() as { value?: unknown })?.value)
  const issued = Object.fromEntries(
    LANES.map((lane) => [
      lane,
      attempt(() => (old.prepare('SELECT issued FROM lane WHERE lane = ?').get(lane) as { issued?: unknown })?.issued),
    ]),
  )
  return {
    epoch: typeof epoch === 'string' && /^[0-9a-f]{16}$/.test(epoch) ? epoch : null,
    issued: LANES.every((lane) => Number.isSafeInteger(issued[lane])) ? (issued as Record<Lane, number>) : null,
  }
}

/**
 * Carries over whatever can be read of a damaged journal and whose checksum holds; rows that wait get new numbers. Inside a transaction.
 * @returns their old numbers
 */
export function salvage(old: Database.Database, tables: JournalTables): Readonly<Record<Lane, Ranges>> {
  const { sql, counts } = tables
  const carried = { alarm: new SeqRanges(), event: new SeqRanges(), reading: new SeqRanges() }
  const series = new Set<number>()
  for (const row of rowsOf<SeriesRow>(old, 'series', 'id')) {
    if (row.sum !== undefined && row.sum !== seriesSum(row.id, row.device, row.point, row.hash)) continue
    const sum = seriesSum(row.id, row.device, row.point, row.hash)
    const insert = 'INSERT OR IGNORE INTO series (id, device, point, hash, at, value, sum) VALUES (?, ?, ?, ?, ?, ?, ?)'
    if (sql.run(insert, row.id, row.device, row.point, row.hash, row.at, row.value, sum).changes > 0) series.add(row.id)
  }
  const commits = new Set<number>()
  for (const row of rowsOf<CommitRow>(old, 'commit', 'id')) {
    const sum = commitSum(row.id, row.boot, row.journalled, row.mono)
    if (row.sum !== undefined && row.sum !== sum) continue
    const insert = 'INSERT OR IGNORE INTO "commit" (id, boot, journalled, mono, sum) VALUES (?, ?, ?, ?, ?)'
    if (sql.run(insert, row.id, row.boot, row.journalled, row.mono, sum).changes > 0) commits.add(row.id)
  }
  for (const row of rowsOf<RawReading>(old, 'reading', 'seq'))
    if (isWholeReading(row) && series.has(row.series) && commits.has(row.commit)) {
      insertRaw(sql, { ...row, seq: counts.give('reading') })
      carried.reading.add(row.seq)
    }
  for (const lane of ['alarm', 'event'] as const)
    for (const { seq, body, sum } of rowsOf<NoticeRow>(old, 'notice', 'seq', `lane = '${lane}' AND`))
      if (sum === noticeSum(lane, seq, body) && tables.appendEvent(JSON.parse(body) as SiteEvent)) carried[lane].add(seq)
  salvageSmall(old, tables)
  counts.store()
  return { alarm: carried.alarm.ranges, event: carried.event.ranges, reading: carried.reading.ranges }
}

/** Numbers in rising order, as ranges; what comes beyond `CARRIED_RANGES_MAX` is not kept. */
class SeqRanges {
  readonly ranges: [first: number, last: number][] = []

  add(seq: number): void {
    const open = this.ranges.at(-1)
    if (open && seq === open[1] + 1) open[1] = seq
    else if (this.ranges.length < CARRIED_RANGES_MAX) this.ranges.push([seq, seq])
  }
}

function salvageSmall(old: Database.Database, { sql }: JournalTables): void {
  for (const row of allOf<FactRow>(old, 'fact'))
    if (row.sum === factSum(row.body))
      sql.run('INSERT OR IGNORE INTO fact VALUES (?, ?, ?, ?, ?, ?)', row.id, row.kind, row.device, row.at, row.body, row.sum)
  for (const { key, body, sum, journalled } of allOf<StateRow>(old, 'state'))
    if (sum === undefined || sum === stateSum(key, body))
      sql.run(
        'INSERT OR IGNORE INTO state (key, body, sum, journalled) VALUES (?, ?, ?, ?)',
        key,
        body,
        stateSum(key, body),
        journalled ?? 0,
      )
  for (const { boot, journalled, mono, rows, body, sum } of allOf<HeldRow>(old, 'held'))
    if (sum === heldSum(boot, journalled, mono, body))
      sql.run(
        'INSERT INTO held (boot, journalled, mono, rows, body, sum) VALUES (?, ?, ?, ?, ?, ?)',
        boot,
        journalled,
        mono,
        rows,
        body,
        sum,
      )
  for (const { commit } of allOf<{ commit: number }>(old, 'doubtful'))
    if (Number.isSafeInteger(commit)) sql.run('INSERT OR IGNORE INTO doubtful VALUES (?)', commit)
  for (const row of allOf<LateRow>(old, 'late'))
    sql.run('INSERT OR IGNORE INTO late VALUES (?, ?, ?, ?, ?)', row.series, row.at, row.n, row.value, row.journalled ?? 0)
}

// Of a journal that was damaged before it was migrated, sums and times are not there.
type SeriesRow = {
  id: number
  device: string
  point: string
  hash: string
  at: number
  value: number | string | null
  sum?: number
}
type CommitRow = { id: number; boot: string; journalled: number; mono: number; sum?: number }
type NoticeRow = { seq: number; body: string; sum: number }
type FactRow = { id: string; kind: string; device: string | null; at: number; body: string; sum: number }
type StateRow = { key: string; body: string; sum?: number; journalled?: number }
type HeldRow = { boot: string; journalled: number; mono: number; rows: number; body: string; sum: number }
type LateRow = { series: number; at: number; n: number; value: number | string | null; journalled?: number }

/** The rows of a table in the order of their number, past pages that cannot be read. */
function* rowsOf<Row>(db: Database.Database, table: string, key: 'id' | 'seq', where = ''): Generator<Row> {
  const some = attempt(() =>
    db.prepare(`SELECT * FROM "${table}" WHERE ${where} ${key} > ? AND ${key} <= ? ORDER BY ${key} LIMIT ?`),
  )
  if (!some) return
  const highest = attempt(
    () => (db.prepare(`SELECT MAX(${key}) AS max FROM "${table}" WHERE ${where} 1`).get() as { max: number | null }).max ?? 0,
  )
  let stumbles = 0
  for (let after = 0, limit = STEP_ROWS; highest === null || after < highest; ) {
    const step = stumbles < STUMBLES_MAX ? 1 : STRIDE_ROWS
    const upTo = limit === 1 ? after + step : Number.MAX_SAFE_INTEGER
    const rows = attempt(() => some.all(after, upTo, limit === 1 ? step : limit) as (Row & Record<'id' | 'seq', number>)[])
    if (rows === null && limit > 1) limit = 1
    else if (rows === null) {
      after = upTo
      stumbles += 1
      if (highest === null && stumbles > 2 * STUMBLES_MAX) return
    } else if (rows.length === 0 && limit > 1) return
    else {
      yield* rows
      after = limit === 1 ? upTo : (rows.at(-1)?.[key] ?? after)
      // Past the bad page: in large steps again.
      if (rows.length > 0) [limit, stumbles] = [STEP_ROWS, 0]
    }
  }
}

/** The rows of a small table, up to the first that cannot be read. */
function* allOf<Row>(db: Database.Database, table: string): Generator<Row> {
  try {
    yield* db.prepare(`SELECT * FROM "${table}"`).iterate() as IterableIterator<Row>
  } catch {
    // What was read is what there is.
  }
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
