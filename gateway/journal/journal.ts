import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Clock } from '#devices'
import type { Ack, EventKind, Lane, SiteEvent } from '#wire'
import { JournalError } from './journal-error.ts'
import type { Entry, JournalCounters, LaneStates, SealedBatch } from './journal-file.ts'
import { JournalThread } from './journal-thread.ts'
import type { VersionedReading } from './series-memory.ts'

/** A reading waits this long for others to share its commit. */
const COMMIT_WAIT_MS = 100
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
}

/** The site's journal: readings by group commit, facts at once. */
export class Journal implements AsyncDisposable {
  /** Names this run of the process. */
  readonly boot = randomBytes(6).toString('hex')
  readonly #thread: JournalThread
  readonly #clock: Clock
  readonly #log: Logger
  readonly #listeners = new Set<() => void>()
  #pending: VersionedReading[] = []
  #states = new Map<string, string>()
  #timer: NodeJS.Timeout | null = null
  #commits: Promise<void> = Promise.resolve()
  #committing = 0
  #isFailing = false
  readonly #closing = new AbortController()

  private constructor(thread: JournalThread, { clock, log }: JournalOptions) {
    this.#thread = thread
    this.#clock = clock
    this.#log = log
  }

  /** @throws JournalError `version` or `durability` for a file that may not be written. */
  static async open(options: JournalOptions): Promise<Journal> {
    return new Journal(await JournalThread.open(options.file, options.gateway), options)
  }

  get epoch(): string {
    return this.#thread.epoch
  }

  get lanes(): LaneStates {
    return this.#thread.lanes
  }

  get counters(): JournalCounters & { readonly pending: number; readonly isFailing: boolean } {
    return { ...this.#thread.counters, pending: this.#pending.length + this.#committing, isFailing: this.#isFailing }
  }

  /**
   * Takes readings, and the states they lead to, into the next group commit; resolves at once, or when there is room again.
   */
  async add(
    readings: readonly VersionedReading[],
    states: readonly (readonly [key: string, body: string])[] = [],
  ): Promise<void> {
    for (const reading of readings) this.#pending.push(reading)
    for (const [key, body] of states) this.#states.set(key, body)
    if (this.#pending.length >= COMMIT_ROWS_MAX) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), COMMIT_WAIT_MS)
    while (this.#pending.length + this.#committing > PENDING_ROWS_MAX) await this.#commits
  }

  /** Records facts that people rely on, after the readings that came before them: when it resolves they are on disk. */
  record(events: readonly SiteEvent[]): Promise<void> {
    return this.#flush(events)
  }

  /** Resolves when all that was added is on disk. */
  flush(): Promise<void> {
    return this.#flush()
  }

  next(lane: Lane, after: number): Promise<SealedBatch | null> {
    return this.#thread.call('next', lane, after)
  }

  settle(ack: Ack): Promise<void> {
    return this.#thread.call('settle', ack)
  }

  /** What was kept under keys that begin so, as it was after the last commit. */
  states(prefix: string): Promise<[key: string, body: string][]> {
    return this.#thread.call('states', prefix)
  }

  latestFact(kind: EventKind, device: string): Promise<SiteEvent | null> {
    return this.#thread.call('latestFact', kind, device)
  }

  /** Calls after each commit. */
  onCommit(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const last = this.#flush()
    this.#closing.abort()
    await last.catch(() => {})
    await this.#thread[Symbol.asyncDispose]()
  }

  /** One commit after the other; a commit that fails holds the later ones back and is tried again. */
  #flush(events: readonly SiteEvent[] = []): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const readings = this.#pending
    const states = [...this.#states]
    if (readings.length === 0 && events.length === 0 && states.length === 0) return this.#commits
    this.#pending = []
    this.#states = new Map()
    this.#committing += readings.length
    this.#commits = this.#commits
      .then(() => this.#commit({ readings, events, states }))
      .finally(() => {
        this.#committing -= readings.length
      })
    // Whoever needs the commit waits for it; that it failed for good is told by the thread's end.
    this.#commits.catch(() => {})
    return this.#commits
  }

  async #commit(entry: Omit<Entry, 'commit'>): Promise<void> {
    for (;;) {
      const commit = { boot: this.boot, journalled: this.#clock.now(), mono: Math.round(this.#clock.mono()) }
      try {
        await this.#thread.call('append', { ...entry, commit })
        this.#tellFailing(false, null)
        for (const listener of this.#listeners) listener()
        return
      } catch (error) {
        if (!(error instanceof JournalError) || error.code === 'closed' || this.#closing.signal.aborted) throw error
        this.#tellFailing(true, error)
        await sleep(RETRY_MS, null, { signal: this.#closing.signal }).catch(() => {})
      }
    }
  }

  #tellFailing(isFailing: boolean, error: JournalError | null): void {
    if (isFailing === this.#isFailing) return
    this.#isFailing = isFailing
    if (error) this.#log.error({ code: error.code, err: error }, 'the journal takes no rows; trying each second')
    else this.#log.info('the journal takes rows again')
  }
}
