import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeVariable,
  ean13Variable,
  encodeVariable,
  PRICE_28_29,
  type VariableLayout,
  valueCheckDigit,
  variableCodec,
} from '#protocols/codes'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'

const refusal = (code: string) => expect.objectContaining({ code })

/** Prefix of two digits, item of five, grams without a check. */
const WEIGHT_22: VariableLayout = {
  prefixes: ['22'],
  itemFrom: 2,
  itemDigits: 5,
  hasValueCheck: false,
  valueDigits: 5,
  meaning: 'weight',
  decimals: 3,
  unit: 'kg',
}

provesVectors(ean13Variable)
provesCodec({
  codec: ean13Variable,
  values: fc.record({
    prefix: fc.constant('28'),
    item: fc.stringMatching(/^8\d{4}$/),
    value: fc.integer({ min: 0, max: 99_999 }),
  }),
  frames: vectorsOf('ean13-variable').map((vector) => Buffer.from(bytesOf(vector)).toString('hex')),
  isChecked: true,
})
provesCodec({ codec: variableCodec([WEIGHT_22]), frames: [Buffer.from('2212345012343').toString('hex')], isChecked: true })

describe('an in-store code', () => {
  test('says the amount of its layout', () => {
    const code = decodeVariable('2212345012343', [PRICE_28_29, WEIGHT_22])
    expect(JSON.parse(JSON.stringify(code))).toEqual({
      prefix: '22',
      item: '12345',
      value: 1234,
      meaning: 'weight',
      amount: 1.234,
      unit: 'kg',
      check: 3,
    })
    expect(encodeVariable(code, [WEIGHT_22])).toBe('2212345012343')
  })

  test.each([
    ['281027500502', 'truncated'],
    ['28102750050244', 'malformed'],
    ['281027500502A', 'malformed'],
    ['2810275005025', 'checksum'],
    ['2112345678900', 'unsupported'],
    // The check of the price is wrong, that of the code is not.
    ['2810274005025', 'checksum'],
  ])('%s is refused as %s', (text, code) => {
    expect(() => decodeVariable(text, [PRICE_28_29])).toThrow(refusal(code))
  })

  test('whose layout does not fill it is refused', () => {
    const layout = { ...WEIGHT_22, valueDigits: 4 }
    expect(() => decodeVariable('2212345012343', [layout])).toThrow(refusal('malformed'))
    expect(() => decodeVariable('2212345012343', [{ ...WEIGHT_22, itemFrom: 3, itemDigits: 4 }])).toThrow(refusal('malformed'))
  })

  test('is not made of what does not fit', () => {
    const make = (code: { prefix: string; item: string; value: number }) => () => encodeVariable(code, [PRICE_28_29])
    expect(make({ prefix: '28', item: '81027', value: 502 })()).toBe('2810275005024')
    expect(make({ prefix: '28', item: '91027', value: 502 })).toThrow(refusal('malformed'))
    expect(make({ prefix: '28', item: '8102', value: 502 })).toThrow(refusal('malformed'))
    expect(make({ prefix: '28', item: '81027', value: 100_000 })).toThrow(refusal('malformed'))
    expect(make({ prefix: '28', item: '81027', value: -1 })).toThrow(refusal('malformed'))
    expect(make({ prefix: '24', item: '81027', value: 1 })).toThrow(refusal('unsupported'))
  })
})

test('a value of four or five digits has a check digit', () => {
  expect(valueCheckDigit('2875')).toBe(9)
  expect(valueCheckDigit('14685')).toBe(6)
  expect(valueCheckDigit('00502')).toBe(5)
  expect(() => valueCheckDigit('123')).toThrow(refusal('malformed'))
  expect(() => valueCheckDigit('12A4')).toThrow(refusal('malformed'))
})
