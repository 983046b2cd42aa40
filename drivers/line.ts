import type { Duplex } from 'node:stream'
import type { Clock } from '#devices'
import { ProtocolError } from '#protocols/error'
import { decodeResponse, type Response } from '#protocols/modbus'
import { backoffMs } from './backoff.ts'
import type { Log } from './driver.ts'
import { DriverError } from './driver-error.ts'
import type { Framing, Query } from './framing.ts'
import { sleep } from './sleep.ts'

/** Requests that may wait for a line, so that a full bus of 247 units may ask twice each. */
export const LINE_PENDING_MAX = 512
/** Timeouts in a row after which a connection is taken for dead, as behind a router that forgot it. */
export const TIMEOUTS_IN_ROW_MAX = 3

/** One connection with one talker. Everybody who means the same line shares it. */
export interface Line {
  readonly url: string
  /** Numbers that only rise, for `/metrics`. */
  readonly counts: Readonly<LineCounts>
  /**
   * Asks a unit and waits for the answer to just this request: transaction, unit, function, length and echo are its own. The deadline
   * runs from the moment the request is sent; requests are sent one after the other, first come first served.
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
  garbageBytes: number
  connections: number
  refusedConnections: number
  overloads: number
}

/** What a line is made of. */
export interface LineOptions {
  readonly url: string
  readonly framing: Framing
  /** Opens the stream; throws DriverError. */
  readonly connect: (stop: AbortSignal) => Promise<Duplex>
  readonly clock: Pick<Clock, 'mono'>
  readonly log: Log
  /** From 0 to below 1, for the backoff. */
  readonly random: () => number
}

interface Job {
  readonly unit: number
  readonly query: Query
  readonly timeoutMs: number
  readonly settle: (outcome: Response | Error) => void
  isSettled: boolean
}

/** A line over a byte stream that is opened when it is needed and opened again, with a backoff, when it ended. */
export class StreamLine implements Line, AsyncDisposable {
  readonly #options: LineOptions
  readonly #end = new AbortController()
  readonly #queue: Job[] = []
  readonly #counts = {
    requests: 0,
    answers: 0,
    timeouts: 0,
    exceptions: 0,
    malformed: 0,
    connections: 0,
    refusedConnections: 0,
    overloads: 0,
  }
  #isTalking = false
  #talk: Promise<void> | undefined
  #stream: Duplex | undefined
  /** Ends the wait for the answer in flight. */
  #answered: ((outcome: Uint8Array | Error) => void) | undefined
  /** Whether this connection ever brought an answer. */
  #hasAnswered = false
  /** Whether anything came since the last request. */
  #isHeard = false
  /** Connections in a row that were refused. One that opened and then ended needs no backoff: it is opened by the next request only. */
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #timeoutsInRow = 0
  #isKnownLost = false

  constructor(options: LineOptions) {
    this.#options = options
  }

  get url(): string {
    return this.#options.url
  }

  get counts(): LineCounts {
    return { ...this.#counts, ...this.#options.framing.counts }
  }

  transact(unit: number, query: Query, timeoutMs: number, stop: AbortSignal): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (stop.aborted || this.#end.signal.aborted) return reject(this.#stopped())
      if (this.#queue.length >= LINE_PENDING_MAX) {
        this.#counts.overloads++
        return reject(
          new DriverError('overloaded', `expected less than ${LINE_PENDING_MAX} requests waiting for ${this.url}, got one more`),
        )
      }
      const onStop = (): void => job.settle(this.#stopped())
      const job: Job = {
        unit,
        query,
        timeoutMs,
        isSettled: false,
        settle: (outcome) => {
          job.isSettled = true
          stop.removeEventListener('abort', onStop)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        },
      }
      stop.addEventListener('abort', onStop)
      this.#queue.push(job)
      if (this.#isTalking) return
      this.#isTalking = true
      this.#talk = this.#serve()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    for (const job of this.#queue.splice(0)) job.settle(this.#stopped())
    this.#drop(this.#stopped())
    await this.#talk
  }

  async #serve(): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      if (!job.isSettled) job.settle(await this.#exchange(job))
    }
    this.#isTalking = false
  }

  /** One request and its answer, or why there is none. A caller that stopped does not end it: the answer is on its way all the same. */
  async #exchange(job: Job, isAgain = false): Promise<Response | Error> {
    const { framing } = this.#options
    try {
      const stream = await this.#connected()
      const holdMs = framing.holdMs(job.unit, job.query)
      if (holdMs > 0) await sleep(holdMs, this.#end.signal)
      const isUsed = this.#hasAnswered
      const outcome = await this.#ask(stream, job)
      // A device that closes idle connections may do so in the very moment of the request: a read of which nothing was heard asks again.
      const isStale =
        isUsed && !this.#isHeard && this.#stream === undefined && outcome instanceof DriverError && outcome.code === 'unreachable'
      if (isStale && !isAgain && job.query.request.function <= 4 && !job.isSettled) return await this.#exchange(job, true)
      if (outcome instanceof Error) return outcome
      const response = decodeResponse(outcome, job.query.request)
      this.#counts.answers++
      return response
    } catch (error) {
      if (error instanceof ProtocolError) return this.#refused(error)
      // Anything but a DriverError is a bug, which the caller shall see.
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  #refused(error: ProtocolError): ProtocolError {
    if (error.code === 'exception') this.#counts.exceptions++
    else this.#counts.malformed++
    return error
  }

  /** Resolves, and never rejects, with the answer's PDU or the reason why none came. */
  #ask(stream: Duplex, { unit, query, timeoutMs }: Job): Promise<Uint8Array | Error> {
    return new Promise((resolve) => {
      if (this.#stream !== stream) return resolve(this.#lost())
      const timer = setTimeout(() => this.#answered?.(this.#timedOut(unit, timeoutMs)), Math.ceil(timeoutMs))
      this.#answered = (outcome) => {
        this.#answered = undefined
        clearTimeout(timer)
        resolve(outcome)
      }
      this.#isHeard = false
      this.#counts.requests++
      stream.write(this.#options.framing.start(unit, query))
    })
  }

  #timedOut(unit: number, timeoutMs: number): Error {
    const { framing } = this.#options
    const damage = framing.giveUp()
    this.#timeoutsInRow++
    if (damage) this.#counts.malformed++
    else this.#counts.timeouts++
    const error =
      damage ?? new DriverError('timeout', `expected an answer of unit ${unit} on ${this.url} in ${timeoutMs} ms, got none`)
    if (framing.isBroken || this.#timeoutsInRow >= TIMEOUTS_IN_ROW_MAX) this.#drop(error)
    return error
  }

  async #connected(): Promise<Duplex> {
    if (this.#stream) return this.#stream
    const { clock, connect, framing, log, random, url } = this.#options
    if (this.#end.signal.aborted) throw this.#stopped()
    const waitMs = Math.ceil(this.#retryAt - clock.mono())
    if (waitMs > 0)
      throw new DriverError('unreachable', `expected a connection to ${url}, got none; the next try is in ${waitMs} ms`)
    try {
      const stream = await connect(this.#end.signal)
      this.#counts.connections++
      this.#failures = 0
      this.#timeoutsInRow = 0
      this.#hasAnswered = false
      framing.reset()
      this.#stream = stream
      this.#listen(stream)
      if (this.#isKnownLost) log.info({ line: url }, 'line open again')
      this.#isKnownLost = false
      return stream
    } catch (error) {
      if (!(error instanceof DriverError) || error.code === 'stopped') throw error
      this.#counts.refusedConnections++
      this.#retryAt = clock.mono() + backoffMs(++this.#failures, random())
      if (!this.#isKnownLost) log.warn({ line: url, code: error.code, cause: error.message }, 'line lost')
      this.#isKnownLost = true
      throw error
    }
  }

  #listen(stream: Duplex): void {
    stream.on('data', (chunk: Uint8Array) => {
      if (this.#stream !== stream) return
      const { framing } = this.#options
      this.#isHeard = true
      const answer = framing.receive(chunk)
      if (answer) {
        this.#hasAnswered = true
        this.#timeoutsInRow = 0
        this.#answered?.(answer)
      }
      if (framing.isBroken) this.#drop(new ProtocolError('malformed', 'expected a frame, got other bytes', chunk))
    })
    stream.on('error', () => this.#closed(stream))
    stream.on('end', () => this.#closed(stream))
    stream.on('close', () => this.#closed(stream))
  }

  #closed(stream: Duplex): void {
    if (this.#stream === stream) this.#drop(this.#lost())
  }

  /** Ends the connection and, for this reason, the wait for an answer. The next request opens another. */
  #drop(reason: Error): void {
    const stream = this.#stream
    if (stream === undefined) return
    this.#stream = undefined
    stream.destroy()
    this.#answered?.(reason)
  }

  #lost(): DriverError {
    return new DriverError('unreachable', `expected an answer on ${this.url}, got the end of the connection`)
  }

  #stopped(): DriverError {
    return new DriverError('stopped', `expected an answer on ${this.url}, got a stop`)
  }
}
