import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { toGrams, UNITS, type Unit, unitOf } from '#protocols/scales'

test.each<[string, Unit, string]>([
  ['2.310', 'kg', '2310'],
  ['0.0025', 'kg', '2.5'],
  ['-0.5', 'kg', '-500'],
  ['1.5', 'mg', '0.0015'],
  ['0.02', 't', '20000'],
  ['3', 'jin', '1500'],
  ['1.5', 'liang', '75'],
  ['5', 'ct', '1'],
  ['12.345', 'lb', '5599.59780765'],
  ['16', 'oz', '453.59237'],
  ['1', 'ton', '907184.74'],
  ['1', 'ozt', '31.1034768'],
  ['1', 'dwt', '1.55517384'],
  ['1', 'grain', '0.06479891'],
])('%s %s is %s g', (value, unit, grams) => {
  expect(String(toGrams({ value: Decimal.parse(value) ?? null, unit }))).toBe(grams)
})

test('what has more digits than a decimal holds is rounded half to even', () => {
  // 0.1 oz = 2.8349523125 g, a half; 0.3 oz = 8.5048569375 g, a half.
  expect(String(toGrams({ value: new Decimal(1, 1), unit: 'oz' }))).toBe('2.834952312')
  expect(String(toGrams({ value: new Decimal(-1, 1), unit: 'oz' }))).toBe('-2.834952312')
  expect(String(toGrams({ value: new Decimal(3, 1), unit: 'oz' }))).toBe('8.504856938')
  expect(String(toGrams({ value: new Decimal(1, 2), unit: 'oz' }))).toBe('0.283495231')
  expect(String(toGrams({ value: new Decimal(7, 2), unit: 'oz' }))).toBe('1.984466619')
})

test('a great weight keeps the digits that fit', () => {
  expect(String(toGrams({ value: new Decimal(1_234_567_891, 3), unit: 'lb' }))).toBe('559990575.6045917')
  expect(() => toGrams({ value: new Decimal(Number.MAX_SAFE_INTEGER), unit: 't' })).toThrow(
    'expected a weight that a safe integer',
  )
})

test('kilograms and jin of any scale are exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 4 }), (count, decimals) => {
      const value = new Decimal(count, decimals)
      expect(toGrams({ value, unit: 'kg' })?.toJSON()).toBe((count * 1000) / 10 ** decimals)
      expect(toGrams({ value, unit: 'jin' })?.toJSON()).toBe((count * 500) / 10 ** decimals)
    }),
  )
})

test('a unit that the protocol does not tell is the one of the scale’s settings', () => {
  expect(toGrams({ value: new Decimal(5, 1), unit: null })).toBeNull()
  expect(toGrams({ value: new Decimal(5, 1), unit: null }, 'kg')).toEqual(new Decimal(500))
  expect(toGrams({ value: new Decimal(5, 1), unit: 'g' }, 'kg')).toEqual(new Decimal(5, 1))
})

test.each<Unit>(['pcs', '%', 'tael'])('%s has no mass', (unit) => {
  expect(toGrams({ value: new Decimal(1), unit })).toBeNull()
})

test('no value has no grams', () => {
  expect(toGrams({ value: null, unit: 'kg' })).toBeNull()
})

test.each([
  ['Kg', 'kg'],
  [' KG ', 'kg'],
  ['T', 't'],
  ['LBS', 'lb'],
  [' PC', 'pcs'],
  ['%', '%'],
  ['\xbd\xef', 'jin'],
  ['\xc1\xbd', 'liang'],
  ['\xb9\xab\xbd\xef', 'kg'],
])('reads the unit %j as %s', (text, unit) => {
  expect(unitOf(text)).toBe(unit)
})

test.each(['', 'k', 'gg', 'toString', 'constructor', '\xff'])('knows no unit %j', (text) => {
  expect(unitOf(text)).toBeUndefined()
})

test('every unit reads as itself', () => {
  expect(UNITS.map((unit) => unitOf(unit))).toEqual(UNITS)
})
