import { describe, expect, test } from 'vitest'
import { describeDevices, LEVEL_POINT, MINUTE, NOON, openTestSite, seriesRow } from './site.fixture.ts'

const LEVEL = `/api/series?device=d1&point=level&from=${NOON}&to=${NOON + 60 * MINUTE}`

describe('a series', () => {
  test('comes as rows with unit and decimals', async () => {
    await using site = await openTestSite()
    await describeDevices(site)
    const bad = { quality: 'bad', reason: 'timeout' } as const
    await site.series.write([seriesRow(NOON, 317), seriesRow(NOON + MINUTE, null, bad), seriesRow(NOON + 60 * MINUTE, 1)])
    expect(await site.get(LEVEL)).toEqual({
      device: 'd1',
      point: 'level',
      unit: 'm',
      decimals: 2,
      meaning: 'gauge',
      truncated: false,
      omitted: 0,
      rows: [
        { at: NOON, n: 0, value: 317, quality: 'good' },
        { at: NOON + MINUTE, n: 0, value: null, quality: 'bad', reason: 'timeout' },
      ],
    })
    expect(await site.get(`${LEVEL}&limit=1`)).toMatchObject({ truncated: true, rows: { length: 1 } })
  })

  test('comes thinned to buckets when a step is given', async () => {
    await using site = await openTestSite()
    await describeDevices(site)
    await site.series.write([
      seriesRow(NOON, 317),
      seriesRow(NOON + MINUTE, 319),
      seriesRow(NOON + 10 * MINUTE, null, { quality: 'bad' }),
    ])
    expect(await site.get(`${LEVEL}&step=${10 * MINUTE}`)).toMatchObject({
      step: 10 * MINUTE,
      truncated: false,
      rows: [
        { at: NOON, min: 317, max: 319, last: 319, count: 2, suspect: 0 },
        { at: NOON + 10 * MINUTE, min: null, max: null, last: null, count: 0, suspect: 0 },
      ],
    })
  })

  test('shows rows of all profile versions in one scale, and tells how many it had to leave out', async () => {
    await using site = await openTestSite()
    await describeDevices(site, { at: 1, hash: 'h0', points: { level: { ...LEVEL_POINT, unit: 'cm' } } })
    await describeDevices(site, { at: 2 })
    await describeDevices(site, { at: 3, hash: 'h2', points: { level: { ...LEVEL_POINT, decimals: 3 } } })
    const of = (hash: string, second: number, value: number) => seriesRow(NOON + second * 1000, value, { hash })
    await site.series.write([of('h0', 0, 1), of('h1', 1, 317), of('h2', 2, 3175), of('h1', 3, 318), of('unknown', 4, 9)])
    expect(await site.get(LEVEL)).toMatchObject({
      decimals: 3,
      omitted: 2,
      rows: [{ value: 3170 }, { value: 3175 }, { value: 3180 }],
    })
    expect(await site.get(`${LEVEL}&step=${MINUTE}`)).toMatchObject({
      omitted: 2,
      rows: [{ at: NOON, min: 3170, max: 3180, count: 3 }],
    })
  })

  test.each([
    ['device=d9&point=level&from=1&to=2', 404, 'not-found'],
    ['device=d1&point=nope&from=1&to=2', 404, 'not-found'],
    ['device=d1&point=level&from=2&to=2', 400, 'invalid'],
    ['device=d1&point=level&from=1', 400, 'invalid'],
    ['device=d1&point=level&from=1&to=2&step=0', 400, 'invalid'],
    ['device=d1&point=level&from=1&to=2&limit=50001', 400, 'invalid'],
    ['device=d1&point=level&from=1.5&to=2', 400, 'invalid'],
    ['device=d1&point=level&from=1&to=2&sort=up', 400, 'invalid'],
  ])('refuses ?%s', async (query, status, code) => {
    await using site = await openTestSite()
    await describeDevices(site)
    expect(await site.get(`/api/series?${query}`, status)).toEqual({ code, message: expect.stringMatching(/^expected /) })
  })
})

describe('rain', () => {
  const total = (minute: number, value: number | null, over = {}) =>
    seriesRow(NOON + minute * MINUTE, value, { point: 'rain', ...over })
  const RAIN = (from: number, to: number, step: number) =>
    `/api/rain?device=d1&point=rain&from=${NOON + from * MINUTE}&to=${NOON + to * MINUTE}&step=${step * MINUTE}`

  test('is what the counter rose by, stamped at the end of each interval, across a wrap', async () => {
    await using site = await openTestSite()
    await describeDevices(site)
    // The profile wraps at 20,000 counts.
    await site.series.write([-5, 0, 5, 10, 15].map((minute, index) => total(minute, [19_970, 19_980, 19_990, 5, 7][index] ?? 0)))
    expect(await site.get(RAIN(0, 15, 5))).toEqual({
      unit: 'mm',
      decimals: 1,
      rows: [5, 10, 15].map((minute, index) => ({ at: NOON + minute * MINUTE, sum: [10, 15, 2][index], covered: 1 })),
      total: 27,
    })
  })

  test('falls in the step that ended, though the answer came a moment after', async () => {
    await using site = await openTestSite()
    await describeDevices(site)
    const late = 4000 / MINUTE
    await site.series.write([total(late, 100), total(5 + late, 130), total(10 + late, 131)])
    expect(await site.get(RAIN(0, 10, 5))).toMatchObject({ rows: [{ sum: 30 }, { sum: 1 }], total: 31 })
  })

  test('says what part of an interval is known, and null where nothing is', async () => {
    await using site = await openTestSite()
    await describeDevices(site)
    await site.series.write([
      total(0, 100),
      total(3, 110),
      total(4, 999, { quality: 'suspect', reason: 'step' }),
      total(5, null, { quality: 'bad' }),
    ])
    expect(await site.get(RAIN(0, 10, 5))).toMatchObject({
      rows: [
        { sum: 10, covered: 0.6 },
        { sum: null, covered: 0 },
      ],
      total: 10,
    })
    expect(await site.get(RAIN(100, 110, 5))).toMatchObject({ rows: [{ sum: null }, { sum: null }], total: null })
  })

  test('is asked of a counter, for a bounded number of intervals', async () => {
    await using site = await openTestSite()
    await describeDevices(site)
    expect(await site.get(`/api/rain?device=d1&point=level&from=1&to=2&step=60000`, 400)).toMatchObject({ code: 'invalid' })
    expect(await site.get(RAIN(0, 9_001, 1), 400)).toMatchObject({ code: 'invalid' })
    expect(await site.get(RAIN(0, 9_000, 1))).toMatchObject({ rows: { length: 9_000 } })
  })
})
