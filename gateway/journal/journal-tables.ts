import type Database from 'better-sqlite3'
import type { Ack, JournalDamaged, JournalRenewed, LossRecord, Ranges, SiteEvent } from '#wire'
import { BATCH_BYTES_MAX, BATCH_ROWS_MAX, type Commit, encodeBatch, LANES, type Lane, rangesOf } from '#wire/batch'
import { HeldEntries, type KnownTime } from './held-entries.ts'
import { JournalError } from './journal-error.ts'
import { LaneCounts, type LaneStates } from './lane-counts.ts'
import { OUTBOX_LIMITS, OutboxBound } from './outbox-bound.ts'
import { insertCommit, insertEvent, insertReading, selectEvents, selectReadings, toCell } from './outbox-rows.ts'
import { renumberNotices, renumberReadings, waitingRanges } from './renumber.ts'
import { RowNames } from './row-names.ts'
import { factSum } from './row-sums.ts'
import { SeriesMemory, type VersionedReading } from './series-memory.ts'
import { selectStates, storeState } from './state-rows.ts'
import { Statements } from './statements.ts'
import { wholeReading } from './whole-reading.ts'

/** What one commit takes in. */
export interface Entry {
  readonly readings: readonly VersionedReading[]
  readonly events: readonly SiteEvent[]
  /** What a part of the site wants to find again after a restart, as it is after these rows: the newest body of each key. */
  readonly states: readonly (readonly [key: string, body: string])[]
  readonly commit: Commit
  /** Its times are not known: it waits for them, all but its alarms, or goes out flagged. */
  readonly doubt?: 'hold' | 'flag'
}

/** A batch as it goes out; sealed once, so that sending it again sends the same bytes. */
export interface SealedBatch {
  readonly lane: Lane
  readonly first: number
  readonly last: number
  readonly rows: number
  readonly bytes: Uint8Array
}

/** What the journal itself met since it was opened. */
export interface JournalCounters {
  /** Rows that said again what was journalled already. */
  readonly duplicates: number
  /** Rows and states whose checksum did not hold; each row is declared lost. */
  readonly damaged: number
  /** Times that the disk failed to read or write. */
  readonly diskErrors: number
  /** Times that the numbers began anew. */
  readonly renewals: number
  /** Rows that wait for their time to become known, with no seq yet. */
  readonly held: number
  /** Readings that were given up because the outbox was full; each is declared lost. */
  readonly thinned: number
}

/** Counts on while connections come and go. */
export type Counting = { -readonly [K in keyof JournalCounters]: JournalCounters[K] }

/** Rows that one transaction frees: the writer never stands still for long. */
const DELETE_ROWS_MAX = 5000
/** Full batches of a backlog that are sealed in one transaction. */
const SEALS_MAX = 4

/** The tables of an open journal. Each call is one transaction; seqs are given in the transaction that stores the row, gap-free in a lane. */
export class JournalTables {
  readonly sql: Statements
  readonly counts: LaneCounts
  readonly bound: OutboxBound
  readonly held: HeldEntries
  readonly #db: Database.Database
  readonly #gateway: string
  readonly #counting: Counting
  readonly #memory: SeriesMemory
  /** Batches of readings that were sealed with the one before and wait to be asked for, by their first seq. */
  readonly #ahead = new Map<number, SealedBatch>()
  #names: RowNames
  #epoch: string

  constructor(db: Database.Database, gateway: string, counting: Counting, limits = OUTBOX_LIMITS) {
    this.#db = db
    this.#gateway = gateway
    this.#counting = counting
    this.sql = new Statements(db)
    this.#memory = new SeriesMemory(this.sql)
    this.#names = new RowNames(this.sql)
    this.counts = new LaneCounts(this.sql)
    this.held = new HeldEntries(this.sql)
    this.#epoch = this.#meta('epoch') ?? ''
    this.bound = new OutboxBound({
      db,
      sql: this.sql,
      limits,
      counting,
      epoch: () => this.epoch,
      transaction: (work) => this.transaction(work),
      remove: (seqs) => {
        for (const seq of seqs)
          this.counts.free('reading', seq, seq, this.sql.run('DELETE FROM reading WHERE seq = ?', seq).changes)
        this.#memory.store()
      },
      issue: () => {
        const seq = this.counts.give('event')
        this.counts.store()
        return seq
      },
    })
  }

  /** For what is no row: pages and their room. */
  get database(): Database.Database {
    return this.#db
  }

  get epoch(): string {
    return this.#epoch
  }

  /** The epoch that this one followed in the same file. */
  get previous(): string | null {
    return this.#meta('previous')
  }

  /** Journal time of the newest commit whose time was known, epoch ms. */
  get newestAt(): number {
    const newest = 'SELECT MAX(journalled) AS at FROM "commit" WHERE id NOT IN (SELECT "commit" FROM doubtful)'
    return this.sql.get<{ at: number | null }>(newest)?.at ?? 0
  }

  /** The number of the newest commit. */
  get newestCommit(): number {
    return this.sql.get<{ id: number | null }>('SELECT MAX(id) AS id FROM "commit"')?.id ?? 0
  }

  hasCommitAfter(id: number, { boot, mono, journalled }: Commit): boolean {
    const find = 'SELECT id FROM "commit" WHERE id > ? AND boot = ? AND mono = ? AND journalled = ?'
    return this.sql.get(find, id, boot, mono, journalled) !== undefined
  }

  /**
   * A journal's seqs are its gateway's: under another name they would start in the middle, and what is before would count as missing.
   * @throws JournalError `foreign`
   */
  requireOwner(file: string): void {
    this.sql.run("INSERT OR IGNORE INTO meta VALUES ('gateway', ?)", this.#gateway)
    const owner = this.#meta('gateway')
    if (owner !== this.#gateway)
      throw new JournalError(
        'foreign',
        `expected the journal of gateway ${this.#gateway} at ${file}, got that of ${owner}: give each its own data folder`,
      )
  }

  close(): void {
    this.#db.close()
  }

  append({ readings: said, events, states, commit, doubt }: Entry): void {
    const readings = said.map((reading) => wholeReading(reading, commit.journalled))
    this.transaction(() => {
      const isHeld = ({ kind }: SiteEvent) => doubt === 'hold' && kind !== 'alarm'
      if (doubt === 'hold') this.held.put(commit, readings, events.filter(isHeld))
      else {
        const id = insertCommit(this.sql, commit)
        if (doubt) this.sql.run('INSERT INTO doubtful VALUES (?)', id)
        for (const reading of readings) this.#appendReading(reading, id, commit.journalled, doubt !== undefined)
      }
      for (const event of events) if (!isHeld(event)) this.appendEvent(event)
      for (const [key, body] of states) storeState(this.sql, key, body, commit.journalled)
      this.counts.store()
    })
  }

  /** Lets out what waited after an entry for its time, some rows of it. @returns where to go on, or null, and what was let out */
  release(after: number, time: KnownTime): { readonly next: number | null; readonly entries: readonly Entry[] } {
    return this.transaction(() => {
      const { entries, damaged, next } = this.held.take(after, time)
      for (const entry of entries) this.append(entry)
      if (damaged.entries > 0) {
        this.#counting.damaged += damaged.rows
        const what = `the checksum of ${damaged.entries} entries of ${damaged.rows} rows that waited for their time does not hold; they are lost`
        this.tellDamaged({ what }, this.newestAt)
      }
      return { next, entries }
    })
  }

  /**
   * The first batch of the lane with waiting rows behind `after`, up to `until`: one sealed before, or the rows sealed now, at most `rowsMax` in
   * at most `bytesMax`, and none that another batch holds, so that batches sealed from two places never overlap. Null where nothing waits there.
   */
  next(
    lane: Lane,
    after: number,
    until = Number.MAX_SAFE_INTEGER,
    rowsMax = BATCH_ROWS_MAX,
    bytesMax = BATCH_BYTES_MAX,
  ): SealedBatch | null {
    const [rows, bytes] = [Math.min(rowsMax, BATCH_ROWS_MAX), Math.min(bytesMax, BATCH_BYTES_MAX)]
    const ready = lane === 'reading' && this.#ahead.size > 0 ? this.#takeAhead(after + 1, until) : null
    if (ready) return ready
    return this.transaction(() => {
      for (;;) {
        const first = this.#firstWaiting(lane, after + 1)
        if (first === null || first > until) return null
        const sealed = this.#sealedWith(lane, first)
        const batch = sealed ?? this.#sealNew(lane, first, until, rows, bytes)
        if (batch && !sealed) this.#sealAhead(batch, until, rows, bytes)
        // Null where every row was damaged: it was set aside, and the next ones are looked at.
        if (batch) return batch
      }
    })
  }

  /**
   * Seals a batch anew, in pieces of at most `bytesMax`: one that never arrives as it is. What of it is there already will be found there.
   * @param seq of a row of the batch
   */
  reseal(lane: Lane, seq: number, bytesMax: number): void {
    this.transaction(() => {
      const known = this.#markWith(lane, seq)
      if (known === null) return
      this.sql.run('DELETE FROM batch WHERE lane = ? AND first = ?', lane, known.first)
      this.#ahead.clear()
      for (let from = known.first; from <= known.last; ) {
        const piece = this.#sealNew(lane, from, known.last, BATCH_ROWS_MAX, bytesMax)
        if (piece === null) return
        from = piece.last + 1
      }
    })
  }

  /** Frees exactly the rows that the cloud has or refuses; refused ones are set aside with the reason. An older epoch's ack frees nothing. */
  settle({ epoch, lane, ranges, refused }: Pick<Ack, 'epoch' | 'lane' | 'ranges' | 'refused'>): void {
    if (epoch !== this.epoch) return
    for (const [first, last, why] of refused) this.transaction(() => this.#setAside(lane, first, last, why))
    this.#free(lane, ranges)
  }

  lanes(): LaneStates {
    return this.counts.states()
  }

  /** The states kept under keys that begin so; a damaged one is told and gone. */
  states(prefix: string): [key: string, body: string][] {
    const { whole, damaged } = selectStates(this.sql, prefix)
    if (damaged.length > 0)
      this.transaction(() => {
        for (const key of damaged) this.sql.run('DELETE FROM state WHERE key = ?', key)
        this.#counting.damaged += damaged.length
        const what = `the checksum of ${damaged.length} states under "${prefix}" does not hold; they begin anew`
        this.tellDamaged({ what }, this.newestAt)
      })
    return whole
  }

  /** Begins a new epoch: rows that wait get new numbers in their order, behind the event that says so. */
  renew(epoch: string, renewed: JournalRenewed, at: number): void {
    this.transaction(() => {
      const carried = Object.fromEntries(LANES.map((lane) => [lane, waitingRanges(this.sql, lane, this.counts.issued(lane))]))
      this.setMeta('previous', this.#epoch)
      this.setMeta('epoch', epoch)
      this.#epoch = epoch
      this.sql.run('DELETE FROM batch')
      this.#ahead.clear()
      this.counts.renumber('alarm', renumberNotices(this.sql, 'alarm', 0))
      const waiting = renumberNotices(this.sql, 'event', 1)
      this.counts.renumber('event', 0)
      this.tellRenewed({ ...renewed, carried }, at)
      this.counts.renumber('event', waiting + 1)
      this.counts.renumber('reading', renumberReadings(this.sql))
      this.counts.store()
    })
    this.bound.load()
    this.#counting.renewals += 1
  }

  /** @param seq kept free for it, where it is told after what it speaks of */
  tellRenewed(renewed: JournalRenewed, at: number, seq?: number): void {
    const id = `journal.renewed-${this.epoch}-${renewed.previous}`
    this.appendEvent({ id, kind: 'journal.renewed', at, body: { ...renewed } }, seq)
    this.counts.store()
  }

  tellDamaged(damage: JournalDamaged, at: number): void {
    const id = `journal.damaged-${this.epoch}-${this.counts.issued('event') + 1}`
    this.appendEvent({ id, kind: 'journal.damaged', at, body: { ...damage } })
    this.counts.store()
  }

  /** The same fact told twice is one fact. @returns whether it is a new one */
  appendEvent(event: SiteEvent, seq?: number): boolean {
    const body = JSON.stringify(event.body)
    const fact = [event.id, event.kind, event.device ?? null, event.at, body, factSum(body)] as const
    if (this.sql.run('INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING', ...fact).changes === 0)
      return false
    const lane = event.kind === 'alarm' ? 'alarm' : 'event'
    insertEvent(this.sql, lane, seq ?? this.counts.give(lane), event)
    return true
  }

  /** Takes rows out of the outbox, a bounded number in one transaction. */
  #free(lane: Lane, ranges: Ranges): void {
    let room = 0
    let pieces: [first: number, from: number, to: number][] = []
    const perform = () => {
      const work = pieces
      pieces = []
      if (work.length > 0) this.transaction(() => this.#delete(lane, work))
    }
    for (const [first, end] of ranges) {
      const last = Math.min(end, this.counts.issued(lane))
      for (let from = first; from <= last; ) {
        if (room === 0) {
          perform()
          room = DELETE_ROWS_MAX
        }
        const to = Math.min(last, from + room - 1)
        pieces.push([first, from, to])
        room -= to - from + 1
        from = to + 1
      }
    }
    perform()
  }

  #delete(lane: Lane, pieces: readonly (readonly [first: number, from: number, to: number])[]): void {
    for (const [first, from, to] of pieces) {
      const { changes } =
        lane === 'reading'
          ? this.sql.run('DELETE FROM reading WHERE seq BETWEEN ? AND ?', from, to)
          : this.sql.run('DELETE FROM notice WHERE seq BETWEEN ? AND ? AND lane = ?', from, to, lane)
      this.counts.free(lane, from, to, changes)
      this.sql.run('DELETE FROM batch WHERE lane = ? AND first >= ? AND last <= ?', lane, first, to)
      this.#forgetEmpty(lane, to)
      if (lane === 'reading') this.#dropAhead(from, to)
    }
    if (lane === 'reading') this.#memory.store()
    // The lowest of several: one damaged number must not take the commits of whole rows with it.
    this.sql.run(
      `DELETE FROM "commit" WHERE id < COALESCE((SELECT MIN("commit") FROM (SELECT "commit" FROM reading ORDER BY seq LIMIT 100)),
         (SELECT MAX(id) FROM "commit"))`,
    )
  }

  /** Of a batch whose rows went piece by piece, as where the cloud refuses one of them, nothing says that it went. */
  #forgetEmpty(lane: Lane, seq: number): void {
    const mark = this.#markWith(lane, seq)
    if (mark === null) return
    const waiting = this.#firstWaiting(lane, mark.first)
    if (waiting === null || waiting > mark.last) this.sql.run('DELETE FROM batch WHERE lane = ? AND first = ?', lane, mark.first)
  }

  /** Memory follows the file also where a transaction failed. */
  transaction<T>(work: () => T): T {
    if (this.#db.inTransaction) return work()
    try {
      return this.sql.transaction(work)
    } catch (error) {
      // The numbers first: what follows may fail, too, where its sorting finds no room, and a number given out to nobody is a gap.
      this.#names = new RowNames(this.sql)
      this.#ahead.clear()
      this.counts.load()
      this.held.load()
      this.#epoch = this.#meta('epoch') ?? ''
      this.#memory.load()
      this.bound.load()
      throw error
    }
  }

  setMeta(key: string, value: string): void {
    this.sql.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', key, value)
  }

  #meta(key: string): string | null {
    return this.sql.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key)?.value ?? null
  }

  #appendReading(reading: VersionedReading, commit: number, journalled: number, isDoubtful: boolean): void {
    const cell = toCell(reading.value)
    const place = isDoubtful ? this.#memory.placeAside(reading, cell, journalled) : this.#memory.place(reading, cell, journalled)
    if (place === null) {
      this.#counting.duplicates += 1
      return
    }
    const { series, n } = place
    const stored: VersionedReading = isDoubtful
      ? { ...reading, quality: reading.quality === 'bad' ? 'bad' : 'suspect', reason: 'clock' }
      : n === 0
        ? reading
        : { ...reading, quality: 'suspect', reason: 'conflict' }
    insertReading(this.sql, this.counts.give('reading'), series, n, commit, stored)
  }

  /** The batch that was sealed with this row; null where there is none. */
  #sealedWith(lane: Lane, seq: number): SealedBatch | null {
    const known = this.#markWith(lane, seq)
    return known && this.#seal(lane, known.first, known.last, BATCH_ROWS_MAX, BATCH_BYTES_MAX)
  }

  #markWith(lane: Lane, seq: number): { readonly first: number; readonly last: number } | null {
    const find = 'SELECT first, last FROM batch WHERE lane = ? AND first <= ? ORDER BY first DESC LIMIT 1'
    const known = this.sql.get<{ first: number; last: number }>(find, lane, seq)
    return known && known.last >= seq ? known : null
  }

  #sealNew(lane: Lane, first: number, until: number, rowsMax: number, bytesMax: number): SealedBatch | null {
    const find = 'SELECT MIN(first) AS first FROM batch WHERE lane = ? AND first > ?'
    const sealed = this.sql.get<{ first: number | null }>(find, lane, first)?.first
    const batch = this.#seal(lane, first, Math.min(until, (sealed ?? Number.POSITIVE_INFINITY) - 1), rowsMax, bytesMax)
    if (batch) this.sql.run('INSERT OR REPLACE INTO batch VALUES (?, ?, ?)', lane, batch.first, batch.last)
    if (batch && lane === 'reading') this.bound.forget()
    return batch
  }

  /** More full batches behind a full one: whoever asks on finds them sealed, and the disk is synced once for all. */
  #sealAhead(batch: SealedBatch, until: number, rowsMax: number, bytesMax: number): void {
    this.#ahead.clear()
    let { last, rows } = batch
    while (batch.lane === 'reading' && rows === BATCH_ROWS_MAX && this.#ahead.size < SEALS_MAX - 1) {
      const first = this.#firstWaiting('reading', last + 1)
      const isFull = first !== null && Math.min(until, this.counts.issued('reading')) - first + 1 >= BATCH_ROWS_MAX
      if (!isFull || this.#markWith('reading', first)) return
      const more = this.#sealNew('reading', first, until, rowsMax, bytesMax)
      if (more === null) return
      this.#ahead.set(more.first, more)
      last = more.last
      rows = more.rows
    }
  }

  #takeAhead(from: number, until: number): SealedBatch | null {
    const first = this.#firstWaiting('reading', from)
    if (first === null || first > until) return null
    const batch = this.#ahead.get(first) ?? null
    this.#ahead.delete(first)
    return batch
  }

  /** Rows went: a batch that was sealed with them is not what it was. */
  #dropAhead(first: number, last: number): void {
    for (const batch of this.#ahead.values()) if (batch.first <= last && batch.last >= first) this.#ahead.delete(batch.first)
  }

  #firstWaiting(lane: Lane, from: number): number | null {
    const row =
      lane === 'reading'
        ? this.sql.get<{ seq: number | null }>('SELECT MIN(seq) AS seq FROM reading WHERE seq >= ?', from)
        : this.sql.get<{ seq: number | null }>('SELECT MIN(seq) AS seq FROM notice WHERE lane = ? AND seq >= ?', lane, from)
    return row?.seq ?? null
  }

  /** Encodes the rows from `first` to `last`, fewer where they do not fit into so many bytes. */
  #seal(lane: Lane, first: number, last: number, rowsMax: number, bytesMax: number): SealedBatch | null {
    const readings = lane === 'reading' ? selectReadings({ sql: this.sql, names: this.#names }, first, last, rowsMax) : null
    const events = lane === 'reading' ? null : selectEvents(this.sql, lane, first, last, rowsMax)
    this.#lose(lane, (readings ?? events)?.damaged ?? [], 'checksum')
    const rows = readings?.rows ?? events?.rows ?? []
    const [start, end] = [rows[0]?.seq, rows.at(-1)?.seq]
    if (start === undefined || end === undefined) return null
    const head = { gateway: this.#gateway, epoch: this.epoch, first: start, last: end }
    const bytes = encodeBatch(
      lane === 'reading' ? { ...head, lane, rows: readings?.rows ?? [] } : { ...head, lane, rows: events?.rows ?? [] },
    )
    if (bytes.length > bytesMax && rows.length > 1) return this.#seal(lane, first, last, rows.length >> 1, bytesMax)
    if (bytes.length > BATCH_BYTES_MAX) {
      // It would go for ever, and nothing behind it.
      this.#lose(lane, [start], 'too-large')
      return null
    }
    return { lane, first: start, last: end, rows: rows.length, bytes }
  }

  /** A row that cannot be sent is set aside and never deleted; that it will not come is a record of its own. */
  #lose(lane: Lane, seqs: readonly number[], why: 'checksum' | 'too-large'): void {
    const [first] = seqs
    if (first === undefined) return
    if (why === 'checksum') this.#counting.damaged += seqs.length
    for (const seq of seqs) this.#setAside(lane, seq, seq, why)
    const loss: LossRecord = { epoch: this.epoch, lane, seqs: rangesOf(seqs), count: seqs.length, why }
    this.appendEvent({ id: `loss-${this.epoch}-${lane}-${first}`, kind: 'loss', at: this.newestAt, body: { ...loss } })
    this.counts.store()
  }

  #setAside(lane: Lane, first: number, last: number, why: string): void {
    const into = 'INSERT OR IGNORE INTO aside (epoch, lane, seq, why, body, journalled)'
    // Also of a row whose damage has made a number into bytes.
    const body = "concat_ws(',', quote(series), quote(at), quote(n), quote(value), quote(quality), quote(reason))"
    const from =
      lane === 'reading'
        ? `SELECT ?, ?, seq, ?, ${body}, ? FROM reading WHERE seq BETWEEN ? AND ?`
        : 'SELECT ?, lane, seq, ?, body, ? FROM notice WHERE lane = ? AND seq BETWEEN ? AND ?'
    const values = lane === 'reading' ? [lane, why, this.newestAt] : [why, this.newestAt, lane]
    this.sql.run(`${into} ${from}`, this.epoch, ...values, first, last)
    // A flipped bit may have made its number higher than any that was given out.
    if (first === last) this.transaction(() => this.#delete(lane, [[first, first, first]]))
    else this.#free(lane, [[first, last]])
  }
}
