import type { Duplex } from 'node:stream'
import type { Clock } from '#devices'
import { sleep } from '#devices/time'
import { ProtocolError } from '#protocols/error'
import { decodeResponse, type Response } from '#protocols/modbus'
import { DriverError } from './driver-error.ts'
import { dataBytes, type Framing, isRead, type Query } from './framing.ts'
import { LineConnector, type LineConnectorOptions } from './line-connector.ts'
import { type Job, LineQueue, LOOK_MS } from './line-queue.ts'
import type { LineTiming } from './serial-timing.ts'
import type { WireTap } from './wire-tap.ts'

/** Timeouts in a row after which a connection is taken for dead, as behind a router that forgot it. */
export const TIMEOUTS_IN_ROW_MAX = 3
/** A line that is never silent for long enough is spoken on all the same after so long; the CRC finds the answer in the noise. */
export const NOISE_MS_MAX = 500
/** Silence after which half an answer is no longer waited out: more than adapters and serial servers put between the parts of a frame. */
export const SILENCE_MS = 100
/** Requests in a row that may precede one to prove that nothing is owed any more. */
export const PROOFS_MAX = 8
/** Bytes that may wait to be sent: beyond them nobody takes them at the other end. */
export const UNSENT_BYTES_MAX = 4_096
/** Unit, function, byte count and CRC around what was read; as much as the answer to a write has in all. */
const ANSWER_BYTES = 8

/** One connection with one talker. Everybody who means the same line shares it. */
export interface Line {
  readonly url: string
  /** Numbers that only rise, for `/metrics`. */
  readonly counts: Readonly<LineCounts>
  /**
   * Asks a unit and waits for the answer to just this request: transaction, unit, function, length and echo are its own. The deadline
   * runs from the moment the request is sent, and on a serial line the time is added that the bytes take; requests are sent one after the
   * other, the units by turns, those to one unit in the order they came.
   * @throws DriverError; ProtocolError `exception` when the device refuses, `checksum`, `malformed` or `truncated` when what it answers is
   * damaged.
   */
  transact(unit: number, query: Query, timeoutMs: number, stop: AbortSignal): Promise<Response>
}

export interface LineCounts {
  requests: number
  answers: number
  timeouts: number
  exceptions: number
  malformed: number
  late: number
  foreign: number
  echoes: number
  garbageBytes: number
  connections: number
  refusedConnections: number
  overloads: number
}

/** What a line is made of. */
export interface LineOptions extends LineConnectorOptions {
  readonly framing: Framing
  readonly timing: LineTiming
  /** Timeouts in a row after which the connection is given up. */
  readonly timeoutsInRowMax: number
  readonly clock: Pick<Clock, 'mono' | 'after'>
  /** Hears every byte, both ways. */
  readonly tap?: WireTap
}

/** A line over a byte stream that is opened when it is needed and opened again, with a backoff, when it ended. */
export class StreamLine implements Line, AsyncDisposable {
  readonly #options: LineOptions
  readonly #end = new AbortController()
  readonly #connector: LineConnector
  readonly #queue: LineQueue
  readonly #counts = {
    requests: 0,
    answers: 0,
    timeouts: 0,
    exceptions: 0,
    malformed: 0,
  }
  #stream: Duplex | undefined
  /** Until the last connection has let go of its port. */
  #closing: Promise<void> | undefined
  /** Machine time at which the line will have been silent for a gap. */
  #silentAt = 0
  /** Ends the wait for silence. */
  #unwatch: (() => void) | undefined
  /** Ends the wait for the answer in flight. */
  #answered: ((outcome: Uint8Array | Error) => void) | undefined
  /** Whether this connection ever brought an answer. */
  #hasAnswered = false
  /** Whether it had, when the last request was sent. */
  #wasUsed = false
  /** Whether anything came since the last request. */
  #isHeard = false
  #timeoutsInRow = 0

  constructor(options: LineOptions) {
    const { url, framing, clock } = options
    this.#options = options
    this.#connector = new LineConnector(options)
    this.#queue = new LineQueue({
      url,
      timers: clock,
      exchange: (job) => this.#exchange(job),
      // Others are asked while a unit is given time for what it owes.
      waitMsOf: ({ unit, query }) => {
        const precaution = framing.precaution(unit, query)
        return precaution !== undefined && 'waitMs' in precaution ? precaution.waitMs : 0
      },
    })
  }

  get url(): string {
    return this.#options.url
  }

  get counts(): LineCounts {
    const { overloads } = this.#queue
    return { ...this.#counts, ...this.#connector.counts, overloads, ...this.#options.framing.counts }
  }

  transact(unit: number, query: Query, timeoutMs: number, stop: AbortSignal): Promise<Response> {
    return this.#queue.transact(unit, query, timeoutMs, stop)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    const queueEnded = this.#queue[Symbol.asyncDispose]()
    this.#drop(this.#stopped())
    await queueEnded
    await this.#closing
  }

  /** One request and its answer, or why there is none. A caller that stopped does not end it: the answer is on its way all the same. */
  async #exchange(job: Job, isAgain = false): Promise<Response | Error> {
    const { unit, query, timeoutMs } = job
    try {
      const outcome = (await this.#takePrecautions(job)) ?? (await this.#ask(unit, query, timeoutMs))
      // A device that closes idle connections may do so in the very moment of the request: a read of which nothing was heard asks again.
      const isLost = this.#stream === undefined && outcome instanceof DriverError && outcome.code === 'unreachable'
      if (isLost && this.#wasUsed && !this.#isHeard && !isAgain && isRead(query.request) && !job.isSettled)
        return await this.#exchange(job, true)
      if (outcome instanceof ProtocolError) return this.#refused(outcome)
      if (outcome instanceof Error) return outcome
      const response = decodeResponse(outcome, query.request)
      this.#counts.answers++
      return response
    } catch (error) {
      if (error instanceof ProtocolError) return this.#refused(error)
      // Anything but a DriverError is a bug, which the caller shall see.
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  /** Whatever must precede the request. Resolves with the reason why it cannot be sent, if there is one. */
  async #takePrecautions({ unit, query, timeoutMs }: Job): Promise<Error | undefined> {
    const { framing } = this.#options
    for (let proofs = 0; proofs < PROOFS_MAX; ) {
      const precaution = framing.precaution(unit, query)
      if (precaution === undefined) return undefined
      if ('waitMs' in precaution) await sleep(Math.min(precaution.waitMs, LOOK_MS), this.#end.signal, this.#options.clock)
      else {
        proofs++
        const outcome = await this.#ask(unit, precaution.ask, timeoutMs)
        if (outcome instanceof Error) return outcome
      }
      if (this.#end.signal.aborted) return this.#stopped()
    }
    return this.#noAnswer(unit, timeoutMs)
  }

  /** Waits until the line has been silent for as long as frames must be apart. */
  async #awaitSilence(): Promise<void> {
    const { clock } = this.#options
    const latest = clock.mono() + NOISE_MS_MAX
    // Timers fire up to a millisecond early: only the clock says that it is time.
    for (let now = clock.mono(); now < this.#silentAt && now < latest; now = clock.mono()) {
      await sleep(this.#silentAt - now, this.#end.signal, clock)
      if (this.#end.signal.aborted) return
    }
  }

  #refused(error: ProtocolError): ProtocolError {
    if (error.code === 'exception') this.#counts.exceptions++
    else this.#counts.malformed++
    return error
  }

  /** Resolves with the answer's PDU or the reason why none came. @throws DriverError where there is no connection */
  async #ask(unit: number, query: Query, timeoutMs: number): Promise<Uint8Array | Error> {
    const { clock, framing, tap, timing } = this.#options
    const stream = await this.#connected()
    await this.#awaitSilence()
    if (stream.writableLength > UNSENT_BYTES_MAX) this.#drop(this.#lost())
    if (this.#stream !== stream) return this.#end.signal.aborted ? this.#stopped() : this.#lost()
    return new Promise((resolve) => {
      const request = framing.start(unit, query, timeoutMs)
      const answerBytes = ANSWER_BYTES + (isRead(query.request) ? dataBytes(query.request) : 0)
      const wireMs = timing.byteMs * (request.length + answerBytes)
      const cancel = clock.after(Math.ceil(timeoutMs + wireMs), () => this.#timedOut(unit, timeoutMs))
      this.#answered = (outcome) => {
        this.#answered = undefined
        cancel()
        this.#unwatch?.()
        resolve(outcome)
      }
      this.#wasUsed = this.#hasAnswered
      this.#isHeard = false
      this.#counts.requests++
      this.#keepSilence(timing.byteMs * request.length)
      tap?.sent(request)
      stream.write(request)
    })
  }

  #timedOut(unit: number, timeoutMs: number): void {
    const { framing, timeoutsInRowMax } = this.#options
    const answer = framing.receiveSilence()
    if (answer) {
      this.#take(answer)
      return
    }
    this.#keepSilence(0)
    this.#timeoutsInRow++
    const damage = framing.giveUp()
    if (damage === undefined) this.#counts.timeouts++
    const error = damage ?? this.#noAnswer(unit, timeoutMs)
    if (framing.isBroken || this.#timeoutsInRow >= timeoutsInRowMax) this.#drop(error)
    this.#answered?.(error)
  }

  /** The next request waits for a gap, from now or from the end of what is being sent. */
  #keepSilence(sendingMs: number): void {
    const { clock, timing } = this.#options
    this.#silentAt = clock.mono() + sendingMs + timing.gapMs
  }

  async #connected(): Promise<Duplex> {
    if (this.#stream) return this.#stream
    if (this.#end.signal.aborted) throw this.#stopped()
    await this.#closing
    const stream = await this.#connector.open(this.#end.signal)
    this.#timeoutsInRow = 0
    this.#hasAnswered = false
    this.#options.framing.reset()
    this.#keepSilence(0)
    this.#stream = stream
    this.#listen(stream)
    return stream
  }

  #listen(stream: Duplex): void {
    stream.on('data', (chunk: Uint8Array) => {
      if (this.#stream !== stream) return
      const { framing, tap } = this.#options
      tap?.received(chunk)
      this.#isHeard = true
      this.#keepSilence(0)
      const answer = framing.receive(chunk)
      if (answer) this.#take(answer)
      else if (this.#answered) this.#watchSilence()
      if (framing.isBroken) this.#drop(new ProtocolError('malformed', 'expected a frame, got other bytes', chunk))
    })
    stream.on('error', () => this.#closed(stream))
    stream.on('end', () => this.#closed(stream))
    stream.on('close', () => this.#closed(stream))
  }

  #take(answer: Uint8Array | ProtocolError): void {
    this.#hasAnswered = true
    this.#timeoutsInRow = 0
    this.#answered?.(answer)
  }

  #watchSilence(): void {
    const { clock, framing } = this.#options
    this.#unwatch?.()
    this.#unwatch = clock.after(SILENCE_MS, () => {
      const answer = framing.receiveSilence()
      if (answer) this.#take(answer)
    })
  }

  #closed(stream: Duplex): void {
    if (this.#stream === stream) this.#drop(this.#lost())
  }

  /** Ends the connection and, for this reason, the wait for an answer. The next request opens another. */
  #drop(reason: Error): void {
    const stream = this.#stream
    if (stream === undefined) return
    this.#stream = undefined
    this.#closing = new Promise((resolve) => {
      if (stream.closed) resolve()
      else stream.once('close', resolve)
    })
    stream.destroy()
    this.#answered?.(reason)
  }

  #noAnswer(unit: number, timeoutMs: number): DriverError {
    return new DriverError('timeout', `expected an answer of unit ${unit} on ${this.url} in ${timeoutMs} ms, got none`)
  }

  #lost(): DriverError {
    return new DriverError('unreachable', `expected an answer on ${this.url}, got the end of the connection`)
  }

  #stopped(): DriverError {
    return new DriverError('stopped', `expected an answer on ${this.url}, got a stop`)
  }
}
