import { Bell, type Timers } from '#devices/time'
import type { Response } from '#protocols/modbus'
import { DriverError } from './driver-error.ts'
import type { Query } from './framing.ts'
import { UnitTurns } from './unit-turns.ts'

/** Requests that may wait for a line, so that a full bus of 247 units may ask twice each. */
export const LINE_PENDING_MAX = 512
/** Of these, requests to one unit: no unit can take the places of the others. */
export const UNIT_PENDING_MAX = 64
/** How often a wait looks whether it is over. */
export const LOOK_MS = 20

/** A request that waits for its turn. */
export interface Job {
  readonly unit: number
  readonly query: Query
  readonly timeoutMs: number
  /** Whoever asked no longer waits. */
  readonly isSettled: boolean
}

interface OwnJob extends Job {
  isSettled: boolean
  readonly settle: (outcome: Response | Error) => void
}

export interface LineQueueOptions {
  readonly url: string
  /** Resolves with the answer, or with why there is none; never rejects. */
  readonly exchange: (job: Job) => Promise<Response | Error>
  /** How long a request must wait yet, lest something else be taken for its answer. */
  readonly waitMsOf: (job: Job) => number
  readonly timers: Timers
}

/** Who asks what next on a line: one exchange at a time, the units by turns. */
export class LineQueue implements AsyncDisposable {
  readonly #options: LineQueueOptions
  readonly #turns = new UnitTurns<OwnJob>()
  readonly #bell = new Bell()
  readonly #end = new AbortController()
  #serving: Promise<void> | undefined
  #overloads = 0

  constructor(options: LineQueueOptions) {
    this.#options = options
  }

  /** Requests that found no place. */
  get overloads(): number {
    return this.#overloads
  }

  /** @throws DriverError `overloaded`, `stopped`, and what the exchange resolves with. */
  transact(unit: number, query: Query, timeoutMs: number, stop: AbortSignal): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (stop.aborted || this.#end.signal.aborted) return reject(this.#stopped())
      const full = this.#full(unit)
      if (full) {
        this.#overloads++
        return reject(full)
      }
      const onStop = (): void => job.settle(this.#stopped())
      const job: OwnJob = {
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
      this.#turns.add(job)
      this.#bell.ring()
      this.#serving ??= this.#serve()
    })
  }

  /** Ends what waits. To be called before the exchange under way is ended, and awaited after it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    for (const job of this.#turns.drain()) job.settle(this.#stopped())
    await this.#serving
  }

  async #serve(): Promise<void> {
    const { exchange, timers, waitMsOf } = this.#options
    for (;;) {
      const seen = this.#bell.count
      const next = this.#turns.next((job) => (job.isSettled ? 0 : waitMsOf(job)))
      if (next === undefined) break
      if ('waitMs' in next) await this.#bell.wait(seen, Math.min(next.waitMs, LOOK_MS), this.#end.signal, timers)
      else if (!next.job.isSettled) next.job.settle(await exchange(next.job))
    }
    this.#serving = undefined
  }

  #full(unit: number): DriverError | undefined {
    const { url } = this.#options
    if (this.#turns.sizeOf(unit) >= UNIT_PENDING_MAX) return overloaded(UNIT_PENDING_MAX, `unit ${unit} of ${url}`)
    return this.#turns.size >= LINE_PENDING_MAX ? overloaded(LINE_PENDING_MAX, url) : undefined
  }

  #stopped(): DriverError {
    return new DriverError('stopped', `expected an answer on ${this.#options.url}, got a stop`)
  }
}

function overloaded(most: number, who: string): DriverError {
  return new DriverError('overloaded', `expected less than ${most} requests waiting for ${who}, got one more`)
}
