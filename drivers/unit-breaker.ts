import { backoffMs } from './backoff.ts'
import type { Failure } from './unit-reader.ts'

/** The first rest of a unit that says nothing; each further silence doubles it. */
export const UNIT_REST_MS_MIN = 5_000
/** The longest rest: how late a unit is found that came back. */
export const UNIT_REST_MS_MAX = 120_000

/** Keeps a unit that says nothing from taking its line's time: after each probe in vain it rests, twice as long each time. */
export class UnitBreaker {
  readonly #random: () => number
  #silences = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #failure: Failure | undefined

  /** @param random from 0 to below 1: the rests of many units do not end together. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Why it is not asked now; undefined: it may be. @param now in milliseconds that only rise, as in all these calls */
  resting(now: number): Failure | undefined {
    return now < this.#retryAt ? this.#failure : undefined
  }

  /** It said nothing, though it could be asked. */
  silent(failure: Failure, now: number): void {
    this.#failure = failure
    this.#retryAt = now + backoffMs(++this.#silences, this.#random(), UNIT_REST_MS_MIN, UNIT_REST_MS_MAX)
  }

  answered(): void {
    this.#silences = 0
    this.#retryAt = Number.NEGATIVE_INFINITY
    this.#failure = undefined
  }
}
