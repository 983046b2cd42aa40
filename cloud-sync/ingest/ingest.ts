import type { Logger } from 'pino'
import { Judge } from '#cloud/alerts'
import { type Disk, putGateway, type Records, recordChange, type SeriesStore, sweepRecords } from '#cloud/store'
import type { Clock } from '#devices'
import { Bell, sleep } from '#devices/time'
import { type Connect, type Connection, Session } from '#mqtt'
import {
  type Ack,
  countOf,
  decodeStatus,
  encodeAck,
  invitation,
  isInvitation,
  LANES,
  type Lane,
  parseTopic,
  type Rule,
  type Status,
  SyncError,
  topic,
} from '#wire'
import { AlertJudge } from './alert-judge.ts'
import { ClockReviser } from './clock-reviser.ts'
import { type Delivery, Inbox, type InboxCounters } from './inbox.ts'
import { Owners } from './owners.ts'
import { Reader } from './reader.ts'
import { RecordsWriter } from './records-writer.ts'
import { SeriesKeeper } from './series-keeper.ts'
import { SeriesWriter } from './series-writer.ts'

/** Deliveries that share one commit. */
const TAKE_MAX = 64
/** Bytes that wait for the disk; what comes beyond is dropped unacknowledged, and so sent again. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** Reconnecting to the broker, doubling between these. */
const BACKOFF_MS = [250, 10_000] as const

/** Between looks whether gateways that were told to keep what they have may go on. */
const HOLD_MS = 2_000
/** Between looks at what has grown beyond its bound. */
const SWEEP_MS = 600_000

export interface IngestOptions {
  readonly brokerUrl: string
  /** The network; default MQTT over TCP. */
  readonly connect?: Connect
  readonly inboxFile: string
  /** Where the inbox lies; default this machine's disk. */
  readonly disk?: Disk
  readonly records: Records
  readonly series: SeriesStore
  readonly rules: readonly Rule[]
  readonly clock: Clock
  readonly log: Logger
  /** Lets whatever has come meanwhile share a commit; default `setImmediate`. */
  readonly soon?: (call: () => void) => void
}

export interface IngestState {
  readonly isConnected: boolean
  readonly inbox: InboxCounters & {
    readonly newest: number
    readonly dropped: number
    /** Epochs of which nothing is taken any more. */
    readonly fencedEpochs: number
    /** Why it takes nothing, as a full disk; null when it does. */
    readonly fault: string | null
  }
  /** Rows of each lane in the inbox, without refused ones, ever. */
  readonly rows: Readonly<Record<Lane, number>>
  /** Rows that are kept out of the series since the start: the store refuses them, or they are of another gateway's device. */
  readonly parked: number
  readonly readers: readonly {
    readonly name: string
    /** Id of the last batch it is done with; it lags by `inbox.newest` − this. */
    readonly cursor: number
    readonly rows: Readonly<Record<Lane, number>>
    readonly error: string | null
  }[]
  /** Id of the batch up to which a series store that was wiped is filled again; null where nothing is to be filled. */
  readonly refilling: number | null
}

/** From the broker into the inbox, acknowledged once durable; and the readers that carry it on. Has no state of its own. */
export class Ingest implements AsyncDisposable {
  readonly #options: IngestOptions
  readonly #inbox: Inbox
  readonly #bell = new Bell()
  readonly #stop = new AbortController()
  readonly #readers: Reader[] = []
  #keeper: SeriesKeeper | null = null
  #writer: SeriesWriter | null = null
  #waiting: Delivery[] = []
  #waitingBytes = 0
  #dropped = 0
  #session: Connection | null = null
  /** Gateways whose rows came over this connection. */
  readonly #heard = new Set<string>()
  #isListening = false
  #isTaking = false
  /** Gateways that were told to keep what they have, and their epochs: they send nothing until they are asked again. */
  readonly #held = new Map<string, string>()
  /** Why the inbox takes nothing, or null. */
  #fault: string | null = null
  #running: Promise<unknown> = Promise.resolve()

  private constructor(options: IngestOptions, inbox: Inbox) {
    this.#options = options
    this.#inbox = inbox
  }

  /** @throws IngestError or StoreError where the inbox cannot be had; a broker that is away is tried for ever. */
  static async start(options: IngestOptions): Promise<Ingest> {
    const ingest = new Ingest(options, new Inbox(options.inboxFile, options.disk))
    await ingest.#startReaders()
    ingest.#running = Promise.all([ingest.#run(), ingest.#sweep(), ingest.#release()])
    return ingest
  }

  get state(): IngestState {
    const readers = this.#readers.map(({ name, cursor, rows, error }) => ({ name, cursor, rows: { ...rows }, error }))
    return {
      isConnected: this.#isListening,
      inbox: {
        ...this.#inbox.counters,
        newest: this.#inbox.newest,
        dropped: this.#dropped,
        fencedEpochs: this.#inbox.fencedEpochs,
        fault: this.#fault,
      },
      rows: { ...this.#inbox.rows },
      parked: this.#writer?.parked ?? 0,
      readers,
      refilling: this.#keeper?.refilling ?? null,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    for (const reader of this.#readers) await reader[Symbol.asyncDispose]()
    await this.#keeper?.[Symbol.asyncDispose]()
    this.#inbox[Symbol.dispose]()
  }

  /** The others wait for the records: a row is judged and shown only where its device is described. */
  async #startReaders(): Promise<void> {
    const { records, series, rules, clock, log } = this.#options
    const owners = new Owners()
    const common = { inbox: this.#inbox, records, bell: this.#bell, timers: clock, log }
    const first = await Reader.start({ ...common, work: new RecordsWriter(rules, log), limit: () => Number.POSITIVE_INFINITY })
    const limit = () => first.cursor
    this.#readers.push(first)
    this.#writer = new SeriesWriter(series, records, owners)
    const writer = await Reader.start({ ...common, limit, work: this.#writer })
    this.#readers.push(writer)
    // Behind the writer: what a row that was revised was the newest of, follows.
    const reviser = new ClockReviser(this.#inbox, owners, log)
    // No release told of times before this reader was there: what the others have read holds nothing for it.
    const { cursor: from } = writer
    this.#readers.push(await Reader.start({ ...common, limit: () => writer.cursor, from, work: reviser }))
    this.#keeper = SeriesKeeper.start({ inbox: this.#inbox, records, series, owners, cursor: () => writer.cursor, clock, log })
    this.#readers.push(await Reader.start({ ...common, limit, work: new AlertJudge(new Judge(rules, log), owners) }))
    this.#passReaders()
  }

  /** An older copy of the inbox, or a new one, knows fewer batches than its readers have read. */
  #passReaders(): void {
    const cursor = Math.max(...this.#readers.map((reader) => reader.cursor))
    const { newest } = this.#inbox
    if (cursor <= newest) return
    this.#inbox.beginAfter(cursor)
    this.#options.log.warn(
      { newest, cursor },
      'the inbox is older than what was read of it; new batches are numbered behind that',
    )
  }

  async #run(): Promise<void> {
    const { brokerUrl, connect = Session.open, clock, log } = this.#options
    for (let delayMs: number = BACKOFF_MS[0]; !this.#stop.signal.aborted; ) {
      try {
        await using session = await connect(
          {
            url: brokerUrl,
            clientId: 'cloud-ingest',
            onMessage: (name, payload, isRetained) => this.#onMessage(name, payload, isRetained),
          },
          this.#stop.signal,
        )
        this.#session = session
        this.#heard.clear()
        // Hellos first: what they say of numbers is compared with what came before them.
        await session.subscribe(topic('+', 'status'))
        await session.subscribe(topic('+', 'up'))
        this.#isListening = true
        log.info('ingest is connected to the broker')
        delayMs = BACKOFF_MS[0]
        const ended = Promise.withResolvers<void>()
        session.closed.addEventListener('abort', () => ended.resolve(), { once: true })
        this.#stop.signal.addEventListener('abort', () => ended.resolve(), { once: true })
        if (!session.closed.aborted && !this.#stop.signal.aborted) await ended.promise
      } catch (error) {
        if (!(error instanceof SyncError)) throw error
        if (!this.#stop.signal.aborted) log.warn({ why: error.message }, 'the broker is not reached; it is tried again')
      } finally {
        this.#session = null
        this.#isListening = false
      }
      await sleep(delayMs, this.#stop.signal, clock)
      delayMs = Math.min(delayMs * 2, BACKOFF_MS[1])
    }
  }

  /** Asks held gateways again, until they send: an invitation may be lost too. */
  async #release(): Promise<void> {
    const { clock } = this.#options
    for (const { signal } = this.#stop; !signal.aborted; await sleep(HOLD_MS, signal, clock)) {
      if (this.#held.size === 0 || !this.#inbox.isOpen(this.#cursor)) continue
      this.#tellFull(null)
      for (const [gateway, epoch] of this.#held) this.#answer(gateway, invitation(epoch, clock.now()))
    }
  }

  /** The last batch that every reader has read. */
  get #cursor(): number {
    return Math.min(...this.#readers.map(({ cursor }) => cursor))
  }

  async #sweep(): Promise<void> {
    const { records, clock, log } = this.#options
    for (const { signal } = this.#stop; !signal.aborted; await sleep(SWEEP_MS, signal, clock)) {
      await sweepRecords(records.db, { site: clock.now(), machine: Date.now() }).catch((error: Error) =>
        log.warn({ err: error }, 'old rows were not swept; it is tried again'),
      )
    }
  }

  #onMessage(name: string, bytes: Uint8Array, isRetained: boolean): void {
    const parsed = parseTopic(name)
    if (parsed?.end === 'status')
      this.#takeStatus(parsed.gateway, bytes, isRetained).catch((error: Error) =>
        this.#options.log.warn({ gateway: parsed.gateway, err: error }, 'a status was not kept'),
      )
    if (parsed?.end !== 'up') return
    this.#heard.add(parsed.gateway)
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      this.#dropped += 1
      return
    }
    this.#waiting.push({ gateway: parsed.gateway, bytes, received: this.#options.clock.now() })
    this.#waitingBytes += bytes.length
    if (this.#isTaking) return
    this.#isTaking = true
    this.#soon(() => this.#take())
  }

  #soon(call: () => void): void {
    const { soon = setImmediate } = this.#options
    soon(call)
  }

  /** Takes what has come since the last commit, then acknowledges it. */
  #take(): void {
    // The inbox may be closed already; what is not acknowledged comes again.
    if (this.#stop.signal.aborted) return
    const deliveries = this.#waiting.splice(0, TAKE_MAX)
    for (const { bytes } of deliveries) this.#waitingBytes -= bytes.length
    try {
      const acks = this.#inbox.take(deliveries, this.#cursor)
      this.#tellFull(null)
      this.#bell.ring()
      for (const { gateway, ack } of acks) {
        this.#answer(gateway, ack)
      }
    } catch (error) {
      this.#tellFull(error as Error)
      for (const { gateway, ack } of this.#inbox.hold(deliveries)) this.#answer(gateway, ack)
    }
    this.#isTaking = this.#waiting.length > 0
    if (this.#isTaking) this.#soon(() => this.#take())
  }

  /** A lost answer is healed by the gateway, which sends again. Release 0.1 drops an answer that says more than it knows. */
  #answer(gateway: string, ack: Ack): void {
    if (ack.credit === 0 && ack.renew === undefined) this.#held.set(gateway, ack.epoch)
    const { now: _, ...plain } = ack
    const said = this.#inbox.renews(gateway) ? { ...ack, now: this.#options.clock.now() } : plain
    const freed = ack.credit > 0 && !isInvitation(ack)
    this.#session?.publish(topic(gateway, 'ack'), encodeAck(said)).then(
      () => freed && this.#held.delete(gateway),
      () => {},
    )
  }

  #tellFull(error: Error | null): void {
    if ((error?.message ?? null) === this.#fault) return
    this.#fault = error?.message ?? null
    const { log } = this.#options
    if (error) log.error({ err: error }, 'the inbox takes nothing; rows stay at their gateways and come again')
    else log.info('the inbox takes rows again')
  }

  async #takeStatus(gateway: string, bytes: Uint8Array, isRetained: boolean): Promise<void> {
    const status = decodeStatus(bytes)
    const { online, epoch, boot, clock, config, lanes } = status
    const now = this.#options.clock.now()
    const renewal = this.#inbox.hear(gateway, status, now, { isRetained, isHeard: this.#heard.has(gateway) })
    this.#bell.ring()
    if (online && renewal) this.#answer(gateway, renewal)
    // It was there before us: what it sent meanwhile nobody heard. Or it waits for our time.
    else if (online && (isRetained || !clock.trusted)) this.#answer(gateway, invitation(epoch, now))
    await this.#options.records.db.transaction().execute(async (trx) => {
      await putGateway(trx, {
        id: gateway,
        online: online ? 1 : 0,
        epoch,
        boot,
        since: now,
        clock: JSON.stringify(clock),
        config,
        lanes: JSON.stringify(this.#positions(gateway, epoch, lanes)),
        updated: now,
        doubt: this.#inbox.doubtOf(gateway, epoch)?.why ?? null,
      })
      await recordChange(trx, 'gateway', gateway, Date.now())
    })
  }

  /** How far the gateway says it has come, beside how many of its rows are here. */
  #positions(gateway: string, epoch: string, lanes: Status['lanes']): Record<string, { issued: number; received: number }> {
    const here = this.#inbox.lanes().filter((lane) => lane.gateway === gateway && lane.epoch === epoch)
    return Object.fromEntries(
      LANES.map((lane) => [
        lane,
        { issued: lanes[lane].issued, received: countOf(here.find((row) => row.lane === lane)?.received ?? []) },
      ]),
    )
  }
}
