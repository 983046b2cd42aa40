import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** `reader.store`: which life of its store a cursor belongs to. `parked`: rows that the series store refused, told by name. */
export const seriesMark: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('reader').addColumn('store', 'text').execute()
    await db.schema
      .createTable('parked')
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('point', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('n', 'integer', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('why', 'text', (column) => column.notNull())
      .addColumn('parked', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('parked_key', ['device', 'point', 'at', 'n'])
      .execute()
    await db.schema.createIndex('parked_parked').on('parked').column('parked').execute()
  },
}
