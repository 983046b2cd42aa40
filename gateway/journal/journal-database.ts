import type Database from 'better-sqlite3'
import type { Disk } from './disk.ts'
import { JournalError } from './journal-error.ts'
import { JOURNAL_SCHEMA, MIGRATIONS } from './migrations.ts'
import { laneSum } from './row-sums.ts'

/** Older SQLite may lose committed rows when two connections write and checkpoint (sqlite.org/wal.html, the WAL-reset bug). */
const SQLITE_MIN = [3, 51, 3] as const

/**
 * Opens the journal's file, makes it where there is none, brings an older one up to date, and proves that a commit will be on disk.
 * @throws JournalError `version` for a newer file or an unsafe SQLite, `durability` where FULL sync and the write-ahead log do not hold,
 * `unreadable` where the file cannot be opened or is none.
 */
export function openJournalDatabase(file: string, disk: Disk): Database.Database {
  try {
    return openChecked(file, disk)
  } catch (cause) {
    if (cause instanceof JournalError) throw cause
    throw new JournalError('unreadable', `expected a journal at ${file}, got "${(cause as Error).message}"`, { cause })
  }
}

function openChecked(file: string, disk: Disk): Database.Database {
  const db = disk.open(file)
  try {
    requireSqlite(db)
    // Asked before anything is written: a newer file stays as it is.
    const version = requireVersion(db, file)
    const mode = db.pragma('journal_mode = WAL', { simple: true })
    if (mode !== 'wal') throw new JournalError('durability', `expected journal mode wal on ${file}, got ${mode}`)
    db.pragma('synchronous = FULL')
    db.pragma('cell_size_check = ON')
    if (version < JOURNAL_SCHEMA) migrate(db, version, file, disk)
    // better-sqlite3 falls to NORMAL after the first write in WAL mode unless it is told again: set it after a write and read it back.
    db.exec("INSERT INTO meta VALUES ('opened', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1")
    db.pragma('synchronous = FULL')
    const synchronous = db.pragma('synchronous', { simple: true })
    if (synchronous !== 2) throw new JournalError('durability', `expected synchronous 2 (FULL) on ${file}, got ${synchronous}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

function requireVersion(db: Database.Database, file: string): number {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > JOURNAL_SCHEMA)
    throw new JournalError('version', `expected journal version ${JOURNAL_SCHEMA} or older, got ${version} in ${file}`)
  return version
}

/** All steps or none; what was there before stays beside it, whole. */
function migrate(db: Database.Database, version: number, file: string, disk: Disk): void {
  const copy = `${file}.before-${JOURNAL_SCHEMA}`
  if (version > 0 && !disk.exists(copy)) disk.copy(db, copy)
  db.transaction(() => {
    for (let step = version + 1; step <= JOURNAL_SCHEMA; step++) MIGRATIONS[step]?.(db)
    if (version === 0) fill(db, disk.newEpoch())
    db.pragma(`user_version = ${JOURNAL_SCHEMA}`)
  }).immediate()
}

function fill(db: Database.Database, epoch: string): void {
  db.prepare("INSERT INTO meta VALUES ('epoch', ?)").run(epoch)
  for (const lane of ['alarm', 'event', 'reading']) db.prepare('INSERT INTO lane VALUES (?, 0, ?)').run(lane, laneSum(lane, 0))
}

function requireSqlite(db: Database.Database): void {
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const parts = version.split('.').map(Number)
  const older = SQLITE_MIN.findIndex((part, index) => (parts[index] ?? 0) !== part)
  if (older >= 0 && !((parts[older] ?? 0) > (SQLITE_MIN[older] ?? 0)))
    throw new JournalError('version', `expected SQLite ${SQLITE_MIN.join('.')} or newer, got ${version}`)
}
