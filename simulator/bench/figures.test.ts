import { expect, test } from 'vitest'
import { atLeast, atMost, figure } from './figures.ts'

test('a figure says whether it meets its goal, judged before it is rounded', () => {
  expect(atMost('cpu', 25.00001, '%', 25)).toEqual({ what: 'cpu', value: 25, unit: '%', goal: '≤ 25', met: false })
  expect(atMost('cpu', 25, '%', 25).met).toBe(true)
  expect(atLeast('rate', 12_345.678, 'rows/s', 10_000)).toMatchObject({ value: 12_350, goal: '≥ 10000', met: true })
  expect(figure('cpu', 1 / 3, '%')).toEqual({ what: 'cpu', value: 0.3333, unit: '%', goal: null, met: null })
})

test('what was not measured meets no goal', () => {
  expect(atMost('latency', null, 'ms', 1000).met).toBe(false)
})
