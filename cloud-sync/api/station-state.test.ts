import { describe, expect, test } from 'vitest'
import type { Grade } from '#wire'
import { type StationFacts, stationState } from './station-state.ts'

const good = { value: 12, quality: 'good' } as const
const judged = (latest: StationFacts['points'][number]['latest'] = good) => ({ isJudged: true, latest })
const facts = (over: Partial<StationFacts> = {}): StationFacts => ({ alerts: [], devices: [true], points: [judged()], ...over })

describe("a station's state", () => {
  test('is normal when every point with a rule has a value', () => {
    expect(stationState(facts())).toBe('normal')
    expect(stationState(facts({ points: [judged(), { isJudged: false, latest: null }] }))).toBe('normal')
  })

  test.each<[Grade[], string]>([
    [['blue'], 'blue'],
    [['yellow', 'blue'], 'yellow'],
    [['blue', 'red', 'orange'], 'red'],
  ])('is the worst of the open alerts %j', (alerts, state) => {
    expect(stationState(facts({ alerts }))).toBe(state)
  })

  test('stays the open alert when its devices are offline or without data', () => {
    expect(stationState(facts({ alerts: ['orange'], devices: [false], points: [judged(null)] }))).toBe('orange')
  })

  test('is offline only when all of its devices are', () => {
    expect(stationState(facts({ devices: [false, false] }))).toBe('offline')
    expect(stationState(facts({ devices: [false, true] }))).toBe('normal')
    expect(stationState(facts({ devices: [false, null] }))).toBe('normal')
    expect(stationState(facts({ devices: [] }))).toBe('normal')
  })

  test('is offline before it is without data or threshold', () => {
    expect(stationState(facts({ devices: [false], points: [] }))).toBe('offline')
  })

  test.each([
    ['none at all', null],
    ['null', { value: null, quality: 'bad' }],
    ['null that claims to be good', { value: null, quality: 'good' }],
    ['a bad one', { value: 5, quality: 'bad' }],
  ] as const)('is no-data when one point with a rule has for its latest value %s', (_, latest) => {
    expect(stationState(facts({ points: [judged(), judged(latest)] }))).toBe('no-data')
  })

  test('counts zero, false and a suspect value as data', () => {
    const points = [
      judged({ value: 0, quality: 'good' }),
      judged({ value: false, quality: 'good' }),
      judged({ value: 9, quality: 'suspect' }),
    ]
    expect(stationState(facts({ points }))).toBe('normal')
  })

  test('is never normal without a rule', () => {
    expect(stationState(facts({ points: [{ isJudged: false, latest: good }] }))).toBe('no-threshold')
    expect(stationState(facts({ points: [{ isJudged: false, latest: null }] }))).toBe('no-data')
    expect(stationState(facts({ points: [] }))).toBe('no-data')
  })
})
