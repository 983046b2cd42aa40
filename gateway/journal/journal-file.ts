import type Database from 'better-sqlite3'
import type { Ack, JournalDamaged, LossRecord, SiteEvent } from '#wire'
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, type Commit, encodeBatch, LANES, type Lane, rangesOf } from '#wire/batch'
import { type Disk, realDisk } from './disk.ts'
import { openJournalDatabase } from './journal-database.ts'
import { JournalError } from './journal-error.ts'
import { insertCommit, insertEvent, insertReading, selectEvents, selectReadings, toCell } from './outbox-rows.ts'
import { factSum, laneSum } from './row-sums.ts'
import { SeriesMemory, type VersionedReading } from './series-memory.ts'
import { selectStates, storeState } from './state-rows.ts'
import { Statements } from './statements.ts'

/** What one commit takes in. */
export interface Entry {
  readonly readings: readonly VersionedReading[]
  readonly events: readonly SiteEvent[]
  /** What a part of the site wants to find again after a restart, as it is after these rows: the newest body of each key. */
  readonly states: readonly (readonly [key: string, body: string])[]
  readonly commit: Commit
}

/** A batch as it goes out; sealed once, so that sending it again sends the same bytes. */
export interface SealedBatch {
  readonly lane: Lane
  readonly first: number
  readonly last: number
  readonly rows: number
  readonly bytes: Uint8Array
}

/** Of each lane: the highest seq given out, the lowest not yet acknowledged (0: none), and how many rows wait. */
export type LaneStates = Readonly<Record<Lane, { readonly issued: number; readonly oldest: number; readonly waiting: number }>>

/** What the journal itself met since it was opened. */
export interface JournalCounters {
  /** Rows that said again what was journalled already. */
  readonly duplicates: number
  /** Rows whose checksum did not hold; each is declared lost. */
  readonly damaged: number
}

export interface JournalFileOptions {
  readonly file: string
  readonly gateway: string
  /** Site time of the opening, epoch ms; default the time of the newest commit. */
  readonly now?: number
  /** Default the machine's own. */
  readonly disk?: Disk
}

/** Rows in one delete: the writer never stands still for long. */
const DELETE_ROWS_MAX = 5000

/**
 * The journal itself, synchronous: runs in the worker, or directly in a test. Each call is one transaction; seqs are given in the
 * transaction that stores the row, gap-free in a lane.
 */
export class JournalFile implements Disposable {
  readonly epoch: string
  readonly #gateway: string
  readonly #lock: Disposable
  readonly #db: Database.Database
  readonly #sql: Statements
  readonly #memory: SeriesMemory
  readonly #issued: Record<Lane, number> = { alarm: 0, event: 0, reading: 0 }
  readonly #waiting: Record<Lane, number> = { alarm: 0, event: 0, reading: 0 }
  #counters: JournalCounters = { duplicates: 0, damaged: 0 }

  /** @throws JournalError, see `openJournalDatabase` and `Disk.lock`. */
  constructor({ file, gateway, disk = realDisk }: JournalFileOptions) {
    this.#gateway = gateway
    using opening = new DisposableStack()
    this.#lock = opening.use(disk.lock(file))
    this.#db = opening.adopt(openJournalDatabase(file, disk), (db) => db.close())
    this.#sql = new Statements(this.#db)
    this.#memory = new SeriesMemory(this.#sql)
    this.epoch = this.#sql.get<{ value: string }>("SELECT value FROM meta WHERE key = 'epoch'")?.value ?? ''
    this.#requireOwner(file)
    this.#loadLanes()
    opening.move()
  }

  get counters(): JournalCounters {
    return this.#counters
  }

  /** Takes in readings and events: when it returns they are on disk. */
  append({ readings, events, states, commit }: Entry): void {
    this.#transaction(() => {
      const id = insertCommit(this.#sql, commit)
      for (const reading of readings) this.#appendReading(reading, id, commit.journalled)
      for (const event of events) this.#appendEvent(event)
      for (const [key, body] of states) storeState(this.#sql, key, body, commit.journalled)
      this.#storeIssued()
    })
  }

  /** The first batch of the lane whose rows lie after `after`: one sealed before, or the waiting rows sealed now; null where nothing waits. */
  next(lane: Lane, after: number): SealedBatch | null {
    return this.#transaction(() => {
      for (let from = after; ; ) {
        const known = this.#sql.get<{ first: number; last: number }>(
          'SELECT first, last FROM batch WHERE lane = ? AND first > ? ORDER BY first LIMIT 1',
          lane,
          from,
        )
        const batch = known ? this.#seal(lane, known.first, known.last, BATCH_ROWS_MAX) : this.#sealNew(lane, from)
        if (batch || !known) return batch
        // Every row of it was set aside meanwhile.
        this.#sql.run('DELETE FROM batch WHERE lane = ? AND first = ?', lane, known.first)
        from = known.last
      }
    })
  }

  /** Frees exactly the rows that the cloud has or refuses; refused ones are set aside with the reason. An older epoch's ack frees nothing. */
  settle({ epoch, lane, ranges, refused }: Pick<Ack, 'epoch' | 'lane' | 'ranges' | 'refused'>): void {
    if (epoch !== this.epoch) return
    for (const [first, last, why] of refused) this.#transaction(() => this.#setAside(lane, first, last, why))
    for (const [first, last] of ranges) this.#free(lane, first, Math.min(last, this.#issued[lane]))
  }

  lanes(): LaneStates {
    const state = (lane: Lane) => ({ issued: this.#issued[lane], oldest: this.#oldest(lane), waiting: this.#waiting[lane] })
    return { alarm: state('alarm'), event: state('event'), reading: state('reading') }
  }

  /** The states kept under keys that begin so. */
  states(prefix: string): [key: string, body: string][] {
    const { whole, damaged } = selectStates(this.#sql, prefix)
    if (damaged.length > 0)
      this.#transaction(() => {
        for (const key of damaged) this.#sql.run('DELETE FROM state WHERE key = ?', key)
        this.#counters = { ...this.#counters, damaged: this.#counters.damaged + damaged.length }
        this.#tellDamaged(`the checksum of ${damaged.length} states under "${prefix}" does not hold; they begin anew`)
      })
    return whole
  }

  [Symbol.dispose](): void {
    this.#db.close()
    this.#lock[Symbol.dispose]()
  }

  /** A journal's seqs are its gateway's: under another name they would start in the middle, and what is before would count as missing. */
  #requireOwner(file: string): void {
    this.#sql.run("INSERT OR IGNORE INTO meta VALUES ('gateway', ?)", this.#gateway)
    const owner = this.#sql.get<{ value: string }>("SELECT value FROM meta WHERE key = 'gateway'")?.value
    if (owner !== this.#gateway)
      throw new JournalError(
        'foreign',
        `expected the journal of gateway ${this.#gateway} at ${file}, got that of ${owner}: give each its own data folder`,
      )
  }

  #appendReading(reading: VersionedReading, commit: number, journalled: number): void {
    const place = this.#memory.place(reading, toCell(reading.value), journalled)
    if (place === null) {
      this.#counters = { ...this.#counters, duplicates: this.#counters.duplicates + 1 }
      return
    }
    const { series, n } = place
    this.#waiting.reading += 1
    insertReading(
      this.#sql,
      ++this.#issued.reading,
      series,
      n,
      commit,
      n === 0 ? reading : { ...reading, quality: 'suspect', reason: 'conflict' },
    )
  }

  /** The same fact told twice is one fact. */
  #appendEvent(event: SiteEvent): void {
    const body = JSON.stringify(event.body)
    const fact = [event.id, event.kind, event.device ?? null, event.at, body, factSum(body)] as const
    if (this.#sql.run('INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING', ...fact).changes === 0) return
    const lane = event.kind === 'alarm' ? 'alarm' : 'event'
    this.#waiting[lane] += 1
    insertEvent(this.#sql, lane, ++this.#issued[lane], event)
  }

  #sealNew(lane: Lane, after: number): SealedBatch | null {
    const sealed = this.#sql.get<{ last: number | null }>('SELECT MAX(last) AS last FROM batch WHERE lane = ?', lane)?.last ?? 0
    const batch = this.#seal(lane, Math.max(after, sealed) + 1, Number.MAX_SAFE_INTEGER, BATCH_ROWS_MAX)
    if (batch) this.#sql.run('INSERT INTO batch VALUES (?, ?, ?)', lane, batch.first, batch.last)
    return batch
  }

  /** Encodes the rows from `first` to `last`, fewer where they do not fit into one message. */
  #seal(lane: Lane, first: number, last: number, rowsMax: number): SealedBatch | null {
    const readings = lane === 'reading' ? selectReadings(this.#sql, first, last, rowsMax) : null
    const events = lane === 'reading' ? null : selectEvents(this.#sql, lane, first, last, rowsMax)
    this.#loseDamaged(lane, (readings ?? events)?.damaged ?? [])
    const rows = readings?.rows ?? events?.rows ?? []
    const [start, end] = [rows[0]?.seq, rows.at(-1)?.seq]
    if (start === undefined || end === undefined) return null
    const head = { gateway: this.#gateway, epoch: this.epoch, first: start, last: end }
    const bytes = encodeBatch(
      lane === 'reading' ? { ...head, lane, rows: readings?.rows ?? [] } : { ...head, lane, rows: events?.rows ?? [] },
    )
    if (bytes.length > BATCH_BYTES_MAX && rows.length > 1) return this.#seal(lane, first, last, rows.length >> 1)
    return { lane, first: start, last: end, rows: rows.length, bytes }
  }

  /** A damaged row is set aside, never sent and never deleted; that it will not come is a record of its own. */
  #loseDamaged(lane: Lane, seqs: readonly number[]): void {
    const [first] = seqs
    if (first === undefined) return
    this.#counters = { ...this.#counters, damaged: this.#counters.damaged + seqs.length }
    for (const seq of seqs) this.#setAside(lane, seq, seq, 'checksum')
    const loss: LossRecord = { epoch: this.epoch, lane, seqs: rangesOf(seqs), count: seqs.length, why: 'checksum' }
    this.#appendEvent({ id: `loss-${this.epoch}-${lane}-${first}`, kind: 'loss', at: this.#newestAt(), body: { ...loss } })
    this.#storeIssued()
  }

  #tellDamaged(what: string): void {
    const body: JournalDamaged = { what }
    const id = `journal.damaged-${this.epoch}-${this.#issued.event + 1}`
    this.#appendEvent({ id, kind: 'journal.damaged', at: this.#newestAt(), body: { ...body } })
    this.#storeIssued()
  }

  /** Journal time of the newest commit. */
  #newestAt(): number {
    return this.#sql.get<{ at: number | null }>('SELECT MAX(journalled) AS at FROM "commit"')?.at ?? 0
  }

  #setAside(lane: Lane, first: number, last: number, why: string): void {
    if (lane === 'reading') {
      // Also of a row whose damage has made a number into bytes.
      const body = "concat_ws(',', quote(series), quote(at), quote(n), quote(value), quote(quality), quote(reason))"
      this.#sql.run(
        `INSERT OR IGNORE INTO aside (epoch, lane, seq, why, body, journalled)
         SELECT ?, 'reading', seq, ?, ${body}, ? FROM reading WHERE seq BETWEEN ? AND ?`,
        this.epoch,
        why,
        this.#newestAt(),
        first,
        last,
      )
    } else
      this.#sql.run(
        `INSERT OR IGNORE INTO aside (epoch, lane, seq, why, body, journalled)
         SELECT ?, lane, seq, ?, body, ? FROM notice WHERE seq BETWEEN ? AND ? AND lane = ?`,
        this.epoch,
        why,
        this.#newestAt(),
        first,
        last,
        lane,
      )
    this.#free(lane, first, Math.min(last, this.#issued[lane]))
  }

  #free(lane: Lane, first: number, last: number): void {
    for (let from = first; from <= last; from += DELETE_ROWS_MAX) {
      const to = Math.min(last, from + DELETE_ROWS_MAX - 1)
      this.#transaction(() => {
        const { changes } =
          lane === 'reading'
            ? this.#sql.run('DELETE FROM reading WHERE seq BETWEEN ? AND ?', from, to)
            : this.#sql.run('DELETE FROM notice WHERE seq BETWEEN ? AND ? AND lane = ?', from, to, lane)
        this.#waiting[lane] -= changes
        if (lane === 'reading') this.#memory.store()
        this.#sql.run('DELETE FROM batch WHERE lane = ? AND first >= ? AND last <= ?', lane, first, to)
        // The lowest of several: one damaged number must not take the commits of whole rows with it.
        if (lane === 'reading')
          this.#sql.run(
            'DELETE FROM "commit" WHERE id < (SELECT MIN("commit") FROM (SELECT "commit" FROM reading ORDER BY seq LIMIT 100))',
          )
      })
    }
  }

  #oldest(lane: Lane): number {
    const row =
      lane === 'reading'
        ? this.#sql.get<{ seq: number | null }>('SELECT MIN(seq) AS seq FROM reading')
        : this.#sql.get<{ seq: number | null }>('SELECT MIN(seq) AS seq FROM notice WHERE lane = ?', lane)
    return row?.seq ?? 0
  }

  #storeIssued(): void {
    for (const lane of LANES)
      this.#sql.run(
        'UPDATE lane SET issued = ?, sum = ? WHERE lane = ? AND issued < ?',
        this.#issued[lane],
        laneSum(lane, this.#issued[lane]),
        lane,
        this.#issued[lane],
      )
  }

  #loadLanes(): void {
    for (const { lane, issued } of this.#sql.all<{ lane: Lane; issued: number }>('SELECT lane, issued FROM lane')) {
      this.#issued[lane] = issued
      const count =
        lane === 'reading'
          ? this.#sql.get<{ rows: number }>('SELECT COUNT(*) AS rows FROM reading')
          : this.#sql.get<{ rows: number }>('SELECT COUNT(*) AS rows FROM notice WHERE lane = ?', lane)
      this.#waiting[lane] = count?.rows ?? 0
    }
  }

  /** Memory follows the file also where a transaction failed. */
  #transaction<T>(work: () => T): T {
    if (this.#db.inTransaction) return work()
    try {
      return this.#sql.transaction(work)
    } catch (error) {
      this.#memory.load()
      this.#loadLanes()
      throw error
    }
  }
}
