/** A job that is one unit's. */
interface UnitJob {
  readonly unit: number
}

/** What comes next: a job, or in how many milliseconds the nearest one may go; undefined when nothing waits. */
export type Next<Job> = { readonly job: Job } | { readonly waitMs: number } | undefined

/**
 * Jobs in the order in which they go on one line: the units take turns, a job each, so that one that has much to ask delays another by no more
 * than a job; of a unit they stay in the order they came. A unit whose job must wait yet is passed over.
 */
export class UnitTurns<Job extends UnitJob> {
  /** By unit; the unit whose turn it is stands first. */
  readonly #units = new Map<number, Job[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  sizeOf(unit: number): number {
    return this.#units.get(unit)?.length ?? 0
  }

  add(job: Job): void {
    const waiting = this.#units.get(job.unit)
    if (waiting) waiting.push(job)
    else this.#units.set(job.unit, [job])
    this.#size++
  }

  /** @param waitMsOf how long a job must wait yet; 0 or less: it may go */
  next(waitMsOf: (job: Job) => number): Next<Job> {
    let nearestMs = Number.POSITIVE_INFINITY
    for (const [unit, waiting] of this.#units) {
      const [job] = waiting
      if (job === undefined) continue
      const waitMs = waitMsOf(job)
      nearestMs = Math.min(nearestMs, waitMs)
      if (waitMs > 0) continue
      waiting.shift()
      this.#size--
      // Its next turn comes behind all who wait now.
      this.#units.delete(unit)
      if (waiting.length > 0) this.#units.set(unit, waiting)
      return { job }
    }
    return this.#units.size === 0 ? undefined : { waitMs: nearestMs }
  }

  /** Takes everything out. */
  drain(): Job[] {
    const jobs = [...this.#units.values()].flat()
    this.#units.clear()
    this.#size = 0
    return jobs
  }
}
