import { Readable } from 'node:stream'
import type { Logger } from 'pino'
import type { ChangeRow, Records } from '#cloud/store'
import type { Clock } from '#devices'
import { ApiError } from './api-error.ts'
import { feedFrames, frame } from './feed-frames.ts'
import type { RuleBook } from './rule-book.ts'

export interface FeedLimits {
  /** How often the change table is looked at, and so how often `readings` come at most. */
  readonly tickMs: number
  /** A comment after this long without an event, so that both ends notice a dead line. */
  readonly heartbeatMs: number
  readonly clientsMax: number
  /** With more bytes than this waiting for it, a client is cut off when the next event comes: it reads too slowly, and can resume. */
  readonly queueBytesMax: number
  /** Changes sent at once, also to who resumes: further back it is cheaper to fetch everything anew. */
  readonly runMax: number
}

export const FEED_LIMITS: FeedLimits = {
  tickMs: 200,
  heartbeatMs: 15_000,
  clientsMax: 200,
  queueBytesMax: 1024 * 1024,
  runMax: 5_000,
}

interface FeedParts {
  readonly records: Records
  readonly rules: RuleBook
  readonly clock: Clock
  readonly log: Logger
  readonly limits: FeedLimits
}

/**
 * Tells pages what changed: one tail of the change table for all clients. No history is kept here, for the table is the history: a client that
 * resumes is told what the changes since its last id come to now.
 */
export class Feed {
  readonly #parts: FeedParts
  readonly #clients = new Set<Readable>()
  /** The last change that every client was told. */
  #cursor = 0
  #lastSent = 0
  #isFailing = false
  /** Ticks and joins take turns, so that no client misses a change or gets it twice. */
  #turn: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  get clients(): number {
    return this.#clients.size
  }

  /** Looks at the table from now on, until `close`. */
  start(): void {
    const { tickMs } = this.#parts.limits
    const again = () => {
      this.#timer = setTimeout(() => void this.#tick().then(() => this.#timer && again()), tickMs)
    }
    again()
  }

  /** Ends all streams; nothing is read any more when it resolves. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#turn
    for (const client of this.#clients) client.push(null)
    this.#clients.clear()
  }

  /**
   * A stream of events for one more client: `hello`, what it missed, and then what happens. `hello` says `resync: true` when the client has to
   * fetch its state anew: it is new, or its last id is too old or unknown.
   * @throws ApiError `overloaded`
   */
  join(lastEventId: string | undefined): Promise<Readable> {
    return this.#inTurn(async () => {
      const { clock, limits } = this.#parts
      if (this.#clients.size >= limits.clientsMax)
        throw new ApiError('overloaded', `expected at most ${limits.clientsMax} clients of the feed, got one more`)
      if (this.#clients.size === 0) this.#cursor = await this.#newest()
      else await this.#advance()
      const missed = await this.#missedSince(lastEventId)
      const hello = { now: clock.now(), speed: clock.speed, resync: missed === null }
      const frames = missed ? await feedFrames(this.#parts.records.db, this.#parts.rules, missed) : ''
      const client = new Readable({ read: () => {}, highWaterMark: limits.queueBytesMax })
      client.once('close', () => this.#clients.delete(client))
      client.push(frame('hello', hello, frames === '' ? this.#cursor : undefined) + frames)
      this.#clients.add(client)
      return client
    })
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(job)
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Never rejects: a fault is told once, and the next tick tries again from where it was. */
  async #tick(): Promise<void> {
    const { log, clock, limits } = this.#parts
    try {
      await this.#inTurn(async () => {
        if (this.#clients.size === 0) return
        await this.#advance()
        if (clock.mono() - this.#lastSent >= limits.heartbeatMs) this.#send(': \n\n')
      })
      if (this.#isFailing) log.info('feed reads the changes again')
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) log.error({ err: error }, 'feed cannot read the changes')
      this.#isFailing = true
    }
  }

  async #advance(): Promise<void> {
    const { records, rules, limits } = this.#parts
    for (;;) {
      const changes = await this.#changesAfter(this.#cursor, limits.runMax)
      const last = changes.at(-1)
      if (last === undefined) return
      const frames = await feedFrames(records.db, rules, changes)
      this.#cursor = last.id
      if (frames !== '') this.#send(frames)
      if (changes.length < limits.runMax) return
    }
  }

  #send(text: string): void {
    const { clock, log, limits } = this.#parts
    this.#lastSent = clock.mono()
    const bytes = Buffer.from(text)
    for (const client of this.#clients) {
      if (client.readableLength > limits.queueBytesMax) {
        log.info({ waiting: client.readableLength, clients: this.#clients.size - 1 }, 'feed client reads too slowly: cut off')
        this.#clients.delete(client)
        client.destroy()
      } else client.push(bytes)
    }
  }

  /** Changes up to the cursor that a client has not seen; null when that cannot be told. */
  async #missedSince(lastEventId: string | undefined): Promise<readonly ChangeRow[] | null> {
    const id = lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null
    if (id === null || id > this.#cursor) return null
    if (id === this.#cursor) return []
    const { records, limits } = this.#parts
    const oldest = await records.db
      .selectFrom('change')
      .select(({ fn }) => fn.min('id').as('id'))
      .executeTakeFirst()
    // The sweep has been past the client.
    if (id + 1 < (oldest?.id ?? 0)) return null
    const changes = (await this.#changesAfter(id, limits.runMax + 1)).filter((change) => change.id <= this.#cursor)
    return changes.length > limits.runMax ? null : changes
  }

  #changesAfter(id: number, limit: number): Promise<ChangeRow[]> {
    return this.#parts.records.db.selectFrom('change').selectAll().where('id', '>', id).orderBy('id').limit(limit).execute()
  }

  async #newest(): Promise<number> {
    const row = await this.#parts.records.db
      .selectFrom('change')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst()
    return row?.id ?? 0
  }
}
