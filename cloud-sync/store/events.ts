import type { Kysely } from 'kysely'
import type { NewEvent, RecordTables } from './tables.ts'

const STATEMENT_ROWS_MAX = 500

/** Keeps events once each by (gateway, epoch, lane, seq), and a fact of a gateway once under whatever numbers. @returns how many were new */
export async function putEvents(trx: Kysely<RecordTables>, rows: readonly NewEvent[]): Promise<number> {
  let added = 0
  for (let from = 0; from < rows.length; from += STATEMENT_ROWS_MAX) {
    const result = await trx
      .insertInto('event')
      .values(rows.slice(from, from + STATEMENT_ROWS_MAX))
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    added += Number(result.numInsertedOrUpdatedRows ?? 0n)
  }
  return added
}
