import { type Kysely, sql } from 'kysely'
import type { NewLatest, RecordTables } from './tables.ts'

/** Rows of one statement: far below the 32,766 parameters that SQLite takes. */
const STATEMENT_ROWS_MAX = 500

/**
 * Keeps of each point the newest row by (at, n), whatever the order in which they come.
 * @param rows `change` is the id that `recordChange(trx, 'readings', '', …)` gave in this transaction
 * @returns how many points have a newer row now
 */
export async function putLatest(trx: Kysely<RecordTables>, rows: readonly NewLatest[]): Promise<number> {
  // One statement may touch a row once only.
  const newest = new Map<string, NewLatest>()
  for (const row of rows) {
    const key = `${row.device} ${row.point}`
    const known = newest.get(key)
    if (known === undefined || row.at > known.at || (row.at === known.at && row.n > known.n)) newest.set(key, row)
  }
  const distinct = [...newest.values()]
  let changed = 0
  for (let from = 0; from < distinct.length; from += STATEMENT_ROWS_MAX) {
    const result = await trx
      .insertInto('latest')
      .values(distinct.slice(from, from + STATEMENT_ROWS_MAX))
      .onConflict((conflict) =>
        conflict
          .columns(['device', 'point'])
          .doUpdateSet(({ ref }) => ({
            at: ref('excluded.at'),
            n: ref('excluded.n'),
            value: ref('excluded.value'),
            quality: ref('excluded.quality'),
            reason: ref('excluded.reason'),
            received: ref('excluded.received'),
            stored: ref('excluded.stored'),
            hash: ref('excluded.hash'),
            change: ref('excluded.change'),
          }))
          .where(sql<boolean>`(excluded.at, excluded.n) > (latest.at, latest.n)`),
      )
      .executeTakeFirst()
    changed += Number(result.numInsertedOrUpdatedRows ?? 0n)
  }
  return changed
}
