import { setImmediate as settled } from 'node:timers/promises'
import type { Clock } from '#devices'
import { processTimers, sleep } from '#devices/time'

/** Timers that may wait at a time: a driver has a few. */
export const REPLAY_TIMERS_MAX = 100_000

/** Time that goes from one timer to the next, as fast as the work between them is done, so that a run is the same each time. */
export class ReplayClock implements Clock {
  readonly speed: number
  readonly #start: number
  #mono: number
  /** By time, then by who was first. */
  readonly #timers: { readonly at: number; readonly call: () => void }[] = []

  /**
   * @param start site time, epoch ms, when machine time is 0
   * @param mono machine time at which it begins
   */
  constructor(start: number, speed: number, mono = 0) {
    this.#start = start
    this.speed = speed
    this.#mono = mono
  }

  readonly now = (): number => Math.round(this.#start + this.#mono * this.speed)
  readonly mono = (): number => this.#mono

  readonly after = (ms: number, call: () => void): (() => void) => {
    if (this.#timers.length >= REPLAY_TIMERS_MAX)
      throw new RangeError(`expected at most ${REPLAY_TIMERS_MAX} timers, got one more`)
    const timer = { at: this.#mono + Math.max(0, ms), call }
    const index = this.#timers.findLastIndex(({ at }) => at <= timer.at) + 1
    this.#timers.splice(index, 0, timer)
    return () => {
      const at = this.#timers.indexOf(timer)
      if (at >= 0) this.#timers.splice(at, 1)
    }
  }

  /**
   * Lets time go until `untilMs` of machine time, or a stop.
   * @param pace machine time in one millisecond of this process; absent: as fast as it goes
   */
  async run(untilMs: number, stop: AbortSignal, pace?: number): Promise<void> {
    for (;;) {
      // What was called goes as far as it can without time: promises, then the streams' own turns.
      await settled()
      await settled()
      const [timer] = this.#timers
      if (stop.aborted || timer === undefined || timer.at > untilMs) return
      if (pace !== undefined && timer.at > this.#mono) await sleep((timer.at - this.#mono) / pace, stop, processTimers)
      this.#timers.shift()
      this.#mono = timer.at
      timer.call()
    }
  }
}
