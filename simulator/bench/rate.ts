import { setImmediate } from 'node:timers/promises'

/** How long a figure is measured. */
export interface Effort {
  /** Machine time of one round, and of warming up before the first. */
  readonly roundMs: number
  readonly rounds: number
}

/**
 * How many units a second the work does, alone on this thread: the best of some rounds, for on a machine that does other things, too, noise
 * only ever makes a round slower.
 * @param work does some units and returns their number
 */
export async function rateOf(work: () => number, { roundMs, rounds }: Effort): Promise<number> {
  measured(work, roundMs)
  let best = 0
  for (let round = 0; round < rounds; round++) {
    // A stop that came is heard, and garbage of the round before is not on this one's account alone.
    await setImmediate()
    best = Math.max(best, measured(work, roundMs))
  }
  return best
}

function measured(work: () => number, forMs: number): number {
  const since = performance.now()
  let units = 0
  let elapsedMs = 0
  do {
    units += work()
    elapsedMs = performance.now() - since
  } while (elapsedMs < forMs)
  return (units / elapsedMs) * 1000
}
