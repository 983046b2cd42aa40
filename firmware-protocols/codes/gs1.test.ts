import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  APPLICATION_IDENTIFIERS,
  aimOf,
  applicationIdentifier,
  CODE_BYTES_MAX,
  decodeGs1,
  encodeGs1,
  gs1,
  gs1Date,
  readBracketed,
  readElement,
  readElementString,
  stripAim,
  symbologyOf,
  writeBracketed,
  writeElementString,
} from '#protocols/codes'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'

const GS = '\u001d'
const hex = (text: string): string => Buffer.from(text).toString('hex')
const refusal = (code: string) => expect.objectContaining({ code })

provesVectors(gs1)
provesCodec({
  codec: gs1,
  values: fc.record({
    aim: fc.constantFrom(']C1', ']Q3', ']d2', ']e0'),
    items: fc.tuple(
      fc.constant({ ai: '01', value: '12312312312333' }),
      fc.record({ ai: fc.constantFrom('10', '21'), value: fc.stringMatching(/^[!%-?A-Z_a-z]{1,20}$/) }),
      fc.record({ ai: fc.constantFrom('3102', '3205'), value: fc.stringMatching(/^\d{6}$/) }),
    ),
  }),
  frames: [
    ...vectorsOf('gs1').map((vector) => Buffer.from(bytesOf(vector)).toString('hex')),
    hex('0112312312312333'),
    hex(`]E32112345678900${'12'}`),
    hex(`]E32112345678900${'12345'}`),
    hex(']I112312312312333'),
    hex(`]C1310200123420${'07'}37${'5'}${GS}15${'270200'}`),
  ],
  cut: 'any',
  isChecked: false,
})

describe('a symbology identifier', () => {
  test('is taken off and named', () => {
    expect(stripAim(']E4x')).toEqual({ aim: ']E4', symbology: 'EAN-8', data: 'x' })
    expect(stripAim('4006')).toEqual({ aim: undefined, symbology: undefined, data: '4006' })
  })

  test('with a modifier that the table has not has the name of its letter; one of another letter none', () => {
    expect(symbologyOf(']Q2')).toBe('QR')
    expect(symbologyOf(']y0')).toBeUndefined()
  })

  test('is found by its name', () => {
    expect(aimOf('GS1-128')).toBe(']C1')
    expect(aimOf('Aztec')).toBeUndefined()
  })
})

describe('an element string', () => {
  test('needs a separator only behind a value of variable length', () => {
    const elements = [
      { ai: '01', value: '12312312312333' },
      { ai: '10', value: 'A' },
      { ai: '17', value: '270228' },
      { ai: '21', value: 'B' },
    ]
    const text = `011231231231233310A${GS}1727022821B`
    expect(writeElementString(elements)).toBe(text)
    expect(readElementString(text)).toMatchObject(elements)
    expect(readElementString(`${GS}0112312312312333${GS}10A${GS}17270228${GS}21B`)).toMatchObject(elements)
  })

  test('tells measures and amounts with their decimals', () => {
    expect(JSON.parse(JSON.stringify(readElement('3102', '001234')))).toEqual({
      ai: '3102',
      title: 'NET WEIGHT',
      value: '001234',
      number: 12.34,
      unit: 'kg',
    })
    expect(readElement('3932', '1560012345')).toMatchObject({ currency: '156', number: { count: 12345, decimals: 2 } })
    expect(readElement('3902', '999').number?.toString()).toBe('9.99')
    expect(readElement('37', '0012').number?.toString()).toBe('12')
    expect(readElement('8005', '000199').number?.toString()).toBe('199')
  })

  test.each([
    ['an identifier that is not known', '0499', 'unsupported'],
    ['an identifier of more decimals than digits', '3109001234', 'unsupported'],
    ['letters for an identifier', 'AB12', 'malformed'],
    ['one digit for an identifier', '0112312312312333' + '1', 'truncated'],
    ['nothing', GS, 'truncated'],
    ['a value that ends early', '011231231231', 'truncated'],
    ['a wrong check digit', '0112312312312334', 'checksum'],
    ['a separator in a fixed value', `17${GS}270228`, 'malformed'],
    ['a value without characters', `10${GS}21A`, 'malformed'],
    ['a value that is too long', `10${'A'.repeat(21)}`, 'malformed'],
    ['a character that GS1 has not', '10A#', 'malformed'],
    ['two values of one identifier', `10A${GS}10B`, 'malformed'],
    ['a month 13', '17271301', 'malformed'],
    ['a 30th of February', '17270230', 'malformed'],
    ['a 31st of April', '17270431', 'malformed'],
    ['hour 24', '70032702282400', 'malformed'],
    ['hour 25', '800827022825', 'malformed'],
    ['a country of letters', '422CN0', 'malformed'],
  ])('with %s is refused', (_, text, code) => {
    expect(() => decodeGs1(text)).toThrow(refusal(code))
  })

  test('may repeat what it said, and leave out what may be left out', () => {
    expect(decodeGs1(`10A${GS}10A`).elements).toEqual({ 10: 'A' })
    expect(decodeGs1('7007270228').elements).toEqual({ 7007: '270228' })
    expect(decodeGs1('7007270228270301').elements).toEqual({ 7007: '270228270301' })
    expect(decodeGs1('700327022823' + '59').elements).toEqual({ 7003: '2702282359' })
    expect(decodeGs1('80082702282359').elements).toEqual({ 8008: '2702282359' })
  })

  test('of no element is not written', () => {
    expect(() => writeElementString([])).toThrow(refusal('malformed'))
    expect(() => encodeGs1({})).toThrow(refusal('malformed'))
  })
})

describe('the table of identifiers', () => {
  test('has no identifier that is the beginning of another', () => {
    const keys = Object.keys(APPLICATION_IDENTIFIERS)
    expect(keys.filter((key) => keys.some((other) => other !== key && other.startsWith(key)))).toEqual([])
  })

  test('has formats that are understood: each takes a value of its own kind', () => {
    for (const [key, { format }] of Object.entries(APPLICATION_IDENTIFIERS)) {
      const value = format
        .replace(/ ?\[.*\]/, '')
        .split(' ')
        .map((part) => {
          const [, digits = '', , what] = /(\d+)(,(\w+))?$/.exec(part) ?? []
          return what === 'date' ? '270200' : '0'.repeat(Number(digits))
        })
        .join('')
      expect(readElement(key.replace('n', '2'), value)).toMatchObject({ value })
    }
  })

  test('knows no words and no decimals that cannot be', () => {
    expect(applicationIdentifier('toString')).toBeUndefined()
    expect(applicationIdentifier('3106')).toBeUndefined()
    expect(applicationIdentifier('3929')).toMatchObject({ title: 'PRICE' })
  })
})

describe('the form for people', () => {
  test('goes both ways, with brackets in the data', () => {
    const text = '(01)12312312312333(10)A\\(1)B'
    expect(readBracketed(text)).toMatchObject([{ ai: '01' }, { ai: '10', value: 'A(1)B' }])
    expect(writeBracketed(readBracketed(text))).toBe(text)
  })

  test('is taken for a code, and written as one', () => {
    expect(decodeGs1(']d2(01)12312312312333(99)X')).toMatchObject({ symbology: 'GS1 DataMatrix', elements: { 99: 'X' } })
    expect(encodeGs1({ symbology: 'GS1 QR', human: '(01)12312312312333(10)A' })).toBe(']Q3011231231231233310A')
  })

  test.each(['(01', '(1)2', 'x(01)12312312312333', '(10)A(B'])('%s is refused', (text) => {
    expect(() => readBracketed(text)).toThrow(refusal('malformed'))
  })
})

describe('a number of a trade item', () => {
  test('is a GTIN of 14 digits among the elements', () => {
    expect(decodeGs1(']E402345673')).toMatchObject({ gtin: '02345673', elements: { '01': '00000002345673' } })
    expect(decodeGs1(']E3211234567890012')).toMatchObject({ gtin: '2112345678900', addOn: '12' })
  })

  test('is written from its elements where it fits the symbol', () => {
    expect(encodeGs1({ symbology: 'EAN-13', elements: { '01': '02112345678900' } })).toBe(']E02112345678900')
    expect(() => encodeGs1({ symbology: 'EAN-8', elements: { '01': '02112345678900' } })).toThrow(refusal('malformed'))
    expect(() => encodeGs1({ symbology: 'EAN-13' })).toThrow(refusal('malformed'))
  })

  test.each([
    [']E0211234567890', 'truncated'],
    [']E021123456789001', 'malformed'],
    [']E02112345678901', 'checksum'],
    [']E0211234567890A', 'malformed'],
    [']E3211234567890', 'truncated'],
    [']E32112345678900', 'truncated'],
    [']E32112345678900123', 'truncated'],
    [']E32112345678900123456', 'malformed'],
    [']Q1https://example.com', 'unsupported'],
  ])('%s is refused as %s', (text, code) => {
    expect(() => decodeGs1(text)).toThrow(refusal(code))
  })
})

test('elements without an order are written with those of fixed length first', () => {
  expect(encodeGs1({ elements: { 10: 'A', 21: 'B', 17: '270228', '01': '12312312312333' } })).toBe(
    `01123123123123331727022810A${GS}21B`,
  )
  expect(() => encodeGs1({ symbology: 'Aztec', elements: { 10: 'A' } })).toThrow(refusal('unsupported'))
})

test('a code is ASCII and not without end', () => {
  expect(() => gs1.decode(Uint8Array.of(0x31, 0x30, 0xc3))).toThrow(refusal('malformed'))
  expect(() => gs1.decode(new Uint8Array(CODE_BYTES_MAX + 1).fill(0x31))).toThrow(refusal('malformed'))
})

describe('a date', () => {
  test('is of the nearest century', () => {
    expect(gs1Date('270228', 2026)).toEqual({ date: '2027-02-28', isMonthOnly: false })
    expect(gs1Date('760101', 2026).date).toBe('2076-01-01')
    expect(gs1Date('770101', 2026).date).toBe('1977-01-01')
    expect(gs1Date('020101', 2052).date).toBe('2102-01-01')
    expect(gs1Date('020101', 2051).date).toBe('2002-01-01')
  })

  test('of day 00 is the last of its month', () => {
    expect(gs1Date('280200', 2026)).toEqual({ date: '2028-02-29', isMonthOnly: true })
    expect(gs1Date('270200', 2026).date).toBe('2027-02-28')
    expect(gs1Date('271200', 2026).date).toBe('2027-12-31')
  })

  test('that is none is refused', () => {
    for (const text of ['27020', '270230', '271301', '2702AB']) expect(() => gs1Date(text, 2026)).toThrow(refusal('malformed'))
  })
})
