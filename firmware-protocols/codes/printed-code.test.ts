import { describe, expect, test } from 'vitest'
import { BATCH_16, OPERATOR_20, PRICE_28_29, readPrintedCode, type VariableLayout } from '#protocols/codes'

const shop = { variable: [PRICE_28_29], trace: [BATCH_16, OPERATOR_20] }

describe('a printed code', () => {
  test.each([
    ['2810275005024', 'variable'],
    [']E02810275005024', 'variable'],
    ['4401060000014401', 'trace'],
    [']Q14401060000014401', 'trace'],
    [']Q1https://example.com/01/12312312312333', 'digital-link'],
    [']d2011231231231233310A', 'gs1'],
    ['(01)12312312312333(10)A', 'gs1'],
    ['10A\u001d99B', 'gs1'],
    ['6291041500213', 'gtin'],
    ['6291041500214', 'text'],
    ['2810274005025', 'text'],
    ['猪肉', 'text'],
    ['', 'text'],
  ])('%s means %s', (text, kind) => {
    expect(readPrintedCode(text, shop)).toMatchObject({ kind, text })
  })

  test('means what every shop knows where none has said its own', () => {
    expect(readPrintedCode('2810275005024')).toMatchObject({ kind: 'gtin' })
    expect(readPrintedCode('4401060000014401')).toMatchObject({ kind: 'text' })
  })

  test('of the shop that was misread is not the number of some other item', () => {
    expect(readPrintedCode('2810274005025', shop)).toEqual({ kind: 'text', text: '2810274005025', isMisread: true })
    expect(readPrintedCode('6291041500214', shop)).toMatchObject({ isMisread: true })
    expect(readPrintedCode('A-1', shop)).toMatchObject({ isMisread: false })
  })

  test('hides no mistake of the program', () => {
    const layouts: readonly VariableLayout[] = [{ ...PRICE_28_29, decimals: 99 }]
    expect(() => readPrintedCode('2810275005024', { variable: layouts })).toThrow(RangeError)
  })
})
