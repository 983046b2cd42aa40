import type { Lane, Ranges } from '#wire/batch'
import { isWholeReading, noticeSum, type RawReading, readingSum } from './outbox-rows.ts'
import type { Statements } from './statements.ts'

/** Rows read at a time. */
const STEP_ROWS = 1000
/** Ranges of a lane that one event tells; what lies beyond them is declared lost by the cloud, and comes all the same. */
export const CARRIED_RANGES_MAX = 2000
/** A checksum that no row has: what was damaged before stays found. */
const SUM_OF_NOTHING = -1

/** Which numbers of a lane wait, of those that were given out: a damaged one may be any. */
export function waitingRanges(sql: Statements, lane: Lane, issued: number): Ranges {
  const table = lane === 'reading' ? "SELECT seq, 'reading' AS lane FROM reading" : 'SELECT seq, lane FROM notice'
  return sql
    .all<{ first: number; last: number }>(
      `SELECT MIN(seq) AS first, MAX(seq) AS last FROM
         (SELECT seq, seq - ROW_NUMBER() OVER (ORDER BY seq) AS island FROM (${table}) WHERE lane = ? AND seq BETWEEN 1 AND ?)
       GROUP BY island ORDER BY first LIMIT ?`,
      lane,
      issued,
      CARRIED_RANGES_MAX,
    )
    .map(({ first, last }) => [first, last])
}

/** Gives the readings that wait the seqs 1, 2 … in their order. @returns how many */
export function renumberReadings(sql: Statements): number {
  let given = 0
  for (let after = 0; ; ) {
    // Moved rows lie below `after`: a row's new seq is never above its old one.
    const rows = sql.all<RawReading>('SELECT * FROM reading WHERE seq > ? ORDER BY seq LIMIT ?', after, STEP_ROWS)
    for (const row of rows) {
      const seq = ++given
      if (seq !== row.seq)
        sql.run(
          'UPDATE reading SET seq = ?, sum = ? WHERE seq = ?',
          seq,
          isWholeReading(row) ? readingSum({ ...row, seq }) : SUM_OF_NOTHING,
          row.seq,
        )
    }
    const last = rows.at(-1)
    if (!last) return given
    after = last.seq
  }
}

/** Gives the notices of a lane that wait the seqs after `from`, in their order. @returns how many */
export function renumberNotices(sql: Statements, lane: Lane, from: number): number {
  const rows = sql.all<{ seq: number; body: string; sum: number }>(
    'SELECT seq, body, sum FROM notice WHERE lane = ? ORDER BY seq',
    lane,
  )
  sql.run('DELETE FROM notice WHERE lane = ?', lane)
  for (const [index, { seq: old, body, sum }] of rows.entries()) {
    const seq = from + index + 1
    const isWhole = sum === noticeSum(lane, old, body)
    sql.run('INSERT INTO notice VALUES (?, ?, ?, ?)', lane, seq, body, isWhole ? noticeSum(lane, seq, body) : SUM_OF_NOTHING)
  }
  return rows.length
}
