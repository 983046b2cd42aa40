import type Database from 'better-sqlite3'
import type { SiteEvent } from '#wire'
import { LossBook } from './loss-book.ts'
import { SeriesFacts } from './series-facts.ts'
import type { Statements } from './statements.ts'
import { Thinning, type ThinRow } from './thinning.ts'
import { UpTime } from './up-time.ts'

/** How much may wait for the cloud. */
export interface OutboxLimits {
  /** Of the journal's file, without its free pages. */
  readonly bytesMax: number
  /** Hours that the gateway ran: rows that wait longer are thinned, after twice as long again, after three times as long given up. */
  readonly hoursMax: number
}

export const OUTBOX_LIMITS: OutboxLimits = { bytesMax: 1024 * 1024 * 1024, hoursMax: 720 }

/** How much of the bound is taken. */
export interface OutboxRoom extends OutboxLimits {
  readonly bytes: number
  /** How long the oldest waiting reading has waited; 0: none waits. */
  readonly hours: number
}

/** Rows in one block, which is one transaction: the writer never stands still for long. */
const BLOCK_ROWS_MAX = 5000
/** Fewer rows make no room worth it. */
const BLOCK_ROWS_MIN = 1000
/** Between looks at how old the oldest rows are, in hours that the gateway ran. */
const LOOK_HOURS = 1 / 60

/** What the bound needs of the journal. */
export interface OutboxBoundOptions {
  readonly db: Database.Database
  readonly sql: Statements
  readonly epoch: () => string
  readonly limits: OutboxLimits
  readonly counting: { thinned: number }
  readonly transaction: <T>(work: () => T) => T
  /** Deletes readings, and keeps what the journal knew by them. */
  readonly remove: (seqs: readonly number[]) => void
  /** Gives out the next seq of the lane `event`. */
  readonly issue: () => number
}

/** First and second time rows are thinned, the third time whole blocks go. */
type Pass = 1 | 2 | 3

interface Block {
  readonly pass: Pass
  readonly rows: readonly (ThinRow & { readonly commit: number })[]
}

/**
 * Keeps the outbox below its bound by giving up readings that were never sealed into a batch, the oldest first, and says which. A row that was
 * sealed may be on its way, and alarms and events are never given up.
 */
export class OutboxBound {
  readonly #options: OutboxBoundOptions
  readonly #book: LossBook
  readonly #facts: SeriesFacts
  readonly #upTime: UpTime
  readonly #thinnings = { 1: new Thinning(), 2: new Thinning() } as const
  /** The highest seq that each pass has come to. */
  #reached = { 1: 0, 2: 0 }
  readonly #pageBytes: number
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(options: OutboxBoundOptions) {
    this.#options = options
    const { sql, epoch, issue } = options
    this.#book = new LossBook({ sql, epoch, issue })
    this.#facts = new SeriesFacts(sql)
    this.#upTime = new UpTime(sql)
    this.#pageBytes = Number(options.db.pragma('page_size', { simple: true }))
    this.load()
  }

  room(): OutboxRoom {
    const { limits, sql } = this.#options
    const oldest = sql.get<{ commit: number }>('SELECT "commit" FROM reading ORDER BY seq LIMIT 1')
    return { ...limits, bytes: this.#bytes(), hours: oldest ? this.#upTime.hoursSince(oldest.commit) : 0 }
  }

  /** A commit came to be. */
  note(commit: { readonly boot: string; readonly mono: number }): void {
    this.#upTime.note(commit)
  }

  /** What an event tells of points. */
  learn(event: SiteEvent): void {
    this.#facts.learn(event)
  }

  /** Rows were sealed: those that stayed for now may be on their way. */
  forget(): void {
    for (const thinning of Object.values(this.#thinnings)) thinning.forget()
  }

  /** Reads what the file holds: at the start, and again after a transaction that did not come to be. */
  load(): void {
    const { sql, epoch } = this.#options
    const stored = sql.get<{ value: string }>("SELECT value FROM meta WHERE key = 'thinned'")?.value
    const [of, first, second] = stored === undefined ? [] : (JSON.parse(stored) as [string, number, number])
    this.#reached = of === epoch() ? { 1: first ?? 0, 2: second ?? 0 } : { 1: 0, 2: 0 }
    this.#book.forget()
    this.forget()
  }

  /** Gives up one block where the bound is passed. @param now site time @returns whether anything was given up */
  hold(now: number): boolean {
    const block = this.#bytes() > this.#options.limits.bytesMax ? this.#nextBlock() : this.#oldBlock()
    return block !== null && this.#giveUp(block, now)
  }

  /** Gives up one block whatever the bound says: the disk is full. @returns whether anything was given up */
  relieve(now: number): boolean {
    // Small ones: also the log that they are written to needs room.
    const next = () => this.#nextBlock(BLOCK_ROWS_MIN)
    for (let block = next(); block; block = next()) if (this.#giveUp(block, now)) return true
    return false
  }

  #nextBlock(rowsMax = BLOCK_ROWS_MAX): Block | null {
    const block = (pass: Pass) => this.#block(pass, BLOCK_ROWS_MIN, rowsMax)
    return block(1) ?? block(2) ?? block(3)
  }

  /** The block that has waited too long, where there is one. */
  #oldBlock(): Block | null {
    const { hoursMax } = this.#options.limits
    if (this.#upTime.hours - this.#lookedAt < LOOK_HOURS) return null
    for (const pass of [3, 2, 1] as const) {
      const block = this.#block(pass, 1)
      const [first] = block?.rows ?? []
      if (!block || !first || this.#upTime.hoursSince(first.commit) <= pass * hoursMax) continue
      const old = new Map<number, boolean>()
      for (const { commit } of block.rows)
        if (!old.has(commit)) old.set(commit, this.#upTime.hoursSince(commit) > pass * hoursMax)
      return { pass, rows: block.rows.filter(({ commit }) => old.get(commit)) }
    }
    this.#lookedAt = this.#upTime.hours
    return null
  }

  /** The next rows of a pass that no batch holds; null where they are fewer than `rowsMin`. */
  #block(pass: Pass, rowsMin: number, rowsMax = BLOCK_ROWS_MAX): Block | null {
    const { sql } = this.#options
    const until = pass === 2 ? this.#reached[1] : Number.MAX_SAFE_INTEGER
    for (let from = pass === 3 ? 1 : this.#reached[pass] + 1; from <= until; ) {
      const first = sql.get<{ seq: number | null }>('SELECT MIN(seq) AS seq FROM reading WHERE seq >= ?', from)?.seq
      if (first == null || first > until) return null
      const sealed = sql.get<{ last: number }>(
        "SELECT last FROM batch WHERE lane = 'reading' AND first <= ? ORDER BY first DESC LIMIT 1",
        first,
      )
      if (sealed && sealed.last >= first) {
        from = sealed.last + 1
        continue
      }
      const end = sql.get<{ first: number | null }>(
        "SELECT MIN(first) AS first FROM batch WHERE lane = 'reading' AND first > ?",
        first,
      )
      const last = Math.min(until, (end?.first ?? Number.POSITIVE_INFINITY) - 1)
      const rows = this.#rows(first, last, rowsMax)
      if (rows.length >= rowsMin || (rows.length > 0 && end?.first)) return { pass, rows }
      if (!end?.first) return null
      from = end.first
    }
    return null
  }

  /** A row of a series that is none is damaged: it stays for whoever seals it. */
  #rows(first: number, last: number, rowsMax: number): Block['rows'] {
    return this.#options.sql.all(
      `SELECT r.seq, r.series, r.at, r.value, r."commit" FROM reading r JOIN series s ON s.id = r.series
       WHERE r.seq BETWEEN ? AND ? ORDER BY r.seq LIMIT ?`,
      first,
      Math.min(last, Number.MAX_SAFE_INTEGER),
      rowsMax,
    )
  }

  /** The rows go, and the record that they went, in one transaction. */
  #giveUp({ pass, rows }: Block, now: number): boolean {
    const { transaction, remove, sql } = this.#options
    const [first, last] = [rows[0], rows.at(-1)]
    if (!first || !last) return false
    const thinned = pass === 3 ? null : this.#thinnings[pass].take(rows, (series) => this.#facts.steps(series, pass))
    const dropped = thinned?.dropped ?? rows
    transaction(() => {
      if (dropped.length > 0) {
        remove(dropped.map(({ seq }) => seq))
        sql.run(
          `DELETE FROM "commit" WHERE id > ? AND id < ? AND id NOT IN (SELECT "commit" FROM reading WHERE seq BETWEEN ? AND ?)`,
          first.commit,
          last.commit,
          first.seq,
          last.seq,
        )
        const lost = dropped.map(({ seq, series, at }) => ({ seq, at, device: this.#facts.device(series) }))
        this.#book.record(lost, pass === 3 ? 'dropped' : 'thinned', now)
      }
      if (pass !== 3) this.#storeReached(pass, last.seq)
    })
    thinned?.keep()
    this.#options.counting.thinned += dropped.length
    return dropped.length > 0
  }

  #storeReached(pass: 1 | 2, seq: number): void {
    this.#reached = { ...this.#reached, [pass]: seq }
    const value = JSON.stringify([this.#options.epoch(), this.#reached[1], this.#reached[2]])
    this.#options.sql.run("INSERT INTO meta VALUES ('thinned', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", value)
  }

  #bytes(): number {
    const { db } = this.#options
    const pages = (name: string) => Number(db.pragma(name, { simple: true }))
    return (pages('page_count') - pages('freelist_count')) * this.#pageBytes
  }
}
