import type { Statements } from './statements.ts'

/** Between two sweeps, machine time. */
export const SWEEP_MS = 3_600_000
/** Until the next one where there was more than one takes away: what comes faster than it goes has no bound. */
export const SWEEP_ON_MS = 10_000
/** Rows of a table that one sweep takes away: the writer never stands still for long. */
const SWEPT_ROWS_MAX = 1000
const DAY_MS = 24 * 3_600_000
/** The site's own history. */
const FACTS_KEPT_DAYS = 400
/** A row said twice is looked for among the late ones so long; later the cloud finds it. */
const LATE_KEPT_DAYS = 40
/** Rows that were refused or damaged; the newest stay. */
const ASIDE_ROWS_MAX = 10_000
/** States under one prefix, which is what a key begins with up to a space; the newest stay. More than a site may have devices and rules. */
const STATES_MAX = 20_000

/**
 * Takes away what is beyond its bound, some rows of each table; inside a transaction.
 * @param now journal time, epoch ms
 * @returns whether there may be more
 */
export function sweep(sql: Statements, now: number): boolean {
  sql.run('DELETE FROM doubtful WHERE "commit" < (SELECT MIN(id) FROM "commit")')
  const facts = sql.run(
    'DELETE FROM fact WHERE id IN (SELECT id FROM fact WHERE at < ? LIMIT ?)',
    now - FACTS_KEPT_DAYS * DAY_MS,
    SWEPT_ROWS_MAX,
  )
  const late = sql.run(
    'DELETE FROM late WHERE (series, at, n) IN (SELECT series, at, n FROM late WHERE journalled < ? LIMIT ?)',
    now - LATE_KEPT_DAYS * DAY_MS,
    SWEPT_ROWS_MAX,
  )
  const aside = sql.run(
    'DELETE FROM aside WHERE id IN (SELECT id FROM aside WHERE id <= (SELECT MAX(id) FROM aside) - ? ORDER BY id LIMIT ?)',
    ASIDE_ROWS_MAX,
    SWEPT_ROWS_MAX,
  )
  const states = sql.run(
    `DELETE FROM state WHERE key IN (SELECT key FROM
       (SELECT key, row_number() OVER (PARTITION BY substr(key, 1, instr(key, ' ')) ORDER BY journalled DESC, key) AS place FROM state)
       WHERE place > ? LIMIT ?)`,
    STATES_MAX,
    SWEPT_ROWS_MAX,
  )
  return [facts, late, aside, states].some(({ changes }) => changes === SWEPT_ROWS_MAX)
}
