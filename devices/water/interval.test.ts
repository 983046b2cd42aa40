import { expect, test } from 'vitest'
import { hydrologicalDayEnd, INTERVALS_MAX, intervalEnd, rainIntervals, rainStepEnd } from './interval.ts'
import { pushRain, RAIN_EMPTY } from './rain-window.ts'

const at = (text: string): number => Date.parse(`${text}+08:00`)

test.each([
  ['08:00 itself closes the old day', '2026-07-01T08:00:00.000', '2026-07-01T08:00:00'],
  ['a millisecond later opens the new one', '2026-07-01T08:00:00.001', '2026-07-02T08:00:00'],
  ['midnight is in the middle of a day', '2026-07-01T00:00:00.000', '2026-07-01T08:00:00'],
  ['the last day of a month closes in the next', '2026-02-28T20:00:00.000', '2026-03-01T08:00:00'],
])('%s', (_, instant, end) => {
  expect(hydrologicalDayEnd(at(instant))).toBe(at(end))
})

test('an interval is stamped at its end, in whole hours of +08:00', () => {
  expect(intervalEnd(at('2026-07-01T14:00:00.001'), 300_000)).toBe(at('2026-07-01T14:05:00'))
  expect(intervalEnd(at('2026-07-01T14:05:00'), 300_000)).toBe(at('2026-07-01T14:05:00'))
  expect(intervalEnd(at('2026-07-01T00:00:00.001'), 86_400_000)).toBe(at('2026-07-02T00:00:00'))
})

test('rain across midnight falls into the intervals it fell in', () => {
  const start = at('2026-07-31T23:50:00')
  const totals: [number, number][] = [
    [0, 0],
    [5, 5],
    [10, 25],
    [15, 40],
    [20, 40],
  ]
  const state = totals.reduce((before, [minute, total]) => pushRain(before, start + minute * 60_000, total), RAIN_EMPTY)
  expect(rainIntervals(state, 600_000, start, start + 20 * 60_000)).toEqual([
    { at: at('2026-08-01T00:00:00'), sum: 25, coveredMs: 600_000 },
    { at: at('2026-08-01T00:10:00'), sum: 15, coveredMs: 600_000 },
  ])
})

test('refuses a range of too many intervals', () => {
  expect(() => rainIntervals(RAIN_EMPTY, 1, 0, INTERVALS_MAX + 1)).toThrow(`expected at most ${INTERVALS_MAX} intervals`)
})

test('an answer a moment late speaks for the step that just ended', () => {
  expect(rainStepEnd(145 * 60_000 + 4000, 300_000)).toBe(145 * 60_000)
  expect(rainStepEnd(145 * 60_000, 300_000)).toBe(145 * 60_000)
  expect(rainStepEnd(147 * 60_000, 3_600_000)).toBe(145 * 60_000)
  expect(rainStepEnd(7_999, 5000)).toBe(5000)
})
