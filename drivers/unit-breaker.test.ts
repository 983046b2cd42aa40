import { expect, test } from 'vitest'
import { UNIT_REST_MS_MAX, UNIT_REST_MS_MIN, UnitBreaker } from './unit-breaker.ts'

const failure = { kind: 'silent', reason: 'timeout' } as const

test('rests double up to their bound, are spread over their upper half, and end with an answer', () => {
  const breaker = new UnitBreaker(() => 0.999)
  const least = new UnitBreaker(() => 0)
  let now = 0
  for (let silence = 0; silence < 12; silence++) {
    const restMs = Math.min(UNIT_REST_MS_MAX, UNIT_REST_MS_MIN * 2 ** silence)
    breaker.silent(failure, now)
    least.silent(failure, now)
    expect(least.resting(now + restMs / 2 - 1)).toBe(failure)
    expect(least.resting(now + restMs / 2)).toBeUndefined()
    expect(breaker.resting(now + restMs * 0.99)).toBe(failure)
    now += restMs
    expect(breaker.resting(now)).toBeUndefined()
  }
  breaker.silent(failure, now)
  breaker.answered()
  expect(breaker.resting(now)).toBeUndefined()
  breaker.silent(failure, now)
  expect(breaker.resting(now + UNIT_REST_MS_MIN)).toBeUndefined()
})
