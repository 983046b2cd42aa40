import type { Insertable, Kysely } from 'kysely'
import type { GatewayTable, RecordTables } from './tables.ts'

export type NewGateway = Insertable<GatewayTable>

/** Keeps what a gateway's status said last; `since` moves only when it comes or goes. */
export async function putGateway(trx: Kysely<RecordTables>, gateway: NewGateway): Promise<void> {
  const { id, unit: _unit, since, ...rest } = gateway
  await trx
    .insertInto('gateway')
    .values(gateway)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ eb, ref }) => ({
        ...rest,
        since: eb.case().when('gateway.online', '=', ref('excluded.online')).then(ref('gateway.since')).else(since).end(),
      })),
    )
    .execute()
}
