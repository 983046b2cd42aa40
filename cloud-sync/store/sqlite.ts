import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { StoreError } from './store-error.ts'

/** Versions before it lose committed transactions when two connections write and checkpoint (https://sqlite.org/wal.html#walresetbug). */
export const SQLITE_VERSION_MIN = '3.51.3'
/** How long a statement waits for another connection's lock; readers never wait in WAL. */
export const BUSY_MS = 5_000
/** Pages of the log after which it is copied into the file: 16 MiB, so that the copying is rare and its sync is shared. */
export const CHECKPOINT_PAGES = 4_096
/** What remains of the log file after a checkpoint, in bytes. */
export const LOG_BYTES_MAX = 64 * 1024 * 1024
/** Memory for pages, in KiB. */
const CACHE_KIB = 32_768

export type Sqlite = Database.Database

/** The disk: how a database is opened, and how the right to write it is held. */
export interface Disk {
  readonly open: (file: string, options: { readonly readonly: boolean }) => Sqlite
  /** Absent where nobody else can come near. */
  readonly lock?: (file: string) => Disposable
}

/**
 * Opens a SQLite file whose commits survive a power cut: WAL, and `synchronous=FULL`, read back after a write, because better-sqlite3 falls
 * to NORMAL there when the pragma was not set on this very connection.
 * @throws StoreError `missing`, `unsafe`
 */
export function openSqlite(file: string, { readonly = false }: { readonly?: boolean } = {}): Sqlite {
  if (readonly && !existsSync(file))
    throw new StoreError('missing', `expected a store at ${file}, got no file: its writer makes it`)
  if (!readonly) mkdirSync(dirname(file), { recursive: true })
  const database = new Database(file, { readonly, fileMustExist: readonly, timeout: BUSY_MS })
  try {
    checkVersion(String(database.prepare('select sqlite_version()').pluck().get()))
    database.pragma(`cache_size = -${CACHE_KIB}`)
    if (!readonly) makeDurable(database, file)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** @throws StoreError `unsafe` for a version with the WAL-reset fault. */
export function checkVersion(version: string): void {
  const [found, least] = [version, SQLITE_VERSION_MIN].map((text) => text.split('.').map(Number))
  const order = least?.map((part, index) => (found?.[index] ?? 0) - part).find((difference) => difference !== 0) ?? 0
  if (!(order >= 0)) throw new StoreError('unsafe', `expected SQLite ${SQLITE_VERSION_MIN} or later, got ${version}`)
}

function makeDurable(database: Sqlite, file: string): void {
  const mode = database.pragma('journal_mode = WAL', { simple: true })
  if (mode !== 'wal') throw new StoreError('unsafe', `expected journal mode wal for ${file}, got ${mode}`)
  database.pragma('synchronous = FULL')
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  database.pragma(`journal_size_limit = ${LOG_BYTES_MAX}`)
  // A write that changes nothing: only after one does the level show what later commits will have.
  database.pragma(`user_version = ${database.pragma('user_version', { simple: true })}`)
  const level = database.pragma('synchronous', { simple: true })
  if (level !== 2) throw new StoreError('unsafe', `expected synchronous 2 (FULL) for ${file}, got ${level}`)
}
