import { expect, test } from 'vitest'
import { seededRandom, seedOf } from './random.ts'

test('the same seed gives the same numbers, evenly from 0 on and below 1', () => {
  const draw = (seed: number) => Array.from({ length: 10_000 }, seededRandom(seed))
  const numbers = draw(7)
  expect(draw(7)).toEqual(numbers)
  expect(draw(8)).not.toEqual(numbers)
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
  expect(numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toBeCloseTo(0.5, 1)
})

test('each name has its own seed', () => {
  expect(new Set(['a', 'b', 'ab', 'ba'].map((name) => seedOf(1, name))).size).toBe(4)
  expect(seedOf(1, 'a')).not.toBe(seedOf(2, 'a'))
})
