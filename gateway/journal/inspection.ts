import type Database from 'better-sqlite3'
import { LANES, type Lane } from '#wire/batch'
import type { Disk } from './disk.ts'
import { JOURNAL_SCHEMA } from './migrations.ts'
import { isWholeReading, type RawReading } from './outbox-rows.ts'
import { laneSum } from './row-sums.ts'

/** The newest rows whose checksums are looked at. */
const TAIL_ROWS = 1000
/** As many damaged ones among them are no longer single flipped bits, which are set aside row by row. */
const TAIL_DAMAGED_MIN = 10
/** A newer file than this has a damaged header. */
const VERSION_MAX = 1000

/**
 * Looks at a journal's file before anything is written to it. @returns what is damaged; null where nothing is, or there is no file.
 * @throws what SQLite throws where the file cannot be looked at
 */
export function damageOf(file: string, disk: Disk): string | null {
  if (!disk.exists(file)) return null
  try {
    return inspect(disk.open(file, 'read'))
  } catch (error) {
    const damage = damageBy(error)
    if (damage !== null) return damage
    if (!isUnfinished(error)) throw error
  }
  // A power cut in the very first commits left what only a writer can take back; SQLite does so on opening.
  return inspect(disk.open(file))
}

function inspect(db: Database.Database): string | null {
  try {
    return damageIn(db)
  } catch (error) {
    const damage = damageBy(error)
    if (damage === null) throw error
    return damage
  } finally {
    db.close()
  }
}

/** A commit was cut short, and the file cannot be read before it is undone. */
function isUnfinished(error: unknown): boolean {
  return /^SQLITE_READONLY(_|$)/.test((error as { code?: string }).code ?? '')
}

/** What an error says of the file; null where it says nothing of it. A disk that cannot give back a page has lost it. */
export function damageBy(error: unknown): string | null {
  const { code, message, cause } = error as { code?: string; message?: string; cause?: unknown }
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR$|IOERR_(READ|SHORT_READ|CORRUPTFS|DATA))/.test(code ?? ''))
    return `${code}: ${message}`
  return cause === undefined ? null : damageBy(cause)
}

function damageIn(db: Database.Database): string | null {
  const version = db.pragma('user_version', { simple: true }) as number
  const tables = db.prepare('SELECT COUNT(*) AS tables FROM sqlite_schema').get() as { tables: number }
  if (version === 0) return tables.tables === 0 ? null : 'the file holds tables of somebody else'
  if (version < 0 || version > VERSION_MAX) return `the file's version is ${version}`
  if (version > JOURNAL_SCHEMA) return null
  const check = db.pragma('quick_check(1)', { simple: true })
  if (check !== 'ok') return String(check)
  return damagedName(db) ?? damagedLane(db) ?? damagedTail(db)
}

function damagedName(db: Database.Database): string | null {
  const epoch = db.prepare("SELECT value FROM meta WHERE key = 'epoch'").get() as { value: unknown } | undefined
  return /^[0-9a-f]{16}$/.test(String(epoch?.value)) ? null : 'the epoch cannot be read'
}

function damagedLane(db: Database.Database): string | null {
  const rows = db.prepare('SELECT * FROM lane').all() as { lane: Lane; issued: number; sum?: number }[]
  for (const lane of LANES) {
    const row = rows.find((one) => one.lane === lane)
    if (!row || (row.sum !== undefined && row.sum !== laneSum(lane, row.issued)))
      return `the numbers of lane ${lane} cannot be read`
  }
  return null
}

function damagedTail(db: Database.Database): string | null {
  const rows = db.prepare('SELECT * FROM reading ORDER BY seq DESC LIMIT ?').all(TAIL_ROWS) as RawReading[]
  const damaged = rows.filter((row) => !isWholeReading(row)).length
  return damaged >= TAIL_DAMAGED_MIN && damaged * 2 > rows.length
    ? `${damaged} of the newest ${rows.length} rows are damaged`
    : null
}
