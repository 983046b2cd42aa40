import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** One row: which life of the file this is, and how far in the inbox its writer had come. */
export const mark: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`create table mark (id integer primary key check (id = 1), life text not null, reached integer not null)`.execute(db)
    await sql`insert into mark values (1, lower(hex(randomblob(8))), 0)`.execute(db)
  },
}
