import { crc32 } from 'node:zlib'
import type { SiteEvent } from '#wire'
import type { Commit } from '#wire/batch'
import type { Entry } from './journal-tables.ts'
import type { VersionedReading } from './series-memory.ts'
import { shifted, type TimeSpan, unmarked } from './stamp.ts'
import type { Statements } from './statements.ts'

/** Rows let out in one transaction, at least one entry: the writer never stands still for long. */
const RELEASED_ROWS_MAX = 2000

/** What is known of a boot's time when rows are let out. */
export interface KnownTime {
  readonly boot: string
  readonly spans: readonly Pick<TimeSpan, 'fromMono' | 'toMono' | 'deltaMs'>[]
  /** It was waited for long enough: what is not known goes out as it is. Rows of other boots always do, for nothing tells their time any more. */
  readonly isOver: boolean
}

interface HeldRow extends Commit {
  readonly id: number
  readonly rows: number
  readonly body: string
  readonly sum: number
}

export interface Released {
  readonly entries: readonly Entry[]
  /** Entries whose checksum does not hold, and how many rows they said to be. */
  readonly damaged: { readonly entries: number; readonly rows: number }
  /** To go on after; null: that was all. */
  readonly next: number | null
}

/** Entries whose site time is not known. They are on disk, and get their seqs when they are let out: nothing that has a seq waits or changes. */
export class HeldEntries {
  readonly #sql: Statements
  #rows = 0

  constructor(sql: Statements) {
    this.#sql = sql
    this.load()
  }

  /** Rows that wait. */
  get rows(): number {
    return this.#rows
  }

  load(): void {
    this.#rows = this.#sql.get<{ rows: number | null }>('SELECT SUM(rows) AS rows FROM held')?.rows ?? 0
  }

  /** The number of the newest entry. */
  get newest(): number {
    return this.#sql.get<{ id: number | null }>('SELECT MAX(id) AS id FROM held')?.id ?? 0
  }

  hasAfter(id: number, { boot, journalled, mono }: Commit): boolean {
    const find = 'SELECT id FROM held WHERE id > ? AND boot = ? AND mono = ? AND journalled = ?'
    return this.#sql.get(find, id, boot, mono, journalled) !== undefined
  }

  put({ boot, journalled, mono }: Commit, readings: readonly VersionedReading[], events: readonly SiteEvent[]): void {
    const rows = readings.length + events.length
    if (rows === 0) return
    const body = JSON.stringify({ readings, events })
    const insert = 'INSERT INTO held (boot, journalled, mono, rows, body, sum) VALUES (?, ?, ?, ?, ?, ?)'
    this.#sql.run(insert, boot, journalled, mono, rows, body, heldSum(boot, journalled, mono, body))
    this.#rows += rows
  }

  /** Takes out the entries after one of them whose time is known, or waited for no longer; the others stay. */
  take(after: number, time: KnownTime): Released {
    const entries: Entry[] = []
    const damaged = { entries: 0, rows: 0 }
    let rows = 0
    for (let last = after; ; ) {
      const row = this.#sql.get<HeldRow>('SELECT * FROM held WHERE id > ? ORDER BY id LIMIT 1', last)
      if (row === undefined || rows >= RELEASED_ROWS_MAX) return { entries, damaged, next: row === undefined ? null : last }
      last = row.id
      const isWhole = row.sum === heldSum(row.boot, row.journalled, row.mono, row.body)
      const entry = isWhole ? entryOf(row, time) : null
      if (isWhole && entry === null) continue
      this.#sql.run('DELETE FROM held WHERE id = ?', row.id)
      this.#rows -= row.rows
      rows += row.rows
      if (entry) entries.push(entry)
      else {
        damaged.entries += 1
        damaged.rows += row.rows
      }
    }
  }
}

export const heldSum = (boot: unknown, journalled: unknown, mono: unknown, body: string) =>
  crc32(`${boot}|${journalled}|${mono}|${body}`)

function entryOf({ boot, journalled, mono, body }: HeldRow, { boot: own, spans, isOver }: KnownTime): Entry | null {
  const { readings, events } = JSON.parse(body) as Pick<Entry, 'readings' | 'events'>
  const isIn = (span: KnownTime['spans'][number]) => span.fromMono <= mono && mono <= (span.toMono ?? Number.POSITIVE_INFINITY)
  const deltaMs = boot === own ? (spans.find(isIn)?.deltaMs ?? null) : null
  if (deltaMs !== null) {
    const entry = shifted({ readings, events: events.map(unmarked), states: [] }, deltaMs)
    return { ...entry, commit: { boot, journalled: journalled + deltaMs, mono } }
  }
  if (boot === own && !isOver) return null
  return { readings, events, states: [], commit: { boot, journalled, mono }, doubt: 'flag' }
}
