import { type Kysely, sql } from 'kysely'
import { recordChange } from './changes.ts'
import { putLatest } from './latest.ts'
import type { NewRevised, RecordTables } from './tables.ts'

/** Rows of one statement: far below the 32,766 parameters that SQLite takes. */
const STATEMENT_ROWS_MAX = 500

/** Keeps where rows belong whose time was wrong; what is shown as the newest of a point follows. Doing it again changes nothing. */
export async function putRevised(trx: Kysely<RecordTables>, rows: readonly NewRevised[]): Promise<void> {
  if (rows.length === 0) return
  for (let from = 0; from < rows.length; from += STATEMENT_ROWS_MAX)
    await trx
      .insertInto('revised')
      .values(rows.slice(from, from + STATEMENT_ROWS_MAX))
      .onConflict((conflict) => conflict.columns(['device', 'point', 'at', 'n']).doNothing())
      .execute()
  const points = new Map(rows.map(({ device, point }) => [`${device} ${point}`, { device, point }]))
  const stored = Date.now()
  const change = await recordChange(trx, 'readings', '', stored)
  for (const { device, point } of points.values()) {
    await trx
      .deleteFrom('latest')
      .where('device', '=', device)
      .where('point', '=', point)
      .where(
        sql<boolean>`exists (select 1 from revised r where r.device = latest.device and r.point = latest.point and r.at = latest.at and r.n = latest.n)`,
      )
      .execute()
    const newest = await trx
      .selectFrom('revised')
      .selectAll()
      .where('device', '=', device)
      .where('point', '=', point)
      .orderBy('true_at', 'desc')
      .orderBy('n', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (newest === undefined) continue
    const { true_at: at, n, value, quality, reason, received, hash } = newest
    await putLatest(trx, [{ device, point, at, n, value, quality, reason, received, stored, hash, change }])
  }
}
