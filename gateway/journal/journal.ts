import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { sleep } from '#devices/time'
import { type Ack, type Lane, type SiteEvent, SyncError } from '#wire'
import type { KnownTime } from './held-entries.ts'
import { JournalError } from './journal-error.ts'
import type { JournalResult, JournalStore, OpenStore } from './journal-store.ts'
import type { Entry, JournalCounters, SealedBatch } from './journal-tables.ts'
import { JournalThread } from './journal-thread.ts'
import type { LaneStates } from './lane-counts.ts'
import type { OutboxLimits, OutboxRoom } from './outbox-bound.ts'
import type { VersionedReading } from './series-memory.ts'
import { stampEntry, stampOf, type Timekeeper, type TimeSpan } from './stamp.ts'

/** A reading waits this long for others to share its commit. */
const COMMIT_WAIT_MS = 100
/** After so long without a commit the journal is marked as it is; while rows come it marks itself now and then. */
const MARK_WAIT_MS = 1000
/** So many share one commit at the most. */
const COMMIT_ROWS_MAX = 500
/** Readings that may wait for a slow or full disk; then `add` makes the reading of devices wait. */
const PENDING_ROWS_MAX = 20_000
/** Between tries of a commit that the disk refused. */
const RETRY_MS = 1000

export interface JournalOptions {
  readonly file: string
  readonly gateway: string
  readonly clock: Clock
  readonly log: Logger
  /** Names this run of the process; default a random name. */
  readonly boot?: string
  /** Where the file runs; default a thread of its own, on the machine's disk. */
  readonly openStore?: OpenStore
  /** How much may wait for the cloud; default `OUTBOX_LIMITS`. */
  readonly limits?: OutboxLimits
}

/** The site's journal: readings by group commit, events at once. */
export class Journal implements AsyncDisposable {
  /** Names this run of the process. */
  readonly boot: string
  readonly #store: JournalStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #listeners = new Set<() => void>()
  #pending: VersionedReading[] = []
  #states = new Map<string, string>()
  #cancelTimer: (() => void) | null = null
  #cancelMark: (() => void) | null = null
  #commits: Promise<void> = Promise.resolve()
  #committing = 0
  /** Told when the next group commit is over. */
  #next: PromiseWithResolvers<void> | null = null
  #isFailing = false
  #time: Timekeeper | null = null
  /** That of the readings which wait for their commit. */
  #span: TimeSpan | null = null
  readonly #isLastTry = new AbortController()

  private constructor(store: JournalStore, { clock, log, boot = randomBytes(6).toString('hex') }: JournalOptions) {
    this.#store = store
    this.boot = boot
    this.#clock = clock
    this.#log = log
  }

  /** @throws JournalError for a file that may not be written. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { file, gateway, clock, limits, openStore = JournalThread.open } = options
    return new Journal(await openStore({ file, gateway, now: clock.now(), ...(limits && { limits }) }), options)
  }

  /** The life of the numbers that rows have now; it may change while the journal runs. */
  get epoch(): string {
    return this.#store.epoch
  }

  get lanes(): LaneStates {
    return this.#store.lanes
  }

  get counters(): JournalCounters & { readonly pending: number; readonly isFailing: boolean } {
    return {
      ...this.#store.counters,
      pending: this.#pending.length + this.#committing,
      isFailing: this.#isFailing || this.ended.aborted,
    }
  }

  /** How much of its bound the outbox takes. */
  get room(): OutboxRoom {
    return this.#store.room
  }

  /** Aborted when nothing can be written any more; the reason is a JournalError, `ended` where nobody closed it. */
  get ended(): AbortSignal {
    return this.#store.ended
  }

  /**
   * Takes readings, the states and the events that they lead to into one commit: the next group commit, or one at once where there are
   * events. Resolves at once, or when there is room again. Whoever acts on an event waits for `flush`.
   * @throws JournalError once nothing can be written any more
   */
  async add(
    readings: readonly VersionedReading[],
    states: readonly (readonly [key: string, body: string])[] = [],
    events: readonly SiteEvent[] = [],
  ): Promise<void> {
    this.ended.throwIfAborted()
    this.#time?.look()
    for (const reading of readings) {
      this.#enter(reading.at)
      this.#pending.push(reading)
    }
    if (events[0]) this.#enter(events[0].at)
    for (const [key, body] of states) this.#states.set(key, body)
    if (events.length > 0 || this.#pending.length >= COMMIT_ROWS_MAX) this.#flush(events)
    else this.#cancelTimer ??= this.#clock.after(COMMIT_WAIT_MS, () => void this.#flush())
    while (this.#pending.length + this.#committing > PENDING_ROWS_MAX) await this.#commits
  }

  /** From now on rows get the times that they are worth. */
  useTime(time: Timekeeper): void {
    this.#time = time
    this.#span = time.spanOf(this.#clock.now())
  }

  /** Journal time of the newest commit whose time was known, or null. */
  newest(): Promise<number | null> {
    return this.#store.call('newest')
  }

  /**
   * Lets out what waited for its time, as far as it is known now or is waited for no longer.
   * @returns the highest seq of a reading that was given out by what was known before
   */
  async release(timeNow: () => Omit<KnownTime, 'boot'>): Promise<{ readonly epoch: string; readonly last: number }> {
    const step = (after: number): Promise<JournalResult<'release'>> =>
      this.#store.call('release', { boot: this.boot, ...timeNow() }, after)
    const first = await step(0)
    for (let { next } = first; next !== null; ) next = (await step(next)).next
    for (const listener of this.#listeners) listener()
    return { epoch: first.epoch, last: first.issued }
  }

  /**
   * Resolves when all that was added is on disk, and hurries nothing: many who wait share one commit.
   * @throws JournalError where it will never be
   */
  async kept(): Promise<void> {
    if (this.#cancelTimer !== null) {
      this.#next ??= Promise.withResolvers()
      await this.#next.promise
    }
    await this.#commits
  }

  /** Resolves when all that was added is on disk. */
  flush(): Promise<void> {
    return this.#flush()
  }

  /** The site stops: from now on a commit that the disk refuses is not tried again, and whoever waits for it is told. */
  tryOnce(): void {
    this.#isLastTry.abort()
  }

  /** @throws SyncError `unreachable` where the file gives nothing, as on a full disk: whoever sends tries again later */
  async next(lane: Lane, after: number, until?: number, rowsMax?: number, bytesMax?: number): Promise<SealedBatch | null> {
    try {
      return await this.#store.call('next', lane, after, until, rowsMax, bytesMax)
    } catch (cause) {
      throw new SyncError('unreachable', `expected a batch of the journal, got "${(cause as Error).message}"`, { cause })
    }
  }

  /** Seals the batch with this row anew, in pieces of at most so many bytes: one that never arrives as it is. */
  reseal(lane: Lane, seq: number, bytesMax: number): Promise<void> {
    return this.#store.call('reseal', lane, seq, bytesMax)
  }

  settle(ack: Ack): Promise<void> {
    return this.#store.call('settle', ack)
  }

  /** Begins a new epoch, where this one is still the journal's: rows that wait get new numbers in it. */
  async renew(epoch: string, why: string): Promise<void> {
    await this.#store.call('renew', epoch, why)
    for (const listener of this.#listeners) listener()
  }

  /** What was kept under keys that begin so, as it was after the last commit. */
  states(prefix: string): Promise<[key: string, body: string][]> {
    return this.#store.call('states', prefix)
  }

  /** Calls after each commit. */
  onCommit(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tryOnce()
    await this.#flush().catch(() => {})
    this.#cancelMark?.()
    await this.#store[Symbol.asyncDispose]()
  }

  /** One commit after the other; a commit that fails holds the later ones back and is tried again. */
  #flush(events: readonly SiteEvent[] = []): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    const readings = this.#pending
    const span = this.#span
    const states = [...this.#states]
    if (readings.length === 0 && events.length === 0 && states.length === 0) {
      this.#next?.resolve(this.#commits)
      this.#next = null
      return this.#commits
    }
    this.#pending = []
    this.#states = new Map()
    this.#committing += readings.length
    this.#commits = this.#commits
      .then(() => this.#commit({ readings, events, states }, span))
      .finally(() => {
        this.#committing -= readings.length
      })
    // Whoever needs the commit waits for it; that it failed for good is told by the store's end.
    this.#commits.catch(() => {})
    this.#next?.resolve(this.#commits)
    this.#next?.promise.catch(() => {})
    this.#next = null
    return this.#commits
  }

  /** Rows of two spans never share a commit. */
  #enter(at: number): void {
    const span = this.#time?.spanOf(at) ?? null
    if (span === this.#span) return
    this.#flush()
    this.#span = span
  }

  async #commit(entry: Omit<Entry, 'commit'>, span: TimeSpan | null): Promise<void> {
    for (let commit = this.#commitNow(span); ; ) {
      try {
        await this.#store.call('append', stampEntry(entry, commit, span, this.#time?.isHolding ?? false))
        this.#cancelMark?.()
        this.#cancelMark = this.#clock.after(MARK_WAIT_MS, () => void this.#store.call('leaveMark').catch(() => {}))
        this.#tellFailing(false, null)
        for (const listener of this.#listeners) listener()
        return
      } catch (error) {
        const isDisk = error instanceof JournalError && (error.code === 'full' || error.code === 'failed')
        if (!isDisk) throw error
        this.#tellFailing(true, error)
        if (this.#isLastTry.signal.aborted) throw this.#unwritten(error, entry.events.length)
        // A commit that failed may be on disk nevertheless: under its old name it is found there.
        if (error.code === 'full') commit = this.#commitNow(span)
        await sleep(RETRY_MS, this.#isLastTry.signal, this.#clock)
      }
    }
  }

  #commitNow(span: TimeSpan | null): Entry['commit'] {
    this.#time?.look()
    return stampOf(span, this.boot, this.#clock.now(), this.#clock.mono())
  }

  #unwritten({ code, message }: JournalError, events: number): JournalError {
    const { pending } = this.counters
    return new JournalError(code, `expected the last ${pending} readings and ${events} events in the journal, got "${message}"`)
  }

  #tellFailing(isFailing: boolean, error: JournalError | null): void {
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    if (error) this.#log.error({ code: error.code, err: error }, 'the journal takes no rows; trying each second')
    else this.#log.info('the journal takes rows again')
  }
}
