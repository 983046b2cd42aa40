import type { Kysely } from 'kysely'
import type { ChangeKind, RecordTables } from './tables.ts'

/**
 * Tells the feed that something changed, in the transaction of the change itself. Ids rise in the order of commits because a file has one writer.
 * @param ref id of the incident, station or gateway; empty for `readings`
 * @param at the machine's wall clock, epoch ms
 * @returns the change's id, for `latest.change`
 */
export async function recordChange(trx: Kysely<RecordTables>, kind: ChangeKind, ref: string, at: number): Promise<number> {
  const { id } = await trx.insertInto('change').values({ kind, ref, at }).returning('id').executeTakeFirstOrThrow()
  return id
}
