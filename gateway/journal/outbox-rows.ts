import { crc32 } from 'node:zlib'
import { QUALITIES, REASONS, type Value } from '#devices/reading'
import type { JournalledEvent, JournalledReading, Lane, SiteEvent } from '#wire'
import type { Commit } from '#wire/batch'
import type { RowNames } from './row-names.ts'
import { commitSum } from './row-sums.ts'
import type { VersionedReading } from './series-memory.ts'
import type { Cell, Statements } from './statements.ts'

/** Rows as they were stored, and the seqs of those whose checksum does not hold. */
export interface CheckedRows<T> {
  readonly rows: readonly T[]
  readonly damaged: readonly number[]
}

/** A value as SQLite keeps it: an integer or null as it is, a boolean as `t` or `f`, a text behind `s`. */
export function toCell(value: Value): Cell {
  return typeof value === 'boolean' ? (value ? 't' : 'f') : typeof value === 'string' ? `s${value}` : value
}

function fromCell(cell: Cell): Value {
  return typeof cell === 'string' ? (cell.startsWith('s') ? cell.slice(1) : cell === 't') : cell
}

/** Numbers of a row as the bytes that are summed up; made once, for it is filled a few thousand times a second. */
const numbers = new Float64Array(8)
const numberBytes = new Uint8Array(numbers.buffer)

/** A row of the table `reading`, as it lies there. */
export interface RawReading {
  readonly seq: number
  readonly series: number
  readonly at: number
  readonly n: number
  readonly value: Cell
  readonly quality: number
  readonly reason: number
  readonly commit: number
  readonly sum: number
}

/** A checksum in every row: SQLite does not notice a flipped bit in a page. A text's own sum stands for it among the numbers. */
export function readingSum({ seq, series, at, n, value, quality, reason, commit }: Omit<RawReading, 'sum'>): number {
  const cell: unknown = value
  numbers[0] = seq
  numbers[1] = series
  numbers[2] = at
  numbers[3] = n
  // Null and damaged kinds of values are told apart from numbers by a value that no count has.
  numbers[4] =
    typeof cell === 'number' ? cell : typeof cell === 'string' ? crc32(cell) + 0.5 : cell === null ? NULL_MARK : Number.NaN
  numbers[5] = quality
  numbers[6] = reason
  numbers[7] = commit
  return crc32(numberBytes)
}
/** A flipped bit may also make a null or a text of a number; in the sum they would count as one. */
export function isWholeReading(row: RawReading): boolean {
  const { seq, series, at, n, quality, reason, commit } = row
  const isNumbers =
    Number.isSafeInteger(seq) &&
    Number.isSafeInteger(series) &&
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(n) &&
    Number.isSafeInteger(quality) &&
    Number.isSafeInteger(reason) &&
    Number.isSafeInteger(commit)
  return isNumbers && row.sum === readingSum(row)
}
const NULL_MARK = 0.25
export const noticeSum = (lane: Lane, seq: number, body: string) => crc32(`${lane}|${seq}|${body}`)

/** @returns the number that its rows name */
export function insertCommit(sql: Statements, { boot, journalled, mono }: Commit): number {
  const insert = 'INSERT INTO "commit" (boot, journalled, mono) VALUES (?, ?, ?)'
  const id = Number(sql.run(insert, boot, journalled, mono).lastInsertRowid)
  sql.run('UPDATE "commit" SET sum = ? WHERE id = ?', commitSum(id, boot, journalled, mono), id)
  return id
}

export function insertReading(
  sql: Statements,
  seq: number,
  series: number,
  n: number,
  commit: number,
  reading: VersionedReading,
): void {
  const { at, value, quality, reason } = reading
  const cell = toCell(value)
  const codes = { quality: QUALITIES.indexOf(quality), reason: reason === undefined ? 0 : REASONS.indexOf(reason) + 1 }
  insertRaw(sql, { seq, series, at, n, value: cell, ...codes, commit })
}

/** Sums the row up anew. */
export function insertRaw(sql: Statements, row: Omit<RawReading, 'sum'>): void {
  const { seq, series, at, n, value, quality, reason, commit } = row
  const insert = 'INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'
  sql.run(insert, seq, series, at, n, value, quality, reason, commit, readingSum(row))
}

/** Changes an event that waits: only of one that no batch was sealed with. */
export function updateEvent(sql: Statements, lane: Lane, seq: number, event: SiteEvent): void {
  const body = JSON.stringify(event)
  sql.run('UPDATE notice SET body = ?, sum = ? WHERE lane = ? AND seq = ?', body, noticeSum(lane, seq, body), lane, seq)
}

export function insertEvent(sql: Statements, lane: Lane, seq: number, event: SiteEvent): void {
  const body = JSON.stringify(event)
  sql.run('INSERT INTO notice VALUES (?, ?, ?, ?)', lane, seq, body, noticeSum(lane, seq, body))
}

/** A row's columns in their order in the table, which is that of `RawReading`. */
type RawColumns = [
  seq: number,
  series: number,
  at: number,
  n: number,
  value: Cell,
  quality: number,
  reason: number,
  commit: number,
  sum: number,
]

/** Columns are taken as they are and names are looked up once: this runs for each row of a backlog. */
export function selectReadings(
  { sql, names }: { readonly sql: Statements; readonly names: RowNames },
  first: number,
  last: number,
  rowsMax: number,
): CheckedRows<JournalledReading> {
  const found = sql.columns<RawColumns>(
    'SELECT seq, series, at, n, value, quality, reason, "commit", sum FROM reading WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?',
    first,
    last,
    rowsMax,
  )
  const rows: JournalledReading[] = []
  const damaged: number[] = []
  const commits = names.commits()
  for (const [seq, id, at, n, value, quality, reason, commitId, sum] of found) {
    const series = names.series(id)
    const commit = commits(commitId)
    if (!series || !commit || !isWholeReading({ seq, series: id, at, n, value, quality, reason, commit: commitId, sum })) {
      damaged.push(seq)
      continue
    }
    const why = REASONS[reason - 1]
    const { device, point, hash } = series
    const row = { seq, device, point, hash, at, n, value: fromCell(value), quality: QUALITIES[quality] ?? 'bad', commit }
    rows.push(why === undefined ? row : { ...row, reason: why })
  }
  return { rows, damaged }
}

export function selectEvents(
  sql: Statements,
  lane: Lane,
  first: number,
  last: number,
  rowsMax: number,
): CheckedRows<JournalledEvent> {
  const rows = sql.all<{ seq: number; body: string; sum: number }>(
    'SELECT seq, body, sum FROM notice WHERE lane = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?',
    lane,
    first,
    last,
    rowsMax,
  )
  return checked(
    rows,
    (row): row is typeof row => row.sum === noticeSum(lane, row.seq, row.body),
    ({ seq, body }) => ({ seq, event: JSON.parse(body) as SiteEvent }),
  )
}

function checked<Row extends { readonly seq: number }, Whole extends Row, T>(
  rows: readonly Row[],
  isWhole: (row: Row) => row is Whole,
  toRow: (row: Whole) => T,
): CheckedRows<T> {
  const whole = rows.filter(isWhole)
  const damaged = whole.length === rows.length ? [] : rows.filter((row) => !isWhole(row)).map(({ seq }) => seq)
  return { rows: whole.map(toRow), damaged }
}
