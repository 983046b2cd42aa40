import { expect, test } from 'vitest'
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, backoffMs } from './backoff.ts'

test('the wait doubles up to its bound and is spread over its upper half', () => {
  expect([1, 2, 3, 4].map((failures) => backoffMs(failures, 0))).toEqual(
    [1, 2, 4, 8].map((times) => (BACKOFF_MS_MIN * times) / 2),
  )
  for (const failures of [1, 2, 7, 8, 100, 1_000_000]) {
    expect(backoffMs(failures, 0)).toBeGreaterThanOrEqual(BACKOFF_MS_MIN / 2)
    expect(backoffMs(failures, 0.999)).toBeLessThanOrEqual(BACKOFF_MS_MAX)
    expect(backoffMs(failures, 0.5)).toBeGreaterThan(backoffMs(failures, 0))
  }
  expect(backoffMs(1_000_000, 0)).toBe(BACKOFF_MS_MAX / 2)
})
