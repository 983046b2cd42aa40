import fc from 'fast-check'
import { expect, test } from 'vitest'
import { counterIncrement, RAIN_STEP_MAX } from './counter.ts'

test.each([
  ['a rise', 100, 105, {}, 5],
  ['no rain', 100, 100, {}, 0],
  ['a rollover from 999.5 mm to 0', 9995, 0, { wraps: 10_000 }, 5],
  ['a rollover with rain beyond it', 9990, 15, { wraps: 10_000 }, 25],
  ['a reset to 0 by a power loss', 9000, 0, {}, 0],
  ['a reset with 1.5 mm since', 9000, 15, {}, 15],
  ['a reset of a counter that could wrap, but not from there', 5000, 15, { wraps: 10_000 }, 15],
  ['a reset of a 32-bit counter of 0.5 mm tips', 1_234, 10, { wraps: 2 ** 32 * 5 }, 10],
  ['a counter set back by hand to another total', 9000, 8000, { wraps: 2 ** 32 * 5 }, 0],
  ['a wrap that a gauge with a lower limit calls a reset', 9900, 10, { wraps: 10_000, resetMax: 100 }, 10],
])('counts %s', (_, previous, next, rule, expected) => {
  expect(counterIncrement(previous, next, rule)).toBe(expected)
})

test('never counts negative rain, and a counter that fell never gives more than the limit', () => {
  const total = fc.integer({ min: 0, max: 99_999 })
  fc.assert(
    fc.property(total, total, fc.option(fc.constant(100_000), { nil: undefined }), (previous, next, wraps) => {
      const increment = counterIncrement(previous, next, wraps === undefined ? {} : { wraps })
      expect(increment).toBeGreaterThanOrEqual(0)
      if (next < previous) expect(increment).toBeLessThanOrEqual(RAIN_STEP_MAX)
      else expect(increment).toBe(next - previous)
    }),
  )
})

test('counts every tip of a counter that wraps often', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (rain) => {
      let real = 0
      let counted = 0
      for (const count of rain) {
        const before = real % 10_000
        real += count
        counted += counterIncrement(before, real % 10_000, { wraps: 10_000 })
      }
      expect(counted).toBe(real)
    }),
  )
})
