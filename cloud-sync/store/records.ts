import { Kysely, SqliteDialect } from 'kysely'
import { expectCurrent, migrate } from './migrate.ts'
import { RECORD_MIGRATIONS } from './migrations/index.ts'
import type { RecordTables } from './tables.ts'
import { type OpenOptions, openLocked } from './writer-lock.ts'

/** The cloud's records: what is known of gateways, stations, devices, events and alerts. */
export interface Records extends AsyncDisposable {
  readonly db: Kysely<RecordTables>
  readonly file: string
}

/**
 * Opens `records.db`. Its one writer makes it and brings its schema up to date; `readonly` opens beside a running writer and changes nothing.
 * @throws StoreError `missing` or `older` (readonly: its writer has not opened it yet), `newer`, `locked`, `unsafe`
 */
export async function openRecords(file: string, options: OpenOptions = {}): Promise<Records> {
  const opened = openLocked(file, options)
  const { sqlite } = opened
  const db = new Kysely<RecordTables>({ dialect: new SqliteDialect({ database: sqlite }) })
  try {
    if (options.readonly) expectCurrent(sqlite, file, RECORD_MIGRATIONS)
    else await migrate(sqlite, db, file, RECORD_MIGRATIONS)
  } catch (error) {
    opened[Symbol.dispose]()
    throw error
  }
  return {
    db,
    file,
    [Symbol.asyncDispose]: async () => {
      await db.destroy()
      // A Kysely that was never asked anything closes nothing.
      opened[Symbol.dispose]()
    },
  }
}
