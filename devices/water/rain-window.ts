import { type CounterRule, counterIncrement } from './counter.ts'

/**
 * What a gauge's recent past comes to: plain JSON, so a checkpoint may hold it. Rain between two totals is stamped at the later one.
 * Times are epoch ms, counts integers of the totals' unit (0.1 mm for rain readings).
 */
export interface RainState {
  /** Rises that were not 0: `[at, count]`, rising in `at`. */
  readonly tips: readonly (readonly [at: number, count: number])[]
  /** Stretches without a total longer than `gapMs`: `[from, at, count]`; all that is known is that `count` fell somewhere in (from, at]. */
  readonly gaps: readonly (readonly [from: number, at: number, count: number])[]
  /** From here on the state knows; null before the first total. */
  readonly first: number | null
  /** The last total: `[at, total]`. */
  readonly last: readonly [at: number, total: number] | null
}

export interface RainRule extends CounterRule {
  /** How far back the state remembers: at least the longest window that is asked; default `RAIN_KEEP_MS`. */
  readonly keepMs?: number
  /** Totals further apart than this leave a gap; default `RAIN_GAP_MS`. */
  readonly gapMs?: number
}

/** A window's rain and how much of the window it tells about: `coveredMs / windowMs` is the coverage, below 1 the sum is a lower bound. */
export interface RainSum {
  readonly sum: number
  readonly coveredMs: number
}

export const RAIN_KEEP_MS = 24 * 3_600_000
/** Two steps of the usual five minutes. */
export const RAIN_GAP_MS = 10 * 60_000
/** A 0.1 mm gauge tips as often in a day of 1,000 mm. Beyond it the oldest go and the coverage says so. */
export const RAIN_ENTRIES_MAX = 10_000

export const RAIN_EMPTY: RainState = { tips: [], gaps: [], first: null, last: null }

/**
 * `pushRain(state, at, total, { wraps?, resetMax?, keepMs?, gapMs? }) → RainState`: the state after one more total of the counter. The
 * first total only sets the start. Totals come in `at` order; one at or before the last is left out (the state is returned as it is). A
 * reading without a value is not pushed: it shows as a gap. Who polls late but by a grid pushes the grid's instant, else a window may hold
 * one step too many or too few.
 */
export function pushRain(state: RainState, at: number, total: number, rule: RainRule = {}): RainState {
  const { last } = state
  if (last === null) return { ...RAIN_EMPTY, first: at, last: [at, total] }
  const [lastAt, lastTotal] = last
  if (at <= lastAt) return state
  const count = counterIncrement(lastTotal, total, rule)
  const isGap = at - lastAt > (rule.gapMs ?? RAIN_GAP_MS)
  const from = at - (rule.keepMs ?? RAIN_KEEP_MS)
  const tips = recent(state.tips, ([tipAt]) => tipAt > from, !isGap && count > 0 ? [at, count] : null)
  const gaps = recent(state.gaps, ([, gapAt]) => gapAt > from, isGap ? [lastAt, at, count] : null)
  const forgotten = Math.max(tips.forgotten?.[0] ?? from, gaps.forgotten?.[1] ?? from)
  return { tips: tips.kept, gaps: gaps.kept, first: Math.max(state.first ?? lastAt, forgotten), last: [at, total] }
}

/**
 * `sumRain(state, at, windowMs) → { sum, coveredMs }`: the rain of (at − windowMs, at]. A tip counts by its stamp. A gap's rain counts only
 * where the whole gap lies in the window, for else it may have fallen outside; what is then left out of the sum is left out of
 * `coveredMs` too. Before the first and after the last total nothing is covered. Asking further back than `keepMs` is answered by what is
 * remembered, with the coverage that goes with it.
 */
export function sumRain({ tips, gaps, first, last }: RainState, at: number, windowMs: number): RainSum {
  const start = at - windowMs
  if (first === null || last === null) return { sum: 0, coveredMs: 0 }
  let sum = 0
  let coveredMs = Math.max(0, Math.min(at, last[0]) - Math.max(start, first))
  for (const [tipAt, count] of tips) if (tipAt > start && tipAt <= at) sum += count
  for (const [from, gapAt, count] of gaps) {
    if (from >= start && gapAt <= at) sum += count
    else coveredMs -= Math.max(0, Math.min(at, gapAt) - Math.max(start, first, from))
  }
  return { sum, coveredMs: Math.max(0, coveredMs) }
}

/** The entries that are still young enough and fit, with the new one at the end, and the youngest that had to go for want of room. */
function recent<T>(
  entries: readonly T[],
  isKept: (entry: T) => boolean,
  entry: T | null,
): { kept: readonly T[]; forgotten: T | undefined } {
  const oldest = entries[0]
  const young = oldest === undefined || isKept(oldest) ? entries : entries.filter(isKept)
  if (entry === null) return { kept: young, forgotten: undefined }
  const over = young.length + 1 - RAIN_ENTRIES_MAX
  return over > 0
    ? { kept: [...young.slice(over), entry], forgotten: young[over - 1] }
    : { kept: [...young, entry], forgotten: undefined }
}
