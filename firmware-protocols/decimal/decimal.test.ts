import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'

test.each([
  ['12', 12, 0, '12'],
  ['+000.500', 500, 3, '0.500'],
  ['-0.05', -5, 2, '-0.05'],
  ['000000.', 0, 0, '0'],
  ['.5', 5, 1, '0.5'],
  ['-0.0', 0, 1, '0.0'],
])('reads %s', (text, count, decimals, written) => {
  const decimal = Decimal.parse(text)
  expect(decimal).toMatchObject({ count, decimals })
  expect(String(decimal)).toBe(written)
})

test.each(['', '.', '+', '1e3', '0x1', '1 2', '12345678901234567', '0.1234567890', 'NaN'])('reads no number in "%s"', (text) => {
  expect(Decimal.parse(text)).toBeUndefined()
})

test('is a plain number in JSON', () => {
  expect(JSON.stringify({ value: new Decimal(127, 3) })).toBe('{"value":0.127}')
})

test('text and number come back as they were', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 9 }), (count, decimals) => {
      const decimal = new Decimal(count, decimals)
      expect(Decimal.parse(String(decimal))).toEqual(decimal)
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 9 }), (count, decimals) => {
      const decimal = new Decimal(count, decimals)
      expect(Decimal.of(decimal.toJSON(), decimals)).toEqual(decimal)
    }),
  )
})

test('takes on decimals, and gives none up that say something', () => {
  expect(new Decimal(5, 1).withDecimals(3)).toEqual(new Decimal(500, 3))
  expect(new Decimal(500, 3).withDecimals(1)).toEqual(new Decimal(5, 1))
  expect(() => new Decimal(5, 1).withDecimals(0)).toThrow('expected at most 0 decimals, got 0.5')
  expect(Decimal.of(1e-7, 9)).toEqual(new Decimal(100, 9))
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, 1e-12])('takes no %s', (value) => {
  expect(() => Decimal.of(value)).toThrow(RangeError)
})

test('refuses what it cannot hold exactly', () => {
  expect(() => new Decimal(0.5)).toThrow('expected a safe integer, got 0.5')
  expect(() => new Decimal(1, 10)).toThrow('expected 0 to 9 decimals, got 10')
})
