import type { Kysely } from 'kysely'
import type { RefusedRow } from './series.ts'
import type { RecordTables } from './tables.ts'

/** A row that was refused before it came to the series store. */
export interface ForeignRow extends RefusedRow {
  readonly gateway: string
}

/** Rows that are kept by name; more are in the inbox all the same, and the log tells their number. */
export const PARKED_ROWS_MAX = 10_000
/** Rows of one statement. */
const STATEMENT_ROWS_MAX = 500

/**
 * Keeps rows that the series store refused, or that are another gateway's, where a person can find them, each once.
 * @param parked machine time, epoch ms
 */
export async function parkRows(
  trx: Kysely<RecordTables>,
  refused: readonly (RefusedRow | ForeignRow)[],
  parked: number,
): Promise<void> {
  if (refused.length === 0) return
  const { count } = await trx
    .selectFrom('parked')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const rows = refused.slice(0, Math.max(0, PARKED_ROWS_MAX - count)).map((one) => {
    const { device, point, at, n, value, hash, received } = one.row
    const gateway = 'gateway' in one ? one.gateway : null
    return { device, point, at, n, value: JSON.stringify(value), hash, why: one.why, parked, gateway, received }
  })
  for (let from = 0; from < rows.length; from += STATEMENT_ROWS_MAX) {
    await trx
      .insertInto('parked')
      .values(rows.slice(from, from + STATEMENT_ROWS_MAX))
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}
