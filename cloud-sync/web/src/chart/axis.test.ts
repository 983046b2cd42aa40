import { describe, expect, test } from 'vitest'
import { roundStep, scaleAround, scaleFromZero, spread, timeTicks } from './axis.ts'

const H = 3_600_000

describe('a scale', () => {
  test('has round ends around its values', () => {
    expect(scaleAround([30.44, 36.9], 0.5)).toEqual({ min: 30, max: 38, step: 2 })
  })

  test('of a river that stands still is as wide as asked', () => {
    const { min, max } = scaleAround([30.44, 30.44], 0.5)
    expect(max - min).toBeGreaterThanOrEqual(0.5)
    expect(min).toBeLessThanOrEqual(30.44)
  })

  test('from zero reaches its highest value', () => {
    expect(scaleFromZero(31.5, 3)).toEqual({ min: 0, max: 40, step: 20 })
    expect(scaleFromZero(0, 3)).toEqual({ min: 0, max: 3, step: 1 })
  })

  test('steps by 1, 2, 2.5 or 5 of a power of ten', () => {
    expect([roundStep(10, 5), roundStep(11, 5), roundStep(0.9, 5), roundStep(2400, 5)]).toEqual([2, 2.5, 0.2, 500])
  })
})

test('ticks are round on the clocks of the site', () => {
  const from = Date.UTC(2026, 6, 1, 0, 10)
  const inNepal = timeTicks(from, from + 6 * H, 6, 5.75 * H)
  expect(inNepal.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual([
    '00:15',
    '01:15',
    '02:15',
    '03:15',
    '04:15',
    '05:15',
  ])
  expect(timeTicks(from, from + 24 * H, 4, 8 * H)).toHaveLength(4)
})

describe('labels that would lie on each other', () => {
  test('move apart as little as keeps their order', () => {
    expect(spread([10, 12, 60], 18, 0, 100)).toEqual([10, 28, 60])
    expect(spread([60, 12, 10], 18, 0, 100)).toEqual([60, 28, 10])
  })

  test('stay inside', () => {
    expect(spread([98, 99], 18, 0, 100)).toEqual([82, 100])
  })
})
