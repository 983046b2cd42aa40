import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** `event.fact`: the id that names a fact for ever. A gateway that had to begin a new epoch tells under new numbers what was on its way. */
export const eventFact: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('event').addColumn('fact', 'text').execute()
    await sql`create unique index event_fact on event (gateway, fact) where fact is not null`.execute(db)
  },
}
