import type { Clock } from '#devices'
import { sleep } from '#devices/time'

/** A longer wait is cut, so that a site clock that was set forward is noticed within it. */
export const SCHEDULE_WAIT_MS_MAX = 10_000

/**
 * When things of several intervals are due: at the multiples of each interval on the site clock, the first time at once. An interval whose
 * next slot passed while it was itself being served skips it, and the skipped slots are counted; one that had to wait for another's is late.
 */
export class PollSchedule {
  readonly #clock: Clock
  readonly #slots: { readonly everyMs: number; dueAt: number }[]
  #served: readonly number[] = []
  #overruns = 0

  constructor(everyMs: readonly number[], clock: Clock) {
    this.#clock = clock
    this.#slots = everyMs.map((every) => ({ everyMs: every, dueAt: Number.NEGATIVE_INFINITY }))
  }

  /** Slots that were skipped, so far. */
  get overruns(): number {
    return this.#overruns
  }

  /** Waits for the next slots and resolves with the indices of the intervals that are due, none if `stop` ended the wait. */
  async next(stop: AbortSignal): Promise<readonly number[]> {
    this.#skip(this.#clock.now())
    while (!stop.aborted) {
      const now = this.#clock.now()
      const due = this.#take(now)
      if (due.length > 0) {
        this.#served = due
        return due
      }
      const nearest = Math.min(...this.#slots.map(({ dueAt }) => dueAt))
      await sleep(Math.min(SCHEDULE_WAIT_MS_MAX, Math.max(1, (nearest - now) / this.#clock.speed)), stop, this.#clock)
    }
    return []
  }

  #skip(now: number): void {
    for (const index of this.#served) {
      const slot = this.#slots[index]
      if (slot === undefined || slot.dueAt >= now) continue
      const next = Math.ceil(now / slot.everyMs) * slot.everyMs
      this.#overruns += (next - slot.dueAt) / slot.everyMs
      slot.dueAt = next
    }
  }

  #take(now: number): number[] {
    const due: number[] = []
    this.#slots.forEach((slot, index) => {
      // Further off than one interval: the clock was set back.
      if (slot.dueAt - now > slot.everyMs) slot.dueAt = Math.ceil(now / slot.everyMs) * slot.everyMs
      if (slot.dueAt > now) return
      due.push(index)
      const passed = Math.floor(now / slot.everyMs) * slot.everyMs
      if (Number.isFinite(slot.dueAt)) this.#overruns += Math.max(0, (passed - slot.dueAt) / slot.everyMs)
      slot.dueAt = passed + slot.everyMs
    })
    return due
  }
}
