import type { Logger } from 'pino'
import { parkRows, type Records, type SeriesStore } from '#cloud/store'
import type { Clock } from '#devices'
import { sleep } from '#devices/time'
import type { Inbox } from './inbox.ts'
import type { Owners } from './owners.ts'
import { rowsOf, writeRows } from './series-writer.ts'

/** Between looks at the store's mark. */
const CHECK_MS = 5_000
/** What was written so long before a server's restart is taken for safe: after a fault of its disk a server may answer well and yet forget. */
const SAFE_MS = 600_000
/** Batches of one step of a refill. */
const STEP_BATCHES_MAX = 32
/** After a failure, doubling between these. */
const RETRY_MS = [250, 30_000] as const
/** The reader whose row remembers which life of the store its cursor belongs to. */
const READER = 'series'

export interface SeriesKeeperOptions {
  readonly inbox: Inbox
  readonly records: Records
  readonly series: SeriesStore
  readonly owners: Owners
  /** Id of the last batch that the writer of live rows is done with. */
  readonly cursor: () => number
  readonly clock: Pick<Clock, 'mono' | 'after'>
  readonly log: Logger
  readonly checkMs?: number
  readonly safeMs?: number
}

/**
 * Sees to it that the series store holds what the inbox holds. Now and then it leaves a mark there: the store's life and the batch up to which it is
 * whole. A store of another life was wiped, or is another one: it is filled from the first batch on. A mark behind the one that was left is that of
 * a store that was restored, or whose writer was ended without warning: it is filled from there. Live rows go on beside it, and what is there
 * already stays as it is.
 */
export class SeriesKeeper implements AsyncDisposable {
  readonly #options: SeriesKeeperOptions
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  /** The batch up to which a refill has come; null: there is none to do. */
  #refill: number | null = null
  /** What the store's mark said when it was last left or read. */
  #marked: number | null = null
  #checked = Number.NEGATIVE_INFINITY
  /** A position that becomes safe with time. */
  #candidate: { readonly at: number; readonly position: number } | null = null
  #error: string | null = null

  private constructor(options: SeriesKeeperOptions) {
    this.#options = options
  }

  static start(options: SeriesKeeperOptions): SeriesKeeper {
    const keeper = new SeriesKeeper(options)
    keeper.#running = keeper.#run()
    return keeper
  }

  /** The batch up to which a refill has come, or null. */
  get refilling(): number | null {
    return this.#refill
  }

  /** Leaves a last mark, so that the next start has nothing to fill. To be called when the writer of live rows has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    if (this.#error !== null) return
    await this.#check().catch((error: Error) => this.#tell(error))
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { checkMs = CHECK_MS, clock } = this.#options
    for (let retryMs: number = RETRY_MS[0]; !signal.aborted; ) {
      try {
        if (clock.mono() - this.#checked >= checkMs) await this.#check()
        if (this.#refill === null) await sleep(checkMs, signal, clock)
        else await this.#step(this.#refill)
        this.#tell(null)
        retryMs = RETRY_MS[0]
      } catch (error) {
        this.#tell(error as Error)
        await sleep(retryMs, signal, clock)
        retryMs = Math.min(retryMs * 2, RETRY_MS[1])
      }
    }
  }

  async #check(): Promise<void> {
    const { series, cursor, log } = this.#options
    // Before the mark is looked at: what is given meanwhile is told by the next one.
    const position = this.#refill ?? cursor()
    const mark = await series.mark()
    const life = await this.#rememberedLife()
    const isOther = mark.life !== life
    const isBehind = !isOther && mark.reached < (this.#marked ?? cursor())
    if (isOther || isBehind) {
      this.#refill = isOther ? 0 : mark.reached
      if (cursor() > this.#refill)
        log[isOther ? 'warn' : 'info'](
          { from: this.#refill, to: cursor() },
          isOther
            ? 'the series store was wiped, or is another one: it is filled from the inbox'
            : 'the series store is behind: it is filled from the inbox',
        )
    }
    const guard = await this.#guard()
    if (guard.restartedFrom !== null && !isOther && guard.restartedFrom < cursor()) {
      this.#refill = Math.min(this.#refill ?? guard.restartedFrom, guard.restartedFrom)
      log.info({ from: this.#refill, to: cursor() }, 'the series store was started anew: what it was given last is written again')
    }
    const reached = this.#refill ?? position
    if (reached !== mark.reached) await series.setReached(reached)
    // Only now: ended in between, the next start finds another life again.
    if (isOther) await this.#remember(mark.life)
    await this.#keepSafe(guard, isOther ? 0 : position)
    this.#marked = reached
    this.#checked = this.#options.clock.mono()
  }

  /** Whether the store's server is another run of it than the one that was written to, and from where on that one is not to be relied on. */
  async #guard(): Promise<{ readonly server: string | null; readonly restartedFrom: number | null }> {
    const { series, records } = this.#options
    const server = await series.server()
    const row = await records.db.selectFrom('series_guard').select(['server', 'safe']).executeTakeFirst()
    const isRestarted = server !== null && row !== undefined && row.server !== null && row.server !== server
    return { server, restartedFrom: isRestarted ? row.safe : null }
  }

  /** The safe position follows the writer at a distance; while there is something to fill it stands still. */
  async #keepSafe(
    { server, restartedFrom }: { server: string | null; restartedFrom: number | null },
    position: number,
  ): Promise<void> {
    if (server === null) return
    const { records, clock, safeMs = SAFE_MS } = this.#options
    const now = clock.mono()
    if (this.#refill !== null) this.#candidate = null
    else this.#candidate ??= { at: now, position }
    const ripe = this.#candidate !== null && now - this.#candidate.at >= safeMs ? this.#candidate.position : null
    if (ripe !== null) this.#candidate = { at: now, position }
    await records.db
      .insertInto('series_guard')
      .values({ id: 1, server, safe: restartedFrom ?? ripe ?? position })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(ripe === null ? { server } : { server, safe: ripe }))
      .execute()
  }

  async #step(from: number): Promise<void> {
    const { inbox, series, records, owners, cursor, log } = this.#options
    const entries = inbox.after(from, STEP_BATCHES_MAX).filter(({ id }) => id <= cursor())
    const last = entries.at(-1)
    if (last === undefined) {
      this.#refill = null
      if (from > 0) log.info({ to: from }, 'the series store holds what the inbox holds')
      return
    }
    const { own } = await owners.part(records.db, entries)
    const refused = await writeRows(series, rowsOf(own))
    if (refused.length > 0) await records.db.transaction().execute((trx) => parkRows(trx, refused, Date.now()))
    this.#refill = last.id
  }

  async #rememberedLife(): Promise<string | null> {
    const { records } = this.#options
    const row = await records.db.selectFrom('reader').select('store').where('name', '=', READER).executeTakeFirst()
    return row?.store ?? null
  }

  async #remember(store: string): Promise<void> {
    await this.#options.records.db
      .insertInto('reader')
      .values({ name: READER, cursor: 0, updated: Date.now(), store })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ store }))
      .execute()
  }

  #tell(error: Error | null): void {
    if ((error?.message ?? null) === this.#error) return
    this.#error = error?.message ?? null
    const { log } = this.#options
    if (error) log.error({ err: error }, 'the series store cannot be looked after; it is tried again')
    else log.info('the series store is looked after again')
  }
}
