import { type RainState, type RainSum, sumRain } from './rain-window.ts'

const DAY_MS = 86_400_000
const CHINA_MS = 8 * 3_600_000
const DAY_STARTS_MS = 8 * 3_600_000

/** Rain of one interval, stamped at its END: (at − intervalMs, at]. */
export interface RainInterval extends RainSum {
  readonly at: number
}

export const INTERVALS_MAX = 10_000

/** The end of the interval that an instant belongs to; an instant on the boundary closes the old one. Epoch ms; aligned as in +08:00. */
export function intervalEnd(at: number, intervalMs: number): number {
  return Math.ceil((at + CHINA_MS) / intervalMs) * intervalMs - CHINA_MS
}

/** The 08:00 +08:00 that closes the hydrological day of an instant; 08:00:00.000 itself closes the old day. Epoch ms. */
export function hydrologicalDayEnd(at: number): number {
  const shift = CHINA_MS - DAY_STARTS_MS
  return Math.ceil((at + shift) / DAY_MS) * DAY_MS - shift
}

/**
 * `rainIntervals(state, intervalMs, from, to) → { at, sum, coveredMs }[]`: the intervals whose END lies in (from, to], in time order, each
 * stamped at its end.
 * @throws RangeError for more than `INTERVALS_MAX` of them.
 */
export function rainIntervals(state: RainState, intervalMs: number, from: number, to: number): RainInterval[] {
  const first = intervalEnd(from + 1, intervalMs)
  if ((to - first) / intervalMs >= INTERVALS_MAX)
    throw new RangeError(`expected at most ${INTERVALS_MAX} intervals, got ${Math.ceil((to - first) / intervalMs)}`)
  const intervals: RainInterval[] = []
  for (let at = first; at <= to; at += intervalMs) intervals.push({ at, ...sumRain(state, at, intervalMs) })
  return intervals
}

/** Rain is told in steps of at most so long, whatever the interval at which a gauge is asked. */
export const RAIN_STEP_MAX_MS = 5 * 60_000

/**
 * The end of the step that a gauge's total speaks for: gauges are asked on a grid of their interval, and an answer comes a moment after. Taken
 * as it came, the rain of (10:25, 10:30] would fall into a window that begins at 10:30.
 */
export function rainStepEnd(at: number, everyMs: number): number {
  const stepMs = Math.min(everyMs, RAIN_STEP_MAX_MS)
  return Math.floor(at / stepMs) * stepMs
}
