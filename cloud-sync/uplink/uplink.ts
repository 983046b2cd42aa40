import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { Bell, sleep } from '#devices/time'
import { type Connect, type Connection, Session } from '#mqtt'
import {
  addRange,
  BATCH_BYTES_MAX,
  decodeAck,
  encodeStatus,
  isInvitation,
  LANES,
  type Lane,
  missingFrom,
  type Ranges,
  type Status,
  topic,
} from '#wire'
import type { Outbox, OutgoingBatch } from './outbox.ts'
import { LINGER_MS, Picker } from './picker.ts'
import { Settler } from './settler.ts'
import { SizeSuspect } from './size-suspect.ts'
import { TimeQuestion } from './time-question.ts'
import type { UplinkState } from './uplink-state.ts'
import { type Sent, Window } from './window.ts'

/** How often the lanes' positions are told anew. */
const STATUS_MS = 5000
/** A look at what waits, also without a ring: unacknowledged batches expire. */
const LOOK_MS = 1000
/** What the cloud does not have by then goes after the next start. */
const DRAIN_MS = 3000
const DRAIN_LOOK_MS = 20
/** After it a broker that takes no farewell is left without one. */
const FAREWELL_MS = 1000
/** Reconnecting: full jitter between half and all of a delay that doubles from the first to the last of these. */
const BACKOFF_MS = [500, 30_000] as const

export interface UplinkOptions {
  readonly url: string
  /** The network; default MQTT over TCP. */
  readonly connect?: Connect
  readonly gateway: string
  readonly outbox: Outbox
  /** The hello; the uplink fills in the lanes. */
  readonly hello: () => Omit<Status, 'online' | 'lanes'>
  readonly clock: Clock
  /** Told the cloud's time, with the machine time at which that was sent which it answers. */
  readonly onTime?: (now: number, sentAt: number) => void
  /** 0 to 1, for jitter. */
  readonly random: () => number
  /** How long a planned stop waits for the cloud to have everything; default `DRAIN_MS`. */
  readonly drainMs?: number
  readonly log: Logger
}

/** Sends what the outbox holds until the cloud has it. Starts at once and runs until disposed; a broker that is away is tried for ever. */
export class Uplink implements AsyncDisposable {
  readonly #options: UplinkOptions
  readonly #stop = new AbortController()
  readonly #bell = new Bell()
  readonly #settler: Settler
  readonly #suspect = new SizeSuspect()
  #state: Omit<UplinkState, 'bytesUnderWay' | 'windowBytes' | 'bytesPerSecond'>
  /** Numbers that this connection has sent. */
  #carried: Record<Lane, Ranges> = { alarm: [], event: [], reading: [] }
  #window = new Window()
  /** Of the connection; null where there is none. */
  #picker: Picker | null = null
  #isDraining = false
  readonly #question = new TimeQuestion()
  #running: Promise<void> = Promise.resolve()

  private constructor(options: UplinkOptions) {
    this.#options = options
    const { clock, outbox, log } = options
    this.#settler = new Settler(outbox, {
      settled: () => this.#bell.ring(),
      failure: (lane, error) => {
        // Nothing else would ever send them again on a connection that holds.
        this.#picker?.goBack(lane, 0)
        log.error({ err: error }, 'the journal could not free acknowledged rows; they will be sent again')
      },
    })
    this.#state = {
      isConnected: false,
      since: clock.now(),
      error: null,
      batchBytesMax: BATCH_BYTES_MAX,
      batchesSent: 0,
      rowsSent: 0,
      bytesSent: { fresh: 0, backlog: 0 },
    }
  }

  static start(options: UplinkOptions): Uplink {
    const uplink = new Uplink(options)
    uplink.#running = uplink.#run()
    return uplink
  }

  get state(): UplinkState {
    const { bytes, limit, bytesPerSecond } = this.#window
    return { ...this.#state, bytesUnderWay: bytes, windowBytes: Math.floor(limit), bytesPerSecond }
  }

  /** Sends what waits, as long as the link is up and for a bounded time, then ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { clock, outbox, drainMs = DRAIN_MS } = this.#options
    this.#isDraining = true
    const until = clock.mono() + drainMs
    while (this.#state.isConnected && clock.mono() < until && LANES.some((lane) => outbox.lanes[lane].waiting > 0)) {
      this.#bell.ring()
      await sleep(DRAIN_LOOK_MS, this.#stop.signal, clock)
    }
    this.#stop.abort()
    this.#bell.ring()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, outbox, random } = this.#options
    using _ = outbox.onCommit(() => this.#bell.ring())
    for (let delayMs: number = BACKOFF_MS[0]; !this.#stop.signal.aborted; ) {
      try {
        await this.#converse(() => {
          delayMs = BACKOFF_MS[0]
        })
      } catch (error) {
        // Whatever it was, rows are in the journal and the next connection sends them.
        if (!this.#stop.signal.aborted) this.#tell(false, (error as Error).message)
      }
      await sleep(delayMs * (0.5 + random() / 2), this.#stop.signal, clock)
      delayMs = Math.min(delayMs * 2, BACKOFF_MS[1])
    }
  }

  /** One connection, from the hello to its end. */
  async #converse(onOpen: () => void): Promise<void> {
    const { url, gateway, clock, outbox, connect = Session.open } = this.#options
    const { epoch } = outbox
    const will = { topic: topic(gateway, 'status'), payload: encodeStatus(this.#status(false)) }
    await using session = await connect(
      { url, clientId: `sluice-${gateway}`, will, onMessage: (_, payload) => this.#settle(payload) },
      this.#stop.signal,
    )
    const ring = () => this.#bell.ring()
    session.closed.addEventListener('abort', ring, { once: true })
    let stay = () => {}
    const leave = () => {
      stay = clock.after(FAREWELL_MS, () => session.abort())
    }
    this.#stop.signal.addEventListener('abort', leave, { once: true })
    using _ = {
      [Symbol.dispose]: () => {
        this.#stop.signal.removeEventListener('abort', leave)
        stay()
      },
    }
    this.#window = new Window()
    this.#carried = { alarm: [], event: [], reading: [] }
    this.#question.begin(outbox.lanes)
    const isSame = () => outbox.epoch === epoch
    await session.subscribe(topic(gateway, 'ack'))
    await this.#greet(session)
    this.#tell(true, null)
    onOpen()
    try {
      await this.#pump(session, isSame)
    } finally {
      const isBroken = session.closed.aborted
      const untaken = isBroken ? this.#window.untaken() : []
      this.#picker = null
      await this.#judge(untaken)
      if (!isBroken) await session.publish(will.topic, encodeStatus(this.#status(false)), { retain: true }).catch(() => {})
      const why = isSame() ? 'the connection ended' : 'the journal begins a new epoch'
      this.#tell(false, this.#stop.signal.aborted ? null : why)
    }
  }

  /** Hands one batch after the other to the connection; ends with the epoch. */
  async #pump(session: Connection, isSame: () => boolean): Promise<void> {
    const { clock, outbox } = this.#options
    const picker = new Picker({
      outbox,
      window: this.#window,
      bell: this.#bell,
      clock,
      isDraining: () => this.#isDraining,
      bytesMax: () => this.#state.batchBytesMax,
    })
    this.#picker = picker
    let failure: Error | null = null
    const fail = (error: Error) => {
      failure = error
      this.#bell.ring()
    }
    let told = this.#position()
    let toldAt = clock.mono()
    while (!session.closed.aborted && !this.#stop.signal.aborted && isSame()) {
      if (failure) throw failure
      await this.#expire(picker)
      const now = this.#position()
      const hasTurned = now.isTrusted !== told.isTrusted
      if (hasTurned || (clock.mono() - toldAt >= STATUS_MS && (told.lanes !== now.lanes || !now.isTrusted))) {
        told = now
        toldAt = clock.mono()
        // Not waited for: on a thin link that is long, and an alarm may come.
        this.#greet(session).catch(fail)
      }
      const heard = this.#bell.count
      const batch = await picker.pick()
      if (batch === null) {
        await this.#bell.wait(heard, picker.isLingering ? LINGER_MS / 4 : LOOK_MS, this.#stop.signal, clock)
        continue
      }
      if (!isSame()) return
      this.#send(session, picker, batch).catch(fail)
    }
  }

  /** Resolves when the broker has taken it, which frees nothing. */
  async #send(session: Connection, picker: Picker, batch: OutgoingBatch): Promise<void> {
    const { clock, gateway } = this.#options
    const take = this.#window.add(batch, clock.mono())
    this.#carried[batch.lane] = addRange(this.#carried[batch.lane], batch.first, batch.last)
    this.#question.batch(batch, clock.mono())
    const { batchesSent, rowsSent, bytesSent } = this.#state
    const share = picker.shareOf(batch)
    this.#state = {
      ...this.#state,
      batchesSent: batchesSent + 1,
      rowsSent: rowsSent + batch.rows,
      bytesSent: share ? { ...bytesSent, [share]: bytesSent[share] + batch.bytes.length } : bytesSent,
    }
    await session.publish(topic(gateway, 'up'), batch.bytes)
    take()
    this.#bell.ring()
  }

  /** What waited too long for its acknowledgement goes again. */
  async #expire(picker: Picker): Promise<void> {
    const expired = this.#window.expire(this.#options.clock.mono())
    if (expired.length === 0) return
    await this.#judge(expired.filter(({ isTaken }) => isTaken))
    for (const { lane, first } of expired) picker.goBack(lane, first)
  }

  /** A batch that fails again and again is sealed anew, in smaller pieces. */
  async #judge(failed: readonly Sent[]): Promise<void> {
    const { outbox, log } = this.#options
    const suspicion = this.#suspect.judge(failed)
    if (suspicion === null) return
    const { lane, first, bytesMax, isBound } = suspicion
    log.warn({ lane, first, bytesMax, isBound }, 'a batch does not get through; it is sent in smaller pieces')
    if (isBound) this.#state = { ...this.#state, batchBytesMax: Math.min(this.#state.batchBytesMax, bytesMax) }
    await outbox
      .reseal(lane, first, bytesMax)
      .catch((error: Error) => log.warn({ err: error }, 'the journal could not seal a batch anew; it is tried again'))
  }

  /** Says the hello; a cloud that hears of a clock which is not trusted answers with its own time. */
  async #greet(session: Connection): Promise<void> {
    const status = this.#status(true)
    if (!status.clock.trusted) this.#question.status(this.#options.clock.mono())
    await session.publish(topic(this.#options.gateway, 'status'), encodeStatus(status), { retain: true })
  }

  #position(): { readonly lanes: string; readonly isTrusted: boolean } {
    const { outbox, hello } = this.#options
    return { lanes: JSON.stringify(outbox.lanes), isTrusted: hello().clock.trusted }
  }

  #settle(payload: Uint8Array): void {
    const { outbox, clock, log } = this.#options
    try {
      const ack = decodeAck(payload)
      if (ack.epoch !== outbox.epoch) return
      if (ack.renew !== undefined) {
        this.#renew(ack.epoch, ack.renew)
        return
      }
      const sentAt = this.#question.answered(ack)
      if (ack.now !== undefined && sentAt !== null) this.#options.onTime?.(ack.now, sentAt)
      if (isInvitation(ack) && ack.credit > 0) {
        // Whatever is not acknowledged goes again, from the oldest on.
        this.#window.clear(ack.credit)
        for (const lane of LANES) this.#picker?.goBack(lane, 0)
        this.#bell.ring()
        return
      }
      const refused = ack.refused.map(([first, last]): [number, number] => [first, last])
      const sent = this.#window.settle(ack.lane, [...ack.ranges, ...refused], ack.credit, clock.mono())
      this.#suspect.clear(sent)
      if (refused.length > 0) log.warn({ lane: ack.lane, refused: ack.refused }, 'the cloud refuses rows; they are set aside')
      // An answer to another holder of our name, as to a clone of our disk, must not free what we did not send.
      const isOurs = ([first, last]: readonly [number, number, ...unknown[]]) =>
        missingFrom(this.#carried[ack.lane], first, last).length === 0
      this.#settler.settle({ ...ack, ranges: ack.ranges.filter(isOurs), refused: ack.refused.filter(isOurs) })
      this.#bell.ring()
    } catch (error) {
      log.warn({ err: error }, 'dropped an acknowledgement that cannot be read')
    }
  }

  #renew(epoch: string, why: string): void {
    const { outbox, log } = this.#options
    log.warn({ epoch, why }, 'the cloud orders a new epoch; rows that wait get new numbers')
    outbox.renew(epoch, why).then(
      () => this.#bell.ring(),
      (error: Error) => log.error({ err: error }, 'the journal could not begin a new epoch; the cloud will say so again'),
    )
  }

  #status(online: boolean): Status {
    const { outbox, hello } = this.#options
    const lane = (name: Lane) => ({ issued: outbox.lanes[name].issued, oldest: outbox.lanes[name].oldest })
    return { online, ...hello(), lanes: { alarm: lane('alarm'), event: lane('event'), reading: lane('reading') } }
  }

  #tell(isConnected: boolean, error: string | null): void {
    const { clock, log } = this.#options
    if (isConnected !== this.#state.isConnected) {
      this.#state = { ...this.#state, isConnected, since: clock.now() }
      if (isConnected) log.info('connected to the broker')
      else log.warn({ why: error }, 'the broker is away; rows are kept and it is tried again')
    } else if (error !== null && error !== this.#state.error)
      log.warn({ why: error }, 'the broker is not reached; rows are kept and it is tried again')
    this.#state = { ...this.#state, error }
  }
}
