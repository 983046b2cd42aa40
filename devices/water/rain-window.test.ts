import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pushRain, RAIN_EMPTY, RAIN_ENTRIES_MAX, type RainState, sumRain } from './rain-window.ts'

const MIN = 60_000
const HOUR = 60 * MIN

function fold(totals: readonly (readonly [minute: number, total: number])[], rule = {}): RainState {
  return totals.reduce((state, [minute, total]) => pushRain(state, minute * MIN, total, rule), RAIN_EMPTY)
}

test('sums the tips after the window’s start up to and with its end', () => {
  const state = fold(Array.from({ length: 25 }, (_, step) => [step * 5, step * 10]))
  expect(sumRain(state, 120 * MIN, HOUR)).toEqual({ sum: 120, coveredMs: HOUR })
  expect(sumRain(state, 120 * MIN, 5 * MIN)).toEqual({ sum: 10, coveredMs: 5 * MIN })
  expect(sumRain(state, 60 * MIN, HOUR)).toEqual({ sum: 120, coveredMs: HOUR })
})

test('covers nothing before the first total, nor after the last', () => {
  expect(sumRain(RAIN_EMPTY, HOUR, HOUR)).toEqual({ sum: 0, coveredMs: 0 })
  const state = fold([
    [0, 500],
    [5, 505],
    [10, 505],
  ])
  expect(sumRain(state, 10 * MIN, HOUR)).toEqual({ sum: 5, coveredMs: 10 * MIN })
  expect(sumRain(state, 40 * MIN, HOUR)).toEqual({ sum: 5, coveredMs: 10 * MIN })
  expect(sumRain(state, 3 * HOUR, HOUR)).toEqual({ sum: 0, coveredMs: 0 })
})

test('counts a gap’s rain where the whole gap lies in the window, and says what is not covered where it does not', () => {
  const state = fold(
    [
      [0, 0],
      [5, 5],
      [35, 65],
      [40, 70],
      [90, 70],
    ],
    { gapMs: 10 * MIN },
  )
  expect(state.gaps).toEqual([
    [5 * MIN, 35 * MIN, 60],
    [40 * MIN, 90 * MIN, 0],
  ])
  expect(sumRain(state, 40 * MIN, HOUR)).toEqual({ sum: 70, coveredMs: 40 * MIN })
  expect(sumRain(state, 40 * MIN, 30 * MIN)).toEqual({ sum: 5, coveredMs: 5 * MIN })
  expect(sumRain(state, 20 * MIN, 20 * MIN)).toEqual({ sum: 5, coveredMs: 5 * MIN })
})

test('a power loss in the storm is neither negative rain nor a flood', () => {
  const state = fold(
    [
      [0, 8000],
      [5, 8020],
      [10, 15],
      [15, 30],
    ],
    { wraps: 2 ** 32 * 5 },
  )
  expect(sumRain(state, 15 * MIN, HOUR).sum).toBe(20 + 15 + 15)
})

test('leaves out a total that is not later than the last', () => {
  const state = fold([
    [0, 0],
    [5, 10],
  ])
  expect(pushRain(state, 5 * MIN, 99)).toBe(state)
  expect(pushRain(state, 4 * MIN, 99)).toBe(state)
})

test('forgets what is older than it is to keep, and covers no more than it remembers', () => {
  const state = fold(
    Array.from({ length: 49 }, (_, step) => [step * 5, step * 10]),
    { keepMs: 2 * HOUR },
  )
  expect(state.tips.length).toBe(24)
  expect(sumRain(state, 4 * HOUR, 3 * HOUR)).toEqual({ sum: 240, coveredMs: 2 * HOUR })
})

test('stays bounded, and shows in the coverage what it had to forget', () => {
  let state = fold([[0, 0]])
  state = {
    ...state,
    tips: Array.from({ length: RAIN_ENTRIES_MAX }, (_, index) => [index + 1, 1]),
    last: [RAIN_ENTRIES_MAX, RAIN_ENTRIES_MAX],
  }
  state = pushRain(state, RAIN_ENTRIES_MAX + 1, RAIN_ENTRIES_MAX + 1)
  expect(state.tips.length).toBe(RAIN_ENTRIES_MAX)
  expect(sumRain(state, RAIN_ENTRIES_MAX + 1, HOUR)).toEqual({ sum: RAIN_ENTRIES_MAX, coveredMs: RAIN_ENTRIES_MAX })
})

test('no count is lost or made, whatever the times, and the state survives JSON', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 30 })), {
    minLength: 1,
    maxLength: 100,
  })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 1000 }), (rain, cut) => {
      let state = pushRain(RAIN_EMPTY, 0, 700)
      let [at, total] = [0, 700]
      for (const [minutes, count] of rain) {
        at += minutes * MIN
        total += count
        state = pushRain(state, at, total, { keepMs: 1e9 })
      }
      expect(sumRain(state, at, at)).toEqual({ sum: total - 700, coveredMs: at })
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      const split = Math.min(at, cut * MIN)
      const [early, late] = [sumRain(state, split, split), sumRain(state, at, at - split)]
      const uncovered = at - early.coveredMs - late.coveredMs
      if (uncovered === 0) expect(early.sum + late.sum).toBe(total - 700)
      else expect(early.sum + late.sum).toBeLessThanOrEqual(total - 700)
    }),
  )
})
