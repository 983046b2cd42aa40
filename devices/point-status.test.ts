import { expect, test } from 'vitest'
import type { PointValue } from './modbus-point.ts'
import type { Point } from './modbus-profile.ts'
import { judgedByStatus, statusJudges } from './point-status.ts'

const plain: Point = {
  table: 'input',
  address: 0,
  type: 'u16',
  words: 'ABCD',
  scale: 1,
  offset: 0,
  decimals: 0,
  unit: '',
  meaning: 'gauge',
  every: '60s',
}
const good = (value: number | boolean): PointValue => ({ value, quality: 'good' })
const point: Point = {
  ...plain,
  status: [
    { point: 'quality', good: [0], suspect: [1], bad: [3, 7] },
    { point: 'fault', bad: [true] },
  ],
}
const judged = (value: PointValue, quality: PointValue, fault: PointValue = good(false)) =>
  judgedByStatus(
    point,
    value,
    new Map([
      ['quality', quality],
      ['fault', fault],
    ]),
  )

test.each<[string, PointValue, PointValue, PointValue]>([
  ['well', good(0), good(false), good(5)],
  ['in doubt', good(1), good(false), { value: 5, quality: 'suspect', reason: 'device' }],
  ['something that is not named', good(2), good(false), { value: 5, quality: 'suspect', reason: 'device' }],
  ['out of order', good(7), good(false), { value: null, quality: 'bad', reason: 'device' }],
  ['out of order by a bit, though the other doubts only', good(1), good(true), { value: null, quality: 'bad', reason: 'device' }],
  [
    'nothing, for it could not be read',
    { value: null, quality: 'bad', reason: 'timeout' },
    good(false),
    { value: 5, quality: 'suspect', reason: 'timeout' },
  ],
])('a device that says it is %s is believed', (_, quality, fault, outcome) => {
  expect(judged(good(5), quality, fault)).toEqual(outcome)
})

test('a status that did not come with the value leaves it in doubt', () => {
  expect(judgedByStatus(point, good(5), new Map())).toEqual({ value: 5, quality: 'suspect', reason: 'unknown' })
})

test('what a value is by itself stays', () => {
  const bad: PointValue = { value: null, quality: 'bad', reason: 'sentinel' }
  const outside: PointValue = { value: 5, quality: 'suspect', reason: 'range' }
  expect(judged(bad, good(7))).toEqual(bad)
  expect(judged(outside, good(1))).toEqual(outside)
  expect(judged(outside, good(3))).toEqual({ value: null, quality: 'bad', reason: 'device' })
})

test('only points with a status have a judge, and a model without any has none', () => {
  expect(statusJudges({ plain })).toBeUndefined()
  const judges = statusJudges({ plain, point })
  expect([...(judges?.keys() ?? [])]).toEqual(['point'])
  expect(
    judges?.get('point')?.(
      good(5),
      new Map([
        ['quality', good(0)],
        ['fault', good(true)],
      ]),
    ).quality,
  ).toBe('bad')
})
