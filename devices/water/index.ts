/**
 * Pure integer arithmetic of rain: counters, windows, intervals, the hydrological day.
 *
 *     counterIncrement(previous, next, { wraps?, resetMax? }): number
 *     pushRain(state: RainState, at: number, total: number, rule?: { wraps?, resetMax?, keepMs?, gapMs? }): RainState   // starts from RAIN_EMPTY
 *     sumRain(state: RainState, at: number, windowMs: number): { sum: number; coveredMs: number }                       // (at − windowMs, at]
 *     rainIntervals(state: RainState, intervalMs: number, from: number, to: number): { at, sum, coveredMs }[]           // stamped at the END
 *     intervalEnd(at: number, intervalMs: number): number
 *     rainStepEnd(at: number, everyMs: number): number                                                                  // an answer's step
 *     hydrologicalDayEnd(at: number): number                                                                            // 08:00 +08:00
 */
export * from './counter.ts'
export * from './interval.ts'
export * from './rain-window.ts'
