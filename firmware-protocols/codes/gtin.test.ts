import { describe, expect, test } from 'vitest'
import { expandUpcE, expectGs1CheckDigit, gs1CheckDigit, mod11And10, mod97And10, readGtin, readSscc } from '#protocols/codes'

const refusal = (code: string) => expect.objectContaining({ code })

describe('the check digit of GS1', () => {
  test.each([
    ['629104150021', '3'],
    ['0234567', '3'],
    ['03600029145', '2'],
    ['1231231231233', '3'],
    ['00614141123456789', '0'],
  ])('of %s is %s', (digits, check) => {
    expect(gs1CheckDigit(digits)).toBe(check)
    expect(() => expectGs1CheckDigit(digits + check)).not.toThrow()
    expect(() => expectGs1CheckDigit(digits + ((Number(check) + 1) % 10))).toThrow(refusal('checksum'))
  })
})

test('a number is what its length says, filled to 14 digits', () => {
  expect(readGtin('02345673')).toEqual({ kind: 'EAN-8', gtin: '02345673', gtin14: '00000002345673' })
  expect(readGtin('036000291452')).toMatchObject({ kind: 'UPC-A', gtin14: '00036000291452' })
  expect(readGtin('6291041500213')).toMatchObject({ kind: 'EAN-13' })
  expect(readGtin('12312312312333')).toMatchObject({ kind: 'GTIN-14' })
  expect(() => readGtin('123')).toThrow(refusal('malformed'))
  expect(() => readGtin('0234567A')).toThrow(refusal('malformed'))
})

test('a shipping container code has 18 digits', () => {
  expect(readSscc('006141411234567890')).toBe('006141411234567890')
  expect(() => readSscc('06141411234567890')).toThrow(refusal('malformed'))
  expect(() => readSscc('006141411234567891')).toThrow(refusal('checksum'))
})

describe('a UPC-E', () => {
  test.each([
    ['01234505', '012000003455'],
    ['04252614', '042100005264'],
    ['01234531', '012300000451'],
    ['01234543', '012340000053'],
    ['01234558', '012345000058'],
  ])('%s stands for %s', (upcE, upcA) => {
    expect(expandUpcE(upcE)).toBe(upcA)
  })

  test('of another number system or with a wrong check digit is refused', () => {
    expect(() => expandUpcE('21234505')).toThrow(refusal('malformed'))
    expect(() => expandUpcE('01234506')).toThrow(refusal('checksum'))
  })
})

describe('the check digits of ISO/IEC 7064', () => {
  test('are those of the standard’s own examples', () => {
    expect(mod11And10('0794')).toBe('5')
    expect(mod97And10('794')).toBe('44')
  })

  test('find every wrong digit; MOD 97,10 every exchange of neighbours too', () => {
    const digits = '370700001000100012'
    for (let at = 0; at < digits.length; at++) {
      for (let more = 1; more < 10; more++) {
        const wrong = digits.slice(0, at) + ((Number(digits[at]) + more) % 10) + digits.slice(at + 1)
        expect(mod11And10(wrong)).not.toBe(mod11And10(digits))
        expect(mod97And10(wrong)).not.toBe(mod97And10(digits))
      }
      const swapped = digits.slice(0, at) + (digits[at + 1] ?? '') + digits[at] + digits.slice(at + 2)
      if (swapped !== digits) expect(mod97And10(swapped)).not.toBe(mod97And10(digits))
    }
  })

  test('are of digits only', () => {
    expect(() => mod11And10('12A')).toThrow(refusal('malformed'))
    expect(() => mod97And10('')).toThrow(refusal('malformed'))
  })
})
