import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Times and counts are `bigint`: an epoch in ms needs 41 bits. */
export const records: Migration = {
  async up(db: Kysely<unknown>) {
    await objects(db)
    await measurements(db)
    await events(db)
    await alerts(db)
    await flow(db)
    await judging(db)
  },
}

async function objects(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('gateway')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('unit', 'text', (column) => column.notNull().defaultTo('default'))
    .addColumn('online', 'integer', (column) => column.notNull())
    .addColumn('epoch', 'text')
    .addColumn('boot', 'text')
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('clock', 'text')
    .addColumn('config', 'text')
    .addColumn('lanes', 'text', (column) => column.notNull())
    .addColumn('updated', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('station')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('unit', 'text', (column) => column.notNull().defaultTo('default'))
    .addColumn('name_zh', 'text', (column) => column.notNull())
    .addColumn('name_en', 'text', (column) => column.notNull())
    .addColumn('gateway', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('device')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('unit', 'text', (column) => column.notNull().defaultTo('default'))
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('station', 'text', (column) => column.notNull())
    .addColumn('name_zh', 'text', (column) => column.notNull())
    .addColumn('name_en', 'text', (column) => column.notNull())
    .addColumn('profile', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('described', 'bigint', (column) => column.notNull())
    .addColumn('online', 'integer')
    .addColumn('since', 'bigint')
    .execute()
  await db.schema.createIndex('device_station').on('device').column('station').execute()
}

async function measurements(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('point')
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('point', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('unit_text', 'text', (column) => column.notNull())
    .addColumn('decimals', 'integer', (column) => column.notNull())
    .addColumn('meaning', 'text', (column) => column.notNull())
    .addColumn('wraps', 'bigint')
    .addColumn('every_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('point_key', ['device', 'point', 'hash'])
    .execute()
  await db.schema
    .createTable('latest')
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('point', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('quality', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('received', 'bigint', (column) => column.notNull())
    .addColumn('stored', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('change', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('latest_key', ['device', 'point'])
    .execute()
  await db.schema.createIndex('latest_change').on('latest').column('change').execute()
}

async function events(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('event')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('unit', 'text', (column) => column.notNull().defaultTo('default'))
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('epoch', 'text', (column) => column.notNull())
    .addColumn('lane', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('device', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('received', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('event_once', ['gateway', 'epoch', 'lane', 'seq'])
    .execute()
  await db.schema.createIndex('event_kind').on('event').columns(['kind', 'id']).execute()
}

async function alerts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('incident')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('unit', 'text', (column) => column.notNull().defaultTo('default'))
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('family', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('title_zh', 'text', (column) => column.notNull())
    .addColumn('title_en', 'text', (column) => column.notNull())
    .addColumn('station', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('point', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('grade', 'text', (column) => column.notNull())
    .addColumn('action', 'text')
    .addColumn('peak', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('cleared_at', 'bigint')
    .execute()
  await db.schema.createIndex('incident_state').on('incident').columns(['state', 'opened_at']).execute()
  await db.schema.createIndex('incident_opened').on('incident').column('opened_at').execute()
  await db.schema
    .createTable('incident_change')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('incident', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('grade', 'text')
    .addColumn('action', 'text')
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('evidence', 'text', (column) => column.notNull())
    .addColumn('rule_version', 'text', (column) => column.notNull())
    .addColumn('sources', 'text', (column) => column.notNull())
    .addColumn('retrospective', 'integer', (column) => column.notNull())
    .addColumn('recorded', 'bigint', (column) => column.notNull())
    .addColumn('withdrawn', 'bigint')
    .execute()
  await db.schema.createIndex('incident_change_incident').on('incident_change').column('incident').execute()
}

async function flow(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('change')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('ref', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('reader')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('cursor', 'bigint', (column) => column.notNull())
    .addColumn('lease', 'text')
    .addColumn('lease_until', 'bigint')
    .addColumn('updated', 'bigint', (column) => column.notNull())
    .execute()
}

async function judging(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('judge_input')
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('n', 'integer', (column) => column.notNull())
    .addColumn('value', 'bigint')
    .addColumn('quality', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('judge_input_key', ['rule', 'at', 'n'])
    .execute()
  await db.schema.createIndex('judge_input_at').on('judge_input').column('at').execute()
  await db.schema
    .createTable('rule_checkpoint')
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('rule_checkpoint_key', ['rule', 'at'])
    .execute()
  await db.schema
    .createTable('verdict')
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('n', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('grade', 'text')
    .addColumn('action', 'text')
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('evidence', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('verdict_key', ['rule', 'at'])
    .execute()
}
