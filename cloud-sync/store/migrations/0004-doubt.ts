import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * `gateway.doubt`: why the numbers of its epoch cannot be trusted. `parked` also holds rows of a device that another gateway described: whose they
 * were, and when they came. `series_guard`: which run of its server a series store was written to, and up to which batch it was whole well before.
 */
export const doubt: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('gateway').addColumn('doubt', 'text').execute()
    await db.schema.alterTable('parked').addColumn('gateway', 'text').execute()
    await db.schema.alterTable('parked').addColumn('received', 'bigint').execute()
    await db.schema
      .createTable('series_guard')
      .addColumn('id', 'integer', (column) => column.primaryKey().notNull())
      .addColumn('server', 'text')
      .addColumn('safe', 'bigint', (column) => column.notNull())
      .execute()
  },
}
