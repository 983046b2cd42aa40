import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { JournalError } from './journal-error.ts'

/** All that the journal does to a disk; passed in, so that a simulation can lose power, fill it up or damage it. */
export interface Disk {
  /** Opens a database; makes it where there is none. With `read` it is only looked at: nothing of it changes, nor of its log. */
  open(file: string, access?: 'read'): Database.Database
  /**
   * Keeps every other process from writing this journal: two that give out seqs would give them twice.
   * @throws JournalError `busy`, `unreadable`
   */
  lock(file: string): Disposable
  exists(file: string): boolean
  /** Renames a closed database together with its log; durable when it returns. */
  setAside(file: string, to: string): void
  /** Takes a database away that was never used, if it is there. */
  remove(file: string): void
  /** Copies an open database whole: when it returns the copy is on disk under its name, and otherwise there is none of that name. */
  copy(db: Database.Database, to: string): void
  /** A small file's text; null where there is none. */
  read(file: string): string | null
  /** Replaces a small file: on disk when it returns, old or new and never mixed. */
  write(file: string, text: string): void
  /**
   * Takes so many bytes of the disk under this name, to be given back when it is full. A disk that cannot be full needs none.
   * @returns false where there is no room for twice as many
   */
  reserve?(file: string, bytes: number): boolean
  /** Gives them back. @returns false where there were none */
  release?(file: string): boolean
  /** Names the life of a journal's numbers: 16 hex digits that were never given before. */
  newEpoch(): string
}

/** What SQLite keeps beside a database. */
const BESIDE = ['-wal', '-shm'] as const

/** The machine's own disk. */
export const realDisk: Disk = {
  open: (file, access) => new Database(file, { readonly: access === 'read' }),
  lock: lockFile,
  exists: existsSync,
  setAside(file, to) {
    // The database last: as long as it is there, whoever comes after a power cut begins this again.
    for (const end of [...BESIDE, '']) if (existsSync(file + end)) renameSync(file + end, to + end)
    syncFolder(file)
  },
  remove(file) {
    for (const end of [...BESIDE, '']) rmSync(file + end, { force: true })
  },
  copy(db, to) {
    const part = `${to}.part`
    rmSync(part, { force: true })
    try {
      db.prepare('VACUUM INTO ?').run(part)
      moveDurably(part, to)
    } catch (error) {
      // Half a copy would keep the room that the disk has not got.
      rmSync(part, { force: true })
      throw error
    }
  },
  read(file) {
    return existsSync(file) ? readFileSync(file, 'utf8') : null
  },
  write(file, text) {
    const part = `${file}.part`
    const handle = openSync(part, 'w')
    try {
      // All of it, in as many writes as the system wants.
      writeFileSync(handle, text)
    } finally {
      closeSync(handle)
    }
    moveDurably(part, file)
  },
  reserve(file, bytes) {
    if (existsSync(file)) return true
    const { bavail, bsize } = statfsSync(dirname(file))
    if (bavail * bsize < 2 * bytes) return false
    writeFileSync(file, Buffer.alloc(bytes))
    return true
  },
  release(file) {
    const isThere = existsSync(file)
    rmSync(file, { force: true })
    return isThere
  },
  newEpoch: () => randomBytes(8).toString('hex'),
}

/** The lock is one of the system's, so that it ends with its process, however that ends. */
function lockFile(file: string): Disposable {
  let lock: Database.Database | undefined
  try {
    lock = new Database(`${file}.lock`, { timeout: 0 })
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock?.close()
    if ((cause as { code?: string }).code !== 'SQLITE_BUSY')
      throw new JournalError('unreadable', `expected a journal at ${file}, got "${(cause as Error).message}"`, { cause })
    throw new JournalError('busy', `expected ${file} for this process alone, got one that another process writes`, { cause })
  }
  const held = lock
  return { [Symbol.dispose]: () => void held.close() }
}

function moveDurably(part: string, to: string): void {
  syncPath(part)
  renameSync(part, to)
  syncFolder(to)
}

function syncFolder(file: string): void {
  syncPath(dirname(file))
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
