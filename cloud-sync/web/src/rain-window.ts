import type { RainRow } from './api/views.ts'

/** Rain over a window that ends at `to`, in counts, with the part of the window that data speaks for. */
export interface RainSum {
  readonly windowMs: number
  readonly sum: number
  /** 0 to 1. */
  readonly covered: number
}

export const RAIN_STEP_MS = 300_000
/** Below this coverage a sum is a lower bound and says so. */
export const COVERAGE_LEAST = 0.8
/** Coverage that counts as all: counters are read a little off the edges. */
export const COVERAGE_ALL = 0.995

/** Sums the rows (each stamped at its END) of the last `windowMs` before `to`. Missing rows lower the coverage, never count as dry. */
export function rainSum(rows: readonly RainRow[], to: number, windowMs: number): RainSum {
  const within = rows.filter(({ at }) => at > to - windowMs && at <= to)
  const covered = within.reduce((total, row) => total + row.covered * RAIN_STEP_MS, 0) / windowMs
  return { windowMs, sum: within.reduce((total, row) => total + (row.sum ?? 0), 0), covered: Math.min(1, covered) }
}

/**
 * Where the windows end: at the newest row while the gauge reports as it should, so that nothing flickers between two rows; at the present
 * once it is overdue, so that the missing part shows.
 */
export function rainWindowsEnd(latestAt: number | null, everyMs: number, now: number): number {
  const end = latestAt !== null && now - latestAt <= 2 * everyMs ? latestAt : now
  return Math.floor(end / RAIN_STEP_MS) * RAIN_STEP_MS
}
