import type Database from 'better-sqlite3'
import type { Disk } from './disk.ts'
import { JournalError } from './journal-error.ts'

/** Version of the journal file; older code refuses a newer file by name. */
export const JOURNAL_SCHEMA = 1

/** Older SQLite may lose committed rows when two connections write and checkpoint (sqlite.org/wal.html, the WAL-reset bug). */
const SQLITE_MIN = [3, 51, 3] as const

const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lane (lane TEXT PRIMARY KEY, issued INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, device TEXT NOT NULL, point TEXT NOT NULL, hash TEXT NOT NULL,
  at INTEGER NOT NULL, value BLOB, UNIQUE (device, point, hash));
CREATE TABLE late (series INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, value BLOB, PRIMARY KEY (series, at, n)) WITHOUT ROWID;
CREATE TABLE "commit" (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, journalled INTEGER NOT NULL, mono INTEGER NOT NULL);
CREATE TABLE reading (seq INTEGER PRIMARY KEY, series INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, value BLOB,
  quality INTEGER NOT NULL, reason INTEGER NOT NULL, "commit" INTEGER NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE notice (lane TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (lane, seq)) WITHOUT ROWID;
CREATE TABLE fact (id TEXT PRIMARY KEY, kind TEXT NOT NULL, device TEXT, at INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX fact_kind ON fact (kind, at);
CREATE TABLE batch (lane TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (lane, first)) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE aside (lane TEXT NOT NULL, seq INTEGER NOT NULL, why TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (lane, seq)) WITHOUT ROWID;
`

/**
 * Opens the journal's file, makes it where there is none, and proves that a commit will be on disk.
 * @throws JournalError `version` for a newer file or an unsafe SQLite, `durability` where FULL sync does not hold, `unreadable` where the
 * file cannot be opened or is none.
 */
export function openJournalDatabase(file: string, disk: Disk): Database.Database {
  try {
    return openChecked(file, disk)
  } catch (cause) {
    if (cause instanceof JournalError) throw cause
    throw unreadable(file, cause)
  }
}

function unreadable(file: string, cause: unknown): JournalError {
  return new JournalError('unreadable', `expected a journal at ${file}, got "${(cause as Error).message}"`, { cause })
}

function openChecked(file: string, disk: Disk): Database.Database {
  const db = disk.open(file)
  try {
    requireSqlite(db)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('cell_size_check = ON')
    const version = db.pragma('user_version', { simple: true })
    if (version === 0) create(db, disk.newEpoch())
    else if (version !== JOURNAL_SCHEMA)
      throw new JournalError('version', `expected journal version ${JOURNAL_SCHEMA} or none, got ${version} in ${file}`)
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

function create(db: Database.Database, epoch: string): void {
  db.transaction(() => {
    db.exec(SCHEMA)
    db.prepare("INSERT INTO meta VALUES ('epoch', ?)").run(epoch)
    for (const lane of ['alarm', 'event', 'reading']) db.prepare('INSERT INTO lane VALUES (?, 0)').run(lane)
    db.pragma(`user_version = ${JOURNAL_SCHEMA}`)
  })()
}

function requireSqlite(db: Database.Database): void {
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() as { version: string }
  const parts = version.split('.').map(Number)
  const older = SQLITE_MIN.findIndex((part, index) => (parts[index] ?? 0) !== part)
  if (older >= 0 && (parts[older] ?? 0) < (SQLITE_MIN[older] ?? 0))
    throw new JournalError('version', `expected SQLite ${SQLITE_MIN.join('.')} or newer, got ${version}`)
}
