/** What one step of a rain counter can be at most, in 0.1 mm: 200.0 mm, the mainland's record of one hour (201.9 mm, Zhengzhou 2021). */
export const RAIN_STEP_MAX = 2000

export interface CounterRule {
  /** The count at which the counter starts from 0 again, in the unit of the totals. Absent: it never wraps. */
  readonly wraps?: number
  /** The largest rise that a fallen counter may be taken to mean, in the unit of the totals; default `RAIN_STEP_MAX`. */
  readonly resetMax?: number
}

/**
 * What a counter rose by between two of its totals, never negative. All numbers are integers of one unit: a rain total as its reading
 * carries it counts 0.1 mm, so a profile's `wraps` of 0.5 mm tips is given times 5.
 *
 * A total that fell is a wrap or a reset after a power loss, and the size tells which: taken as a wrap it means a rise of
 * `next + wraps − previous`. Up to `resetMax` that is a wrap. Beyond it no sky could have done it: the counter began again at 0 and has
 * counted `next` since (what fell before the reset is not known and not counted). If even `next` is beyond `resetMax`, the counter was set
 * by hand or exchanged: the rise is 0, and counting goes on from the new total.
 */
export function counterIncrement(previous: number, next: number, { wraps, resetMax = RAIN_STEP_MAX }: CounterRule = {}): number {
  if (next >= previous) return next - previous
  if (wraps !== undefined && previous < wraps) {
    const wrapped = next + wraps - previous
    if (wrapped <= resetMax) return wrapped
  }
  return next >= 0 && next <= resetMax ? next : 0
}
