import { describe, expect, test } from 'vitest'
import { RAIN_STEP_MS, rainSum, rainWindowsEnd } from './rain-window.ts'

const TO = 1_000 * RAIN_STEP_MS
const HOUR = 12 * RAIN_STEP_MS
const rows = (count: number, covered = 1) =>
  Array.from({ length: count }, (_, index) => ({ at: TO - index * RAIN_STEP_MS, sum: 5, covered }))

describe('a sum of rain', () => {
  test('takes the intervals that end inside the window: the one that ends where it begins is outside', () => {
    expect(rainSum(rows(13), TO, HOUR)).toEqual({ windowMs: HOUR, sum: 60, covered: 1 })
  })

  test('of a window with missing intervals says how much of it is known', () => {
    expect(rainSum(rows(9), TO, HOUR)).toMatchObject({ sum: 45, covered: 0.75 })
  })

  test('over no data is covered by nothing, which is not dry', () => {
    expect(rainSum([{ at: TO, sum: null, covered: 0 }], TO, HOUR)).toMatchObject({ sum: 0, covered: 0 })
  })
})

describe('the end of the windows', () => {
  const now = TO + 140_000
  test('is the newest row while the gauge reports', () => {
    expect(rainWindowsEnd(TO + 2_000, RAIN_STEP_MS, now)).toBe(TO)
    expect(rainWindowsEnd(TO - RAIN_STEP_MS + 2_000, RAIN_STEP_MS, now)).toBe(TO - RAIN_STEP_MS)
  })

  test('is the present once the gauge is overdue or has never spoken', () => {
    expect(rainWindowsEnd(TO - 3 * RAIN_STEP_MS, RAIN_STEP_MS, now)).toBe(TO)
    expect(rainWindowsEnd(null, RAIN_STEP_MS, now)).toBe(TO)
  })
})
