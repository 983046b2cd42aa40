import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Records, RecordTables } from '#cloud/store'
import { type Bell, sleep, type Timers } from '#devices/time'
import type { Lane } from '#wire'
import type { InboxEntry } from './batch-table.ts'
import type { Inbox } from './inbox.ts'

/** Batches in one step of a reader. */
const STEP_BATCHES_MAX = 32
/** A look at the inbox also without a ring. */
const LOOK_MS = 1000
/** After a failure, doubling between these. */
const RETRY_MS = [250, 30_000] as const

/**
 * Steps begun at once: while a store's server writes one, the batches of the next are opened and the one before is recorded.
 */
const STEPS_MAX = 2

/** What a reader does with batches. It is told them at least once, in order; doing the same again must change nothing. */
export interface ReaderWork {
  readonly name: string
  /** Work outside the records, finished before the cursor moves. Begun in order, while the step before may not be finished or recorded yet. */
  prepare?(entries: readonly InboxEntry[]): Promise<void>
  /** Work in the records, in the transaction that moves the cursor; in order, one step at a time, of the very array that was prepared. */
  record(trx: Kysely<RecordTables>, entries: readonly InboxEntry[]): Promise<void>
  /** Called where that transaction did not come to be. */
  forget?(): void
}

interface Step {
  readonly entries: readonly InboxEntry[]
  readonly last: number
  /** Why the work outside the records failed, or null. */
  readonly prepared: Promise<Error | null>
}

/** Reads the inbox once, in order, with a durable cursor; a failure is retried for ever and holds back nobody else. */
export class Reader implements AsyncDisposable {
  readonly name: string
  readonly #inbox: Inbox
  readonly #records: Records
  readonly #work: ReaderWork
  readonly #bell: Bell
  /** Nothing beyond this id yet. */
  readonly #limit: () => number
  readonly #timers: Timers
  readonly #log: Logger
  readonly #stop = new AbortController()
  #cursor = 0
  #rows: Record<Lane, number> = { alarm: 0, event: 0, reading: 0 }
  #error: string | null = null
  #running: Promise<void> = Promise.resolve()

  private constructor({ inbox, records, work, bell, limit, timers, log }: ReaderOptions) {
    this.name = work.name
    this.#inbox = inbox
    this.#records = records
    this.#work = work
    this.#bell = bell
    this.#limit = limit
    this.#timers = timers
    this.#log = log
  }

  static async start(options: ReaderOptions): Promise<Reader> {
    const reader = new Reader(options)
    const row = await options.records.db.selectFrom('reader').select('cursor').where('name', '=', reader.name).executeTakeFirst()
    reader.#cursor = row?.cursor ?? options.from ?? 0
    reader.#rows = options.inbox.rowsUpTo(reader.#cursor)
    reader.#running = reader.#run()
    return reader
  }

  /** Id of the last batch that is done with. */
  get cursor(): number {
    return this.#cursor
  }

  /** Rows of each lane that it is done with, ever. */
  get rows(): Readonly<Record<Lane, number>> {
    return this.#rows
  }

  /** Why the last step failed; null when it did not. */
  get error(): string | null {
    return this.#error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let steps: Step[] = []
    for (let retryMs: number = RETRY_MS[0]; !signal.aborted; ) {
      try {
        const heard = this.#bell.count
        while (steps.length < STEPS_MAX) {
          const step = this.#begin(steps.at(-1)?.last ?? this.#cursor)
          if (step === null) break
          steps.push(step)
        }
        const step = steps.shift()
        if (step) await this.#finish(step)
        else await this.#bell.wait(heard, LOOK_MS, signal, this.#timers)
        this.#tell(null)
        retryMs = RETRY_MS[0]
      } catch (error) {
        // The next begins anew after the cursor; what the begun ones still do, they will do again.
        steps = []
        this.#work.forget?.()
        this.#tell(error as Error)
        await sleep(retryMs, signal, this.#timers)
        retryMs = Math.min(retryMs * 2, RETRY_MS[1])
      }
    }
    await Promise.all(steps.map(({ prepared }) => prepared))
  }

  /** Null where there is nothing to do after this batch yet. */
  #begin(cursor: number): Step | null {
    const entries = this.#inbox.after(cursor, STEP_BATCHES_MAX).filter(({ id }) => id <= this.#limit())
    const last = entries.at(-1)
    if (last === undefined) return null
    // A failure is told where the step is finished.
    const prepared = (this.#work.prepare?.(entries) ?? Promise.resolve()).then(
      () => null,
      (error: Error) => error,
    )
    return { entries, last: last.id, prepared }
  }

  async #finish({ entries, last, prepared }: Step): Promise<void> {
    const error = await prepared
    if (error) throw error
    await this.#records.db.transaction().execute(async (trx) => {
      await this.#work.record(trx, entries)
      const row = { cursor: last, updated: Date.now() }
      await trx
        .insertInto('reader')
        .values({ name: this.name, ...row })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute()
    })
    this.#cursor = last
    for (const { batch } of entries) this.#rows[batch.lane] += batch.rows.length
    this.#bell.ring()
  }

  #tell(error: Error | null): void {
    if ((error?.message ?? null) === this.#error) return
    this.#error = error?.message ?? null
    if (error)
      this.#log.error({ reader: this.name, cursor: this.#cursor, err: error }, 'a reader of the inbox fails; it is tried again')
    else this.#log.info({ reader: this.name }, 'a reader of the inbox goes on')
  }
}

export interface ReaderOptions {
  readonly inbox: Inbox
  readonly records: Records
  readonly work: ReaderWork
  readonly bell: Bell
  readonly limit: () => number
  /** Where it begins the first time; default 0. */
  readonly from?: number
  readonly timers: Timers
  readonly log: Logger
}
