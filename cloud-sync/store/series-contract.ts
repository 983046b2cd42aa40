import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SeriesRow, SeriesStore } from './series.ts'

const NOON = Date.UTC(2026, 6, 1, 4)
const MINUTE = 60_000
const ALL = { device: 'd1', point: 'level', from: 0, to: NOON * 2, limit: 1000 }

function row(at: number, value: SeriesRow['value'], over: Partial<SeriesRow> = {}): SeriesRow {
  return { device: 'd1', point: 'level', at, n: 0, value, quality: 'good', received: at + 900, hash: 'h1', ...over }
}

const seen = ({ device: _, point: __, ...value }: SeriesRow) => value

/** What every series store does. @param open gives an empty store; the test closes it */
export function seriesStoreContract(name: string, open: () => Promise<SeriesStore>): void {
  describe(`a series store (${name})`, () => {
    kept(open)
    repeated(open)
    marked(open)
    ranged(open)
    bucketed(open)
  })
}

function kept(open: () => Promise<SeriesStore>): void {
  test('gives back every kind of value as it was', async () => {
    await using store = await open()
    const rows = [
      row(NOON, 0),
      row(NOON + 1, -1250),
      row(NOON + 2, Number.MAX_SAFE_INTEGER),
      row(NOON + 3, Number.MIN_SAFE_INTEGER),
      row(NOON + 4, true),
      row(NOON + 5, false),
      row(NOON + 6, '370602001'),
      row(NOON + 7, ''),
      row(NOON + 8, '东风 "x"\\,= '),
      row(NOON + 9, null, { quality: 'bad', reason: 'timeout' }),
      row(NOON + 10, 31, { quality: 'suspect', reason: 'step', n: 3, hash: 'h2' }),
    ]
    await store.write(rows)
    expect(await store.range(ALL)).toEqual({ rows: rows.map(seen), truncated: false })
    expect(await store.count()).toBe(rows.length)
  })

  test('keeps several rows of one instant by their number', async () => {
    await using store = await open()
    const rows = [
      row(NOON, 5),
      row(NOON, 6, { n: 1, quality: 'suspect', reason: 'conflict' }),
      row(NOON, 5, { n: 2, quality: 'suspect', reason: 'conflict' }),
    ]
    await store.write(rows.toReversed())
    expect((await store.range(ALL)).rows).toEqual(rows.map(seen))
  })

  test('keeps of each row when it came and its profile version, also where points of one instant come apart', async () => {
    await using store = await open()
    const rows = [
      row(NOON, 1, { point: 'a', received: NOON + 5 }),
      row(NOON, 2, { point: 'b', received: NOON + 5 }),
      row(NOON, 3, { point: 'c', received: NOON + 90_000 }),
      row(NOON, 4, { point: 'd', received: NOON + 7, hash: 'h2' }),
      row(NOON, 5, { point: 'e', received: NOON + 8, n: 1 }),
    ]
    await store.write(rows.slice(0, 2))
    for (const one of rows.slice(2)) await store.write([one])
    await store.write(rows.toReversed())
    for (const one of rows) expect((await store.range({ ...ALL, point: one.point })).rows).toEqual([seen(one)])
    expect(await store.count()).toBe(rows.length)
  })

  test('takes names and texts for nothing but names and texts', async () => {
    await using store = await open()
    const names = [
      '',
      ' ',
      '.',
      '%',
      '%20',
      'a b',
      'a,b=c',
      "'; drop database x; --",
      '"',
      '\\',
      'a\n',
      '中文',
      'a.int',
      'time',
      '😀',
    ]
    const rows = names.flatMap((name, index) => [
      row(NOON + index, `${name}"`, { device: name, hash: name }),
      row(NOON + index, index, { point: name }),
      row(NOON, -1 - index, { device: `d ${name}`, point: 'x' }),
      row(NOON, 1000 + index, { device: 'd', point: `${name} x` }),
    ])
    expect(await store.write(rows)).toEqual([])
    for (const one of rows) {
      const { device, point, at } = one
      expect(await store.range({ device, point, from: at, to: at + 1, limit: 9 })).toEqual({
        rows: [seen(one)],
        truncated: false,
      })
    }
    expect(await store.count()).toBe(rows.length)
  })

  test('puts late rows where they belong', async () => {
    await using store = await open()
    await store.write([row(NOON + 90 * MINUTE, 3), row(NOON + MINUTE, 2)])
    await store.write([row(NOON - 5 * 24 * 60 * MINUTE, 1)])
    expect((await store.range(ALL)).rows.map(({ value }) => value)).toEqual([1, 2, 3])
  })

  test('writes all rows of a call or none', async () => {
    await using store = await open()
    await expect(store.write([row(NOON, 1), row(NOON + 1, 0.5)])).rejects.toMatchObject({ code: 'invalid' })
    await expect(store.write([row(NOON, 1), row(NOON + 0.5, 1)])).rejects.toMatchObject({ code: 'invalid' })
    await expect(store.write([row(NOON, 1), row(NOON, 1, { n: -1 })])).rejects.toMatchObject({ code: 'invalid' })
    await expect(store.write([row(NOON, 1), row(NOON + 1, '\ud800')])).rejects.toMatchObject({ code: 'invalid' })
    expect(await store.count()).toBe(0)
    expect(await store.write([])).toEqual([])
    expect(await store.range(ALL)).toEqual({ rows: [], truncated: false })
  })
}

function repeated(open: () => Promise<SeriesStore>): void {
  test('takes the same row any number of times as one', async () => {
    await using store = await open()
    await store.write([row(NOON, 5), row(NOON, 5)])
    await store.write([row(NOON, 5, { received: NOON + 99_999 })])
    expect((await store.range(ALL)).rows).toEqual([seen(row(NOON, 5))])
    expect(await store.count()).toBe(1)
  })

  test('keeps another value under the same key as a conflict, once, and overwrites nothing', async () => {
    await using store = await open()
    await store.write([row(NOON, 5), row(NOON, 9, { n: 1, quality: 'suspect', reason: 'step' })])
    for (let time = 0; time < 2; time++) await store.write([row(NOON, 7), row(NOON, 0), row(NOON, false), row(NOON, null)])
    expect((await store.range(ALL)).rows.map(({ n, value, quality, reason }) => [n, value, quality, reason])).toEqual([
      [0, 5, 'good', undefined],
      [1, 9, 'suspect', 'step'],
      [2, 7, 'suspect', 'conflict'],
      [3, 0, 'suspect', 'conflict'],
      [4, false, 'suspect', 'conflict'],
      [5, null, 'suspect', 'conflict'],
    ])
    expect(await store.count()).toBe(6)
  })

  test('keeps conflicts apart from what is new and what is the same, in a write of many rows', async () => {
    await using store = await open()
    const minutes = (from: number, to: number, value: number) =>
      Array.from({ length: to - from }, (_, index) => row(NOON + (from + index) * MINUTE, value))
    await store.write(minutes(0, 100, 1))
    await store.write([...minutes(90, 200, 1), ...minutes(150, 160, 2), ...minutes(40, 50, 2), ...minutes(195, 200, 1)])
    const { rows } = await store.range(ALL)
    const conflicts = rows.filter(({ n }) => n === 1)
    expect(await store.count()).toBe(220)
    expect(rows.filter(({ n, value }) => n === 0 && value === 1)).toHaveLength(200)
    expect(conflicts.map(({ at, value, reason }) => [(at - NOON) / MINUTE, value, reason])).toEqual(
      [...minutes(40, 50, 2), ...minutes(150, 160, 2)].map(({ at }) => [(at - NOON) / MINUTE, 2, 'conflict']),
    )
  })

  test('is equal after a replay in any order, in pieces of any size, with any rows twice', async () => {
    const rows = Array.from({ length: 60 }, (_, index) =>
      row(NOON + Math.floor(index / 3) * 7 * MINUTE, index, {
        n: index % 3,
        point: index % 2 ? 'level' : 'rain',
        received: NOON + index,
      }),
    )
    await using straight = await open()
    await straight.write(rows)
    const points = ['level', 'rain'].map((point) => ({ ...ALL, point }))
    const expected = await Promise.all(points.map((query) => straight.range(query)))
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...rows, ...rows.slice(0, 30)], { minLength: 90 }),
        fc.integer({ min: 1, max: 90 }),
        async (order, size) => {
          await using store = await open()
          for (let from = 0; from < order.length; from += size) await store.write(order.slice(from, from + size))
          expect(await Promise.all(points.map((query) => store.range(query)))).toEqual(expected)
          expect(await store.count()).toBe(rows.length)
        },
      ),
      { numRuns: 10 },
    )
  })
}

function marked(open: () => Promise<SeriesStore>): void {
  test('says which life of it this is, and how far its writer said it had come', async () => {
    await using store = await open()
    const first = await store.mark()
    expect(first).toEqual({ life: expect.stringMatching(/^[0-9a-f]{16}$/), reached: 0 })
    await store.write([row(NOON, 1)])
    expect(await store.mark()).toEqual(first)
    await store.setReached(7)
    expect(await store.mark()).toEqual({ ...first, reached: 7 })
    expect(await store.count()).toBe(1)
    await using other = await open()
    expect((await other.mark()).life).not.toBe(first.life)
  })
}

function ranged(open: () => Promise<SeriesStore>): void {
  test('begins a range with its start and ends it before its end, in one series only', async () => {
    await using store = await open()
    await store.write(
      [0, 1, 2, 3].flatMap((minute) => [row(NOON + minute * MINUTE, minute), row(NOON + minute * MINUTE, 99, { device: 'd2' })]),
    )
    const { rows } = await store.range({ ...ALL, from: NOON + MINUTE, to: NOON + 3 * MINUTE })
    expect(rows.map(({ value }) => value)).toEqual([1, 2])
    expect(await store.range({ ...ALL, device: 'unknown' })).toEqual({ rows: [], truncated: false })
    expect(await store.range({ ...ALL, from: NOON, to: NOON })).toEqual({ rows: [], truncated: false })
  })

  test('says when the limit ended a range, and only then', async () => {
    await using store = await open()
    await store.write([0, 1, 2].map((minute) => row(NOON + minute * 60 * MINUTE, minute)))
    expect(await store.range({ ...ALL, limit: 2 })).toMatchObject({ rows: [{ value: 0 }, { value: 1 }], truncated: true })
    expect(await store.range({ ...ALL, limit: 3 })).toMatchObject({ truncated: false })
    await expect(store.range({ ...ALL, limit: 0 })).rejects.toMatchObject({ code: 'invalid' })
  })
}

function bucketed(open: () => Promise<SeriesStore>): void {
  const hours = { ...ALL, step: 60 * MINUTE }

  test('thins values to the least, the greatest and the last of each bucket', async () => {
    await using store = await open()
    await store.write([
      row(NOON, 30),
      row(NOON + 10 * MINUTE, 50),
      row(NOON + 59 * MINUTE, 40),
      row(NOON + 59 * MINUTE, 20, { n: 1, quality: 'suspect', reason: 'conflict' }),
      row(NOON + 60 * MINUTE, -1),
    ])
    expect(await store.buckets(hours)).toEqual({
      rows: [
        { at: NOON, hash: 'h1', min: 20, max: 50, last: 20, count: 4, suspect: 1 },
        { at: NOON + 60 * MINUTE, hash: 'h1', min: -1, max: -1, last: -1, count: 1, suspect: 0 },
      ],
      truncated: false,
    })
  })

  test('shows a bucket without a value as a gap, and none where there are no rows', async () => {
    await using store = await open()
    const bad = { quality: 'bad', reason: 'timeout' } as const
    await store.write([
      row(NOON, true),
      row(NOON + 1, null, bad),
      row(NOON + 60 * MINUTE, null, bad),
      row(NOON + 180 * MINUTE, 'text'),
    ])
    expect((await store.buckets(hours)).rows).toEqual([
      { at: NOON, hash: 'h1', min: 1, max: 1, last: 1, count: 1, suspect: 0 },
      { at: NOON + 60 * MINUTE, hash: 'h1', min: null, max: null, last: null, count: 0, suspect: 0 },
      { at: NOON + 180 * MINUTE, hash: 'h1', min: null, max: null, last: null, count: 0, suspect: 0 },
    ])
  })

  test('mixes no counts of two profile versions', async () => {
    await using store = await open()
    await store.write([row(NOON, 30), row(NOON + 1, 300, { hash: 'h2' }), row(NOON + 2, 31), row(NOON + 3, 310, { hash: 'h2' })])
    expect((await store.buckets(hours)).rows).toEqual([
      { at: NOON, hash: 'h1', min: 30, max: 31, last: 31, count: 2, suspect: 0 },
      { at: NOON, hash: 'h2', min: 300, max: 310, last: 310, count: 2, suspect: 0 },
    ])
  })

  test('thins long ranges, and says when the limit ended them', async () => {
    await using store = await open()
    for (let batch = 0; batch < 3; batch++) {
      await store.write(
        Array.from({ length: 8000 }, (_, index) => row(NOON + (batch * 8000 + index) * 1000, batch * 8000 + index)),
      )
    }
    const { rows, truncated } = await store.buckets(hours)
    expect(truncated).toBe(false)
    expect(rows.map(({ count }) => count)).toEqual([3600, 3600, 3600, 3600, 3600, 3600, 2400])
    expect(rows.map(({ min, max, last }) => [min, max, last])).toEqual(
      rows.map((_, hour) => [hour * 3600, Math.min(hour * 3600 + 3599, 23_999), Math.min(hour * 3600 + 3599, 23_999)]),
    )
    expect(await store.buckets({ ...hours, limit: 6 })).toMatchObject({ rows: { length: 6 }, truncated: true })
    expect(await store.buckets({ ...hours, limit: 7 })).toMatchObject({ truncated: false })
    await expect(store.buckets({ ...hours, step: 0 })).rejects.toMatchObject({ code: 'invalid' })
  })
}
