import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Inbox } from '#cloud/ingest'
import { JournalFile, type VersionedReading } from '#gateway/journal'
import { type Batch, encodeBatch } from '#wire'
import { atLeast, type Figure, figure } from './figures.ts'

/** Rows of each measured stretch. */
const ROWS = 100_000
/** Readings in one group commit, as the journal takes them when it is busy. */
const COMMIT_ROWS = 500
/** Batches as they come: of half a second of 240 stations, each in a commit of its own; or of a backlog, several in one. */
const LIVE = { rows: 120, batches: 1 }
const BACKLOG = { rows: 1000, batches: 16 }
/** Rows of a stretch of live batches: each commit waits for the disk. */
const LIVE_ROWS = 60_000
/** Of so many stretches of each kind, taken in turn, the middle one counts: disks are noisy. */
const ROUNDS = 5
const SHARE_MIN = 0.5
/** As wide as a checksum. */
const SUM = 0x9abcdef0

const HASH = '00112233445566aa'
const START = Date.parse('2026-07-01T08:00:00+08:00')

function readingOf(index: number): VersionedReading {
  const device = `9DML${String(index % 240).padStart(4, '0')}`
  const point = `p${Math.floor(index / 240) % 5}`
  return {
    device,
    point,
    hash: HASH,
    at: START + Math.floor(index / 1200) * 5000,
    value: 3000 + ((index * 7919) % 97),
    quality: 'good',
  }
}

/** Journal and inbox beside bare better-sqlite3 that commits the same rows, or the same bytes, in the same commits, each synced to disk. */
export function durableFigures(): Figure[] {
  return [...journalFigures(), ...inboxFigures()]
}

export function journalFigures(): Figure[] {
  const readings = Array.from({ length: ROWS }, (_, index) => readingOf(index))
  return inFolder((compare) =>
    figures(
      `journal, commits of ${COMMIT_ROWS} rows`,
      compare(
        ROWS,
        (file) => journal(file, readings),
        (file) => insertRows(file, readings),
      ),
    ),
  )
}

function inboxFigures(): Figure[] {
  const readings = Array.from({ length: ROWS }, (_, index) => readingOf(index))
  return inFolder((compare) => {
    const pair = (rows: number, size: typeof LIVE): Pair => {
      const batches = batchesOf(readings.slice(0, rows), size.rows)
      return compare(
        rows,
        (file) => inbox(file, batches, size.batches),
        (file) => insertBlobs(file, batches, size.batches),
      )
    }
    return [
      ...figures(`inbox, a live batch of ${LIVE.rows} rows a commit`, pair(LIVE_ROWS, LIVE)),
      ...figures(`inbox, a backlog: ${BACKLOG.batches} batches of ${BACKLOG.rows} rows a commit`, pair(ROWS, BACKLOG)),
    ]
  })
}

/** Both ways of writing so many rows into a file of their own, in turn. */
type Compare = (rows: number, ours: (file: string) => void, bare: (file: string) => void) => Pair

function inFolder(measure: (compare: Compare) => Figure[]): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-durable-'))
  let files = 0
  try {
    return measure((rows, ours, bare) => {
      const rates = { ours: [] as number[], bare: [] as number[] }
      for (let round = 0; round < ROUNDS; round++) {
        rates.bare.push(rate(rows, () => bare(join(folder, `${files++}.db`))))
        rates.ours.push(rate(rows, () => ours(join(folder, `${files++}.db`))))
      }
      return { ours: middle(rates.ours), bare: middle(rates.bare) }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Rows a second. */
interface Pair {
  readonly ours: number
  readonly bare: number
}

function figures(what: string, { ours, bare }: Pair): Figure[] {
  return [
    figure(what, Math.round(ours), 'rows/s'),
    figure(`${what}: bare better-sqlite3`, Math.round(bare), 'rows/s'),
    atLeast(`${what}: share of bare`, ours / bare, 'ratio', SHARE_MIN),
  ]
}

function rate(rows: number, work: () => void): number {
  const begun = performance.now()
  work()
  return rows / ((performance.now() - begun) / 1000)
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}

function journal(file: string, readings: readonly VersionedReading[]): void {
  using journalFile = new JournalFile({ file, gateway: 'bench' })
  for (let from = 0; from < readings.length; from += COMMIT_ROWS) {
    journalFile.append({
      readings: readings.slice(from, from + COMMIT_ROWS),
      events: [],
      states: [],
      commit: { boot: 'bench', journalled: START, mono: Math.round(performance.now()) },
    })
  }
}

function inbox(file: string, batches: readonly Uint8Array[], together: number): void {
  using box = new Inbox(file)
  for (let from = 0; from < batches.length; from += together) {
    box.take(
      batches.slice(from, from + together).map((bytes) => ({ gateway: 'bench', bytes, received: START })),
      0,
    )
  }
}

/** The same columns of the same rows, and nothing else. */
function insertRows(file: string, readings: readonly VersionedReading[]): void {
  const db = openBare(
    file,
    'CREATE TABLE row (seq INTEGER PRIMARY KEY, series INTEGER, at INTEGER, n INTEGER, value INTEGER, quality INTEGER, reason INTEGER, "commit" INTEGER, sum INTEGER)',
  )
  const insert = db.prepare('INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  for (let from = 0; from < readings.length; from += COMMIT_ROWS) {
    db.transaction(() => {
      for (const [index, { at, value }] of readings.slice(from, from + COMMIT_ROWS).entries())
        insert.run(from + index + 1, index % 1200, at, 0, value, 0, 0, from, SUM)
    })()
  }
  db.close()
}

function insertBlobs(file: string, batches: readonly Uint8Array[], together: number): void {
  const db = openBare(file, 'CREATE TABLE batch (id INTEGER PRIMARY KEY, bytes BLOB)')
  const insert = db.prepare('INSERT INTO batch (bytes) VALUES (?)')
  for (let from = 0; from < batches.length; from += together) {
    db.transaction(() => {
      for (const bytes of batches.slice(from, from + together)) insert.run(bytes)
    })()
  }
  db.close()
}

function openBare(file: string, schema: string): Database.Database {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.exec(schema)
  // Set again after the first write, which takes it away.
  db.pragma('synchronous = FULL')
  return db
}

function batchesOf(readings: readonly VersionedReading[], size: number): Uint8Array[] {
  const batches: Uint8Array[] = []
  for (let from = 0; from < readings.length; from += size) {
    const rows = readings.slice(from, from + size).map((reading, index) => {
      return {
        ...reading,
        seq: from + index + 1,
        n: 0,
        commit: { boot: 'bench', journalled: START + Math.floor((from + index) / 24) * 100, mono: 0 },
      }
    })
    const batch: Batch = {
      gateway: 'bench',
      epoch: '0123456789abcdef',
      lane: 'reading',
      first: from + 1,
      last: from + rows.length,
      rows,
    }
    batches.push(encodeBatch(batch))
  }
  return batches
}
