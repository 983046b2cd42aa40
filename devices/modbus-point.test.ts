import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePoint, encodePoint, imageOf, pointDecoder, pointWidth } from './modbus-point.ts'
import { type Point, REGISTER_TYPES, WORD_ORDERS } from './modbus-profile.ts'
import { DECIMALS_MAX } from './profile-heading.ts'

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
const point = (differs: Partial<Point>): Point => ({ ...plain, ...differs })
const float = (value: number) => encodePoint(point({ type: 'f64' }), value)
const f32Words = (value: number) => {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  return [view.getUint16(0), view.getUint16(2)]
}

test.each<[string, Partial<Point>, number[], number]>([
  ['SMT100 soil temperature 0x31FD', { scale: 0.01, offset: -100, decimals: 2 }, [0x31fd], 2797],
  ['SMT100 soil temperature 0x1770', { scale: 0.01, offset: -100, decimals: 2 }, [0x1770], -4000],
  ['Seeed S-Soil temperature 0xFF05', { type: 'i16', scale: 0.01, decimals: 2 }, [0xff05], -251],
  ['Sonbus XM9505 rain', { scale: 0.1, decimals: 1 }, [536], 536],
  ['a bucket of 0.2 mm', { type: 'u32', scale: 0.2, decimals: 1 }, [0, 5], 10],
  ['a bucket of 0.254 mm in tenths', { type: 'u32', scale: 0.254, decimals: 1 }, [0, 3], 8],
  ['0.1 + 0.2, where doubles miss', { scale: 0.1, offset: 0.2, decimals: 1 }, [1], 3],
  ['millimetres shown as metres', { type: 'u32', scale: 0.001, decimals: 3 }, [1, 0], 65_536],
  ['a pressure turned into a level', { type: 'i16', scale: -0.0101972, offset: 12.5, decimals: 3 }, [100], 11_480],
  ['a float in CDAB', { type: 'f32', words: 'CDAB', decimals: 2 }, [0x147b, 0x41f0], 3001],
  ['a double', { type: 'f64', decimals: 6 }, float(2), 2_000_000],
  ['BCD', { type: 'bcd32', scale: 0.01, decimals: 2 }, [0x1234, 0x5678], 12_345_678],
  ['a 64-bit count within 2^53', { type: 'u64' }, [0x001f, 0xffff, 0xffff, 0xffff], Number.MAX_SAFE_INTEGER],
])('%s', (_, differs, words, count) => {
  expect(decodePoint(point(differs), words)).toEqual({ value: count, quality: 'good' })
})

test.each([
  [1, 1],
  [3, 2],
  [5, 3],
  [-1, -1],
  [-3, -2],
  [-5, -3],
])('half of %i rounds away from zero to %i', (raw, count) => {
  expect(decodePoint(point({ type: 'i16', scale: 0.5 }), [raw & 0xffff])).toEqual({ value: count, quality: 'good' })
  expect(decodePoint(point({ type: 'f32' }), f32Words(raw / 2)).value).toBe(count)
})

test('a zero is never a negative zero', () => {
  for (const words of [f32Words(-0), f32Words(-1e-40)])
    expect(Object.is(decodePoint(point({ type: 'f32' }), words).value, 0)).toBe(true)
  expect(Object.is(decodePoint(point({ scale: -0.5 }), [0]).value, 0)).toBe(true)
})

test('a 32-bit float of up to six digits counts as what was meant', () => {
  fc.assert(
    fc.property(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 6 }), (count, decimals) => {
      expect(decodePoint(point({ type: 'f32', decimals }), f32Words(count / 10 ** decimals))).toEqual({
        value: count,
        quality: 'good',
      })
    }),
  )
})

test('what is no value is bad and says why', () => {
  const bad = (reason: string) => ({ value: null, quality: 'bad', reason })
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(decodePoint(point({ type: 'f32' }), f32Words(value))).toEqual(bad('malformed'))
  }
  expect(decodePoint(point({ type: 'bcd16' }), [0xa000])).toEqual(bad('malformed'))
  expect(decodePoint(point({ type: 'u32' }), [1])).toEqual(bad('malformed'))
  expect(decodePoint(point({ type: 'i16', sentinels: [-9999] }), [0xd8f1])).toEqual(bad('sentinel'))
  expect(decodePoint(point({ type: 'i64', sentinels: [-1] }), [0xffff, 0xffff, 0xffff, 0xffff])).toEqual(bad('sentinel'))
  expect(decodePoint(point({ type: 'f32', sentinels: [-9999] }), f32Words(-9999))).toEqual(bad('sentinel'))
  const nan = point({ type: 'f32', words: 'CDAB', sentinels: ['0xFFFFFFFF', '0x7FC00001', -1] })
  expect(decodePoint(nan, [0xffff, 0xffff])).toEqual(bad('sentinel'))
  expect(decodePoint(nan, [0x0001, 0x7fc0])).toEqual(bad('sentinel'))
  expect(decodePoint(nan, [0x0000, 0x7fc0])).toEqual(bad('malformed'))
  expect(decodePoint(nan, [0x0000, 0xbf80])).toEqual(bad('sentinel'))
  expect(decodePoint(point({ type: 'bcd16', sentinels: ['0xffff'] }), [0xffff])).toEqual(bad('sentinel'))
  expect(decodePoint(point({ type: 'f64', sentinels: ['0x7FF8000000000000'] }), [0x7ff8, 0, 0, 0])).toEqual(bad('sentinel'))
  expect(decodePoint(point({ type: 'u64' }), [0x0020, 0, 0, 0])).toEqual(bad('overflow'))
  expect(decodePoint(point({ type: 'f32', decimals: 6 }), f32Words(3e38))).toEqual(bad('overflow'))
  expect(decodePoint(point({ type: 'f64' }), float(Number.MAX_SAFE_INTEGER))).toEqual({
    value: Number.MAX_SAFE_INTEGER,
    quality: 'good',
  })
})

test('outside the range a value is kept and suspect, on its limits it is good', () => {
  const battery = point({ scale: 0.01, decimals: 2, range: [9.005, 16.005] })
  expect([900, 901, 1600, 1601].map((raw) => decodePoint(battery, [raw]))).toEqual([
    { value: 900, quality: 'suspect', reason: 'range' },
    { value: 901, quality: 'good' },
    { value: 1600, quality: 'good' },
    { value: 1601, quality: 'suspect', reason: 'range' },
  ])
  const cold = point({ type: 'i16', scale: 0.001, decimals: 3, range: [-1.005, 1.005] })
  expect([-1006, -1005, 1005, 1006].map((raw) => decodePoint(cold, [raw & 0xffff]).quality)).toEqual([
    'suspect',
    'good',
    'good',
    'suspect',
  ])
})

test('a bit is true or false, of its own table or within a register', () => {
  const coil = point({ table: 'coil', type: 'bit' })
  expect([0, 1].map((word) => decodePoint(coil, [word]).value)).toEqual([false, true])
  expect(decodePoint(coil, [2])).toMatchObject({ quality: 'bad', reason: 'malformed' })
  const ninth = point({ type: 'bit', bit: 9 })
  expect([0x0200, 0xfdff].map((word) => decodePoint(ninth, [word]).value)).toEqual([true, false])
  expect(decodePoint({ ...ninth, words: 'BADC' }, [0x0002]).value).toBe(true)
  expect([true, false].map((value) => encodePoint(ninth, value))).toEqual([[0x0200], [0]])
  expect([true, false].map((value) => encodePoint(coil, value))).toEqual([[1], [0]])
})

/** Points whose offset is a whole count, as in every manual; else a half count added to a step of one may round to its neighbour and back. */
const numeric: fc.Arbitrary<Point> = fc
  .record({
    type: fc.constantFrom(...REGISTER_TYPES.filter((type) => type !== 'bit')),
    words: fc.constantFrom(...WORD_ORDERS),
    scale: fc.constantFrom(1, 0.1, 0.2, 0.5, 0.01, 0.254, 0.001, 2, 10, -1, -0.1, 123.456),
    offsetCounts: fc.integer({ min: -100_000, max: 100_000 }),
    decimals: fc.integer({ min: 0, max: DECIMALS_MAX }),
  })
  .map(({ offsetCounts, decimals, ...rest }) => point({ ...rest, decimals, offset: Number(`${offsetCounts}e-${decimals}`) }))

test('what the words say comes back when it is encoded', () => {
  fc.assert(
    fc.property(numeric, fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 }), (any, words) => {
      const { value } = decodePoint(any, words)
      // Floats keep seven or sixteen digits only: a count beyond that cannot come back.
      fc.pre(value !== null && (any.type !== 'f32' || any.offset === 0) && (any.type !== 'f64' || Math.abs(Number(value)) < 1e12))
      // Where a count is more than one raw step, the nearest to the last of the type may lie beyond it.
      fc.pre(any.scale ** 2 * 100 ** any.decimals >= 1 || words.every((word) => (word & 0xff) < 0x40 && word < 0x4000))
      const again = decodePoint(any, encodePoint(any, value))
      if (any.type === 'f32')
        expect(Math.abs(Number(again.value) - Number(value))).toBeLessThanOrEqual(Math.abs(Number(value)) * 2e-7 + 1)
      else expect(again.value).toBe(value)
    }),
    { numRuns: 2000 },
  )
})

test('the count is the exact one, whatever road the arithmetic takes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
      fc.integer({ min: -10_000_000, max: 10_000_000 }).filter((digits) => digits !== 0),
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.integer({ min: 0, max: DECIMALS_MAX }),
      (raw, digits, places, offset, decimals) => {
        const any = point({ type: 'i32', scale: Number(`${digits}e-${places}`), offset: Number(`${offset}e-3`), decimals })
        const words = encodePoint(point({ type: 'i32' }), raw)
        // Both sides in units of 10^-15, in whole numbers.
        const exact = BigInt(raw) * BigInt(digits) * 10n ** BigInt(15 - places) + BigInt(offset) * 10n ** 12n
        const step = 10n ** BigInt(15 - decimals)
        const half = exact < 0n ? -step / 2n : step / 2n
        const count = (exact + half) / step
        const expected =
          count > BigInt(Number.MAX_SAFE_INTEGER) || count < -BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(count)
        expect(decodePoint(any, words).value).toBe(expected)
      },
    ),
    { numRuns: 2000 },
  )
})

test('null is said by a sentinel, by NaN, or not at all', () => {
  expect(encodePoint(point({ type: 'i16', sentinels: [-9999, -1] }), null)).toEqual([0xd8f1])
  expect(encodePoint(point({ type: 'f32', words: 'CDAB', sentinels: ['0x7FC00001'] }), null)).toEqual([0x0001, 0x7fc0])
  expect(decodePoint(point({ type: 'f32' }), encodePoint(point({ type: 'f32' }), null))).toMatchObject({
    value: null,
    quality: 'bad',
  })
  expect(() => encodePoint(plain, null)).toThrow(RangeError)
})

test('a value of another kind is refused', () => {
  for (const value of ['1', true, 1.5, Number.NaN]) expect(() => encodePoint(plain, value)).toThrow(RangeError)
  expect(() => encodePoint(point({ type: 'bit', table: 'coil' }), 1)).toThrow(RangeError)
  expect(() => encodePoint(plain, 65_536)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('a prepared decoder reads from within a block', () => {
  expect(pointDecoder(point({ type: 'u32' }))([9, 9, 0, 5, 9], 2)).toEqual({ value: 5, quality: 'good' })
  expect(pointWidth(point({ type: 'u64' }))).toBe(4)
})

test("an example's image holds each word at its own address", () => {
  const image = imageOf({ name: 'one', input: { 106: [0x147b, 0x41f0], 9: [1] }, coil: { 0: [1] }, readings: {} })
  expect([...image.input]).toEqual([
    [9, 1],
    [106, 0x147b],
    [107, 0x41f0],
  ])
  expect([image.coil.get(0), image.holding.size, image.discrete.size]).toEqual([1, 0, 0])
})
