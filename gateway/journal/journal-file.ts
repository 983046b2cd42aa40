import type { Ack, JournalDamaged } from '#wire'
import type { Commit, Lane } from '#wire/batch'
import { type Disk, realDisk } from './disk.ts'
import { DiskReserve } from './disk-reserve.ts'
import type { KnownTime } from './held-entries.ts'
import { openJournal } from './journal-opening.ts'
import type { Counting, Entry, JournalCounters, JournalTables, SealedBatch } from './journal-tables.ts'
import type { LaneStates } from './lane-counts.ts'
import { MarkFile } from './mark-file.ts'
import type { OutboxLimits, OutboxRoom } from './outbox-bound.ts'
import { SWEEP_MS, SWEEP_ON_MS, sweep } from './sweep.ts'

export interface JournalFileOptions {
  readonly file: string
  readonly gateway: string
  /** Site time of the opening, epoch ms; default the time of the newest commit. */
  readonly now?: number
  /** Default the machine's own. */
  readonly disk?: Disk
  /** How much may wait for the cloud; default `OUTBOX_LIMITS`. */
  readonly limits?: OutboxLimits
}

/** Blocks of readings that one commit may give up for its room on a full disk; then it is tried again later. */
const RELIEF_BLOCKS_MAX = 20

/**
 * The journal itself, synchronous: runs in the worker, or directly in a test or a simulation. Each call is one transaction. A connection that
 * the disk failed is never used again: what it still holds in memory may not be what is on disk.
 */
export class JournalFile implements Disposable {
  readonly #options: JournalFileOptions & { readonly disk: Disk }
  readonly #lock: Disposable
  readonly #mark: MarkFile
  readonly #reserve: DiskReserve
  readonly #counting: Counting = { duplicates: 0, damaged: 0, diskErrors: 0, renewals: 0, held: 0, thinned: 0 }
  /** Null after the disk failed it, until it is opened anew. */
  #tables: JournalTables | null = null
  /** What is damaged of the file, as far as it is known. */
  #damage: string | null = null
  /** To be told in the next commit. */
  #owed: { readonly id: string; readonly body: JournalDamaged }[] = []
  /** The last commit that was tried, and the numbers of what was there before it; null where it came to be. */
  #doubtful: { readonly commit: Commit; readonly after: number; readonly heldAfter: number } | null = null
  #isFailing = false
  #sweptAt = Number.NEGATIVE_INFINITY
  #now: number | undefined
  #epoch = ''
  #lanes: LaneStates
  #room: OutboxRoom

  /** @throws JournalError, see `openJournal` and `Disk.lock`. */
  constructor(options: JournalFileOptions) {
    const { file, disk = realDisk, now } = options
    this.#options = { ...options, disk }
    this.#now = now
    using opening = new DisposableStack()
    this.#lock = opening.use(disk.lock(file))
    this.#mark = new MarkFile(file, disk, () => {
      this.#counting.diskErrors += 1
    })
    this.#reserve = new DiskReserve(disk, file)
    const tables = this.#reserve.opening(() => this.#open())
    this.#reserve.hold(tables.database, 0)
    this.#lanes = tables.lanes()
    this.#room = tables.bound.room()
    opening.move()
  }

  /** The life of the numbers; another one after a damage or an order of the cloud. */
  get epoch(): string {
    return this.#tables?.epoch ?? this.#epoch
  }

  get counters(): JournalCounters {
    if (this.#tables) this.#counting.held = this.#tables.held.rows
    return { ...this.#counting }
  }

  /** Takes in readings and events: when it returns they are on disk. */
  append(entry: Entry): void {
    const { journalled, mono } = entry.commit
    if (!entry.doubt) this.#now = journalled
    const now = this.#now ?? journalled
    const tables = this.#perform((open) => {
      // The disk may have failed a commit after it came to be.
      const isAgain = this.#doubtful !== null && isSame(this.#doubtful.commit, entry.commit)
      if (!isAgain) this.#doubtful = { commit: entry.commit, after: open.newestCommit, heldAfter: open.held.newest }
      const isThere =
        isAgain &&
        (open.hasCommitAfter(this.#doubtful?.after ?? 0, entry.commit) ||
          open.held.hasAfter(this.#doubtful?.heldAfter ?? 0, entry.commit))
      this.#makeRoom(open, entry, now, () =>
        open.transaction(() => {
          for (const { id, body } of this.#owed) open.appendEvent({ id, kind: 'journal.damaged', at: now, body: { ...body } })
          if (!isThere) open.append(entry)
        }),
      )
      return open
    })
    this.#doubtful = null
    this.#owed = []
    this.#isFailing = false
    this.#mark.offer(this.#markOf(tables), mono)
    if (entry.doubt !== 'hold') for (const event of entry.events) tables.bound.learn(event)
    tables.bound.note(entry.commit)
    try {
      this.#perform((open) => open.bound.hold(now))
    } catch (error) {
      // The rows are stored; what the disk refuses here it refuses the next commit, too.
      if (!((error as { code?: string }).code ?? '').startsWith('SQLITE_')) throw error
    }
    // A clock that says a wrong year must not sweep away what is kept for a year.
    if (!entry.doubt) this.#sweep(journalled, mono)
  }

  /** Journal time of the newest commit whose time was known, or null. */
  newest(): number | null {
    return this.#perform((tables) => tables.newestAt || null)
  }

  /**
   * Lets out what waited for its time: corrected where it is known, flagged where it is waited for no longer. In steps.
   * @param after what the step before returned, 0 for the first
   * @returns with the highest seq that a reading had before it
   */
  release(time: KnownTime, after = 0): { readonly epoch: string; readonly issued: number; readonly next: number | null } {
    return this.#perform((tables) => {
      const issued = tables.counts.issued('reading')
      const { next, entries } = tables.release(after, time)
      for (const { events } of entries) for (const event of events) tables.bound.learn(event)
      return { epoch: tables.epoch, issued, next }
    })
  }

  /** How much of its bound the outbox takes. */
  room(): OutboxRoom {
    try {
      if (this.#tables) this.#room = this.#perform((tables) => tables.bound.room())
    } catch {
      // As it was known last.
    }
    return this.#room
  }

  /** The first batch of the lane with waiting rows behind `after`, up to `until`; null where nothing waits there. */
  next(lane: Lane, after: number, until?: number, rowsMax?: number, bytesMax?: number): SealedBatch | null {
    return this.#perform((tables) => tables.next(lane, after, until, rowsMax, bytesMax))
  }

  /** Seals the batch with this row anew, in pieces of at most so many bytes. */
  reseal(lane: Lane, seq: number, bytesMax: number): void {
    this.#perform((tables) => tables.reseal(lane, seq, bytesMax))
  }

  /** Frees exactly the rows that the cloud has or refuses; refused ones are set aside with the reason. An older epoch's ack frees nothing. */
  settle(ack: Pick<Ack, 'epoch' | 'lane' | 'ranges' | 'refused'>): void {
    this.#perform((tables) => tables.settle(ack))
  }

  /** Begins a new epoch, unless the one that should end has ended. */
  renew(epoch: string, why: string): void {
    this.#perform((tables) => {
      if (epoch !== tables.epoch) return
      const { alarm, event, reading } = tables.lanes()
      const issued = { alarm: alarm.issued, event: event.issued, reading: reading.issued }
      tables.renew(this.#options.disk.newEpoch(), { previous: epoch, why, issued }, this.#now ?? tables.newestAt)
      this.#mark.write(this.#markOf(tables))
    })
  }

  /** Marks what is given out by now: of a journal in which nothing happens any more it is known exactly. */
  leaveMark(): void {
    this.#perform((tables) => this.#mark.write(this.#markOf(tables)))
  }

  lanes(): LaneStates {
    try {
      if (this.#tables) this.#lanes = this.#perform((tables) => tables.lanes())
    } catch {
      // As they were known last; the next call opens the journal anew.
    }
    return this.#lanes
  }

  /** The states kept under keys that begin so. */
  states(prefix: string): [key: string, body: string][] {
    return this.#perform((tables) => tables.states(prefix))
  }

  [Symbol.dispose](): void {
    if (this.#tables) {
      this.#mark.write(this.#markOf(this.#tables))
      this.#tables.close()
    }
    this.#lock[Symbol.dispose]()
  }

  /** Seldom, and never a reason to try the rows again that are on disk. */
  #sweep(now: number, mono: number): void {
    if (mono - this.#sweptAt < SWEEP_MS) return
    this.#sweptAt = mono
    try {
      const isMore = this.#perform((tables) => tables.transaction(() => sweep(tables.sql, now)))
      if (isMore) this.#sweptAt = mono - SWEEP_MS + SWEEP_ON_MS
    } catch {
      // The next sweep goes on.
    }
  }

  /** On a full disk readings that wait are given up for what comes in. */
  #makeRoom(tables: JournalTables, { events, commit }: Entry, now: number, store: () => void): void {
    const { mono } = commit
    this.#reserve.hold(tables.database, mono)
    for (let blocks = 0; ; blocks++) {
      try {
        store()
        return
      } catch (error) {
        if ((error as { code?: string }).code !== 'SQLITE_FULL' || blocks === RELIEF_BLOCKS_MAX) throw error
        if (blocks === 0) this.#reserve.release(tables.database, mono)
        // Where there is nothing left to give up, what must not be lost takes what was reserved.
        if (!tables.bound.relieve(now) && (events.length === 0 || !this.#reserve.open(tables.database))) throw error
      }
    }
  }

  #open(): JournalTables {
    const { file, gateway, disk, limits } = this.#options
    const now = this.#now === undefined ? {} : { now: this.#now }
    const options = { file, gateway, disk, ...now, ...(limits && { limits }), counting: this.#counting, mark: this.#mark.read() }
    const tables = openJournal(options, this.#damage)
    this.#damage = null
    this.#tables = tables
    this.#mark.write(this.#markOf(tables))
    return tables
  }

  #markOf(tables: JournalTables): Parameters<MarkFile['write']>[0] {
    const { alarm, event, reading } = tables.lanes()
    const issued = { alarm: alarm.issued, event: event.issued, reading: reading.issued }
    return { gateway: this.#options.gateway, epoch: tables.epoch, issued }
  }

  #perform<T>(work: (tables: JournalTables) => T): T {
    const tables = this.#tables ?? this.#open()
    try {
      return work(tables)
    } catch (error) {
      this.#judge(tables, error as { code?: string; message: string })
      throw error
    }
  }

  /** Told once, also where the telling commit is tried again. */
  #owe(epoch: string, what: string): void {
    this.#owed.push({ id: `journal.damaged-${epoch}-disk-${this.#lanes.event.issued}`, body: { what } })
  }

  /** A full disk may have room again; one that failed, or gave back what is no page of ours, ends the connection. */
  #judge(tables: JournalTables, { code = '', message }: { code?: string; message: string }): void {
    const isDamaged = /^SQLITE_(CORRUPT|NOTADB)/.test(code) || (code === 'SQLITE_ERROR' && message.startsWith('no such'))
    if (!isDamaged && !code.startsWith('SQLITE_IOERR')) return
    this.#counting.diskErrors += 1
    if (isDamaged) this.#damage = `${code}: ${message}`
    else if (!this.#isFailing) this.#owe(tables.epoch, `the disk reported ${code}: ${message}`)
    this.#isFailing = true
    this.#epoch = tables.epoch
    this.#tables = null
    try {
      tables.close()
    } catch {
      // Nothing of it is used any more.
    }
  }
}

function isSame(a: Commit, b: Commit): boolean {
  return a.boot === b.boot && a.mono === b.mono && a.journalled === b.journalled
}
