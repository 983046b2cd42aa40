import type { Lane } from '#wire/batch'
import { isWholeReading, noticeSum, type RawReading, readingSum } from './outbox-rows.ts'
import type { Statements } from './statements.ts'

/** Rows read at a time. */
const STEP_ROWS = 1000
/** A checksum that no row has: what was damaged before stays found. */
const SUM_OF_NOTHING = -1

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
