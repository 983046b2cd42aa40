import { describe, expect, test } from 'vitest'
import { rainStrip, readAt, traceOfBuckets, traceOfRows } from './trace.ts'

const M = 60_000
const EVERY = 5 * M
const row = (minute: number, value: number | null, quality: 'good' | 'suspect' | 'bad' = 'good', n = 0) => ({
  at: minute * M,
  n,
  value,
  quality,
  reason: quality === 'good' ? undefined : 'step',
})
const values = (line: readonly { value: number | null }[]) => line.map(({ value }) => value)

describe('a line through rows', () => {
  test('goes through good rows in the order of time, however they came', () => {
    expect(values(traceOfRows([row(10, 3), row(0, 1), row(5, 2)], EVERY).line)).toEqual([1, 2, 3])
  })

  test('has a gap where rows are missing, and none where one is a little late', () => {
    expect(values(traceOfRows([row(0, 1), row(20, 2)], EVERY).line)).toEqual([1, null, 2])
    expect(values(traceOfRows([row(0, 1), row(7, 2)], EVERY).line)).toEqual([1, 2])
  })

  test('has a gap where a row says that there is no data', () => {
    expect(values(traceOfRows([row(0, 1), row(5, null, 'bad'), row(10, null, 'bad'), row(15, 2)], EVERY).line)).toEqual([
      1,
      null,
      2,
    ])
  })

  test('does not go through suspect rows, which stand beside it', () => {
    const { line, suspect } = traceOfRows([row(0, 1), row(5, 201, 'suspect'), row(10, 2)], EVERY)
    expect(values(line)).toEqual([1, 2])
    expect(suspect).toEqual([{ at: 5 * M, value: 201, reason: 'step' }])
  })

  test('takes one value of an instant', () => {
    expect(values(traceOfRows([row(0, 1), row(5, 3, 'good', 1), row(5, 2)], EVERY).line)).toEqual([1, 3])
  })
})

describe('a line through thinned steps', () => {
  const bucket = (minute: number, min: number | null, max: number | null, last: number | null, count = 3, suspect = 0) => ({
    at: minute * M,
    min,
    max,
    last,
    count,
    suspect,
  })

  test('goes through the last values and keeps the peaks in its band', () => {
    const { line, band } = traceOfBuckets([bucket(0, 1, 9, 2), bucket(5, 2, 3, 3)], EVERY)
    expect(values(line)).toEqual([2, 3])
    expect(band[0]).toEqual({ at: 2.5 * M, min: 1, max: 9 })
  })

  test('has a gap for a step without values, and hollow points for a step with none but suspect ones', () => {
    expect(values(traceOfBuckets([bucket(0, 1, 1, 1), bucket(5, null, null, null, 0), bucket(10, 2, 2, 2)], EVERY).line)).toEqual(
      [1, null, 2],
    )
    expect(traceOfBuckets([bucket(0, 5, 5, 5, 2, 2)], EVERY)).toMatchObject({ line: [], suspect: [{ value: 5 }] })
  })
})

describe('the strip of rain', () => {
  const rain = (minute: number, sum: number | null, covered: number) => ({ at: minute * M, sum, covered })

  test('has a bar before the end of its interval', () => {
    expect(rainStrip([rain(5, 12, 1)], EVERY, 60 * M).bars).toEqual([{ from: 0, to: EVERY, sum: 12, isWhole: true }])
  })

  test('joins intervals that nothing is known of: they are unknown, not dry', () => {
    const { bars, unknown } = rainStrip([rain(5, null, 0), rain(10, null, 0), rain(15, 0, 1), rain(20, null, 0)], EVERY, 60 * M)
    expect(bars.map(({ sum }) => sum)).toEqual([0])
    expect(unknown).toEqual([
      { from: 0, to: 10 * M },
      { from: 15 * M, to: 20 * M },
    ])
  })

  test('marks a bar that stands on a part of the data', () => {
    expect(rainStrip([rain(5, 4, 0.5)], EVERY, 60 * M).bars[0]?.isWhole).toBe(false)
  })

  test('does not reproach an interval for rows that are not due yet', () => {
    expect(rainStrip([rain(5, 4, 0.5), rain(10, null, 0)], EVERY, 4 * M)).toEqual({
      bars: [{ from: 0, to: EVERY, sum: 4, isWhole: true }],
      unknown: [],
    })
  })
})

describe('reading both at one time', () => {
  const strip = rainStrip([{ at: 5 * M, sum: 7, covered: 1 }], EVERY, 60 * M)
  const trace = traceOfRows([row(0, 1), row(5, 2), row(6, 99, 'suspect')], EVERY)

  test('gives the bar around the instant and the nearest level', () => {
    expect(readAt(4 * M, strip, trace, 6 * M)).toMatchObject({ bar: { sum: 7 }, level: { value: 2, isSuspect: false } })
    expect(readAt(6 * M, strip, trace, 6 * M)).toMatchObject({ bar: undefined, level: { value: 99, isSuspect: true } })
  })

  test('gives nothing far from any row', () => {
    expect(readAt(40 * M, strip, trace, 6 * M)).toEqual({ bar: undefined, level: undefined })
  })
})
