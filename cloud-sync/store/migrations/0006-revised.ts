import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * `clock_revision`: what a gateway found out about a stretch of its clock. `revised`: the rows that were stored with its wrong time, each with the true
 * one; whoever shows rows shows these in their place. Primary key (device, point, at, n): the row as it is in the series store.
 */
export const revised: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('clock_revision')
      .addColumn('gateway', 'text', (column) => column.notNull())
      .addColumn('epoch', 'text', (column) => column.notNull())
      .addColumn('boot', 'text', (column) => column.notNull())
      .addColumn('from_mono', 'bigint', (column) => column.notNull())
      .addColumn('to_mono', 'bigint', (column) => column.notNull())
      .addColumn('last', 'bigint', (column) => column.notNull())
      .addColumn('delta_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('clock_revision_key', ['gateway', 'epoch', 'boot', 'from_mono'])
      .execute()
    await db.schema
      .createTable('revised')
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('point', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('n', 'integer', (column) => column.notNull())
      .addColumn('true_at', 'bigint', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('quality', 'text', (column) => column.notNull())
      .addColumn('reason', 'text')
      .addColumn('received', 'bigint', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('revised_key', ['device', 'point', 'at', 'n'])
      .execute()
    await db.schema.createIndex('revised_true').on('revised').columns(['device', 'point', 'true_at']).execute()
  },
}
