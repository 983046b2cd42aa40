import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Sqlite } from './sqlite.ts'
import { StoreError } from './store-error.ts'

/** Migrations by name; names sort in the order they run. */
export type Migrations = Readonly<Record<string, Migration>>

const HISTORY = 'kysely_migration'

/** Names of the migrations that the file has had, in order. */
export function migrationsOf(sqlite: Sqlite): string[] {
  const isThere = sqlite.prepare(`select 1 from sqlite_master where type = 'table' and name = ?`).get(HISTORY)
  return isThere === undefined ? [] : sqlite.prepare<[], string>(`select name from ${HISTORY} order by name`).pluck().all()
}

/** Migrations the file still wants. @throws StoreError `newer` when it has one that this version does not know. */
export function pendingMigrations(sqlite: Sqlite, file: string, migrations: Migrations): string[] {
  const done = migrationsOf(sqlite)
  const unknown = done.find((name) => !(name in migrations))
  if (unknown !== undefined) {
    throw new StoreError(
      'newer',
      `expected at most migration ${Object.keys(migrations).sort().at(-1)} in ${file}, got ${unknown} of a newer version`,
    )
  }
  return Object.keys(migrations)
    .filter((name) => !done.includes(name))
    .sort()
}

/** For a reader, which changes nothing. @throws StoreError `newer`, `older` */
export function expectCurrent(sqlite: Sqlite, file: string, migrations: Migrations): void {
  const [next] = pendingMigrations(sqlite, file, migrations)
  if (next !== undefined)
    throw new StoreError('older', `expected migration ${next} in ${file}, got an older schema: its writer brings it up to date`)
}

/**
 * Brings a file's schema to the newest version, all of it or nothing. A file that holds data is first copied whole to `<file>.before-<migration>`.
 * @throws StoreError `newer`; whatever a migration throws, with the file as it was.
 */
export async function migrate<T>(sqlite: Sqlite, db: Kysely<T>, file: string, migrations: Migrations): Promise<void> {
  const [next] = pendingMigrations(sqlite, file, migrations)
  if (next === undefined) return
  if (migrationsOf(sqlite).length > 0) copyWhole(sqlite, file, `${file}.before-${next}`)
  // Kysely runs SQLite's migrations outside a transaction; SQLite can change a schema inside one, so one is opened around them.
  sqlite.exec('begin immediate')
  try {
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } }).migrateToLatest()
    if (error !== undefined) throw error
    sqlite.exec('commit')
  } catch (error) {
    if (sqlite.inTransaction) sqlite.exec('rollback')
    throw error
  }
}

/**
 * Copies a database before it is changed; the copy is whole or absent: SQLite does not sync what `vacuum into` writes. One in memory has no file to
 * keep beside it.
 */
export function copyWhole(sqlite: Sqlite, file: string, copy: string): void {
  if (sqlite.memory) return
  const part = `${copy}.part`
  if (existsSync(part)) rmSync(part)
  try {
    sqlite.prepare('vacuum into ?').run(part)
    sync(part)
    renameSync(part, copy)
  } catch (error) {
    // Half a copy would keep the room that the disk has not got.
    rmSync(part, { force: true })
    throw error
  }
  sync(dirname(file))
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
