import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeDigitalLink, encodeDigitalLink, gs1DigitalLink } from '#protocols/codes'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'

const refusal = (code: string) => expect.objectContaining({ code })
const GTIN = '12312312312333'

provesVectors(gs1DigitalLink)
provesCodec({
  codec: gs1DigitalLink,
  values: fc.record({
    stem: fc.constantFrom('https://example.com', 'https://a.b:8443/shop/01', 'HTTP://A'),
    items: fc.tuple(
      fc.constant({ ai: '01', value: GTIN }),
      fc.record({ ai: fc.constant('10'), value: fc.stringMatching(/^[!%-?A-Z_a-z]{1,20}$/) }),
      fc.record({ ai: fc.constant('99'), value: fc.stringMatching(/^[!%-?A-Z_a-z]{1,90}$/) }),
    ),
  }),
  frames: [
    ...vectorsOf('gs1-digital-link')
      .filter((vector) => vector.error === undefined)
      .map((vector) => Buffer.from(bytesOf(vector)).toString('hex')),
    Buffer.from(`https://example.com/shop/01/${GTIN}/10/A%2FB?17=270228&linkType=gs1%3Apip&all#top`).toString('hex'),
  ],
  cut: 'any',
  isChecked: false,
})

describe('a Digital Link', () => {
  test('keeps what is no identifier', () => {
    expect(decodeDigitalLink(`http://a/01/${GTIN}?linkType=x&y;17=270228#z`)).toMatchObject({
      stem: 'http://a',
      elements: { '01': GTIN, 17: '270228' },
      parameters: [{ name: 'linkType', value: 'x' }, { name: 'y' }],
      fragment: 'z',
    })
  })

  test('has the last key of its path', () => {
    expect(decodeDigitalLink(`https://a/01/${GTIN}/00/006141411234567890`)).toMatchObject({
      stem: `https://a/01/${GTIN}`,
      elements: { '00': '006141411234567890' },
    })
  })

  test('takes a short GTIN where the caller allows it', () => {
    const short = (gtin: string) => decodeDigitalLink(`https://a/01/${gtin}`, { isShortGtinAllowed: true }).elements['01']
    expect(short('2112345678900')).toBe('02112345678900')
    expect(short('02345673')).toBe('00000002345673')
    expect(() => short('123456789')).toThrow(refusal('malformed'))
  })

  test.each([
    ['a scheme of mixed case', `Https://a/01/${GTIN}`, 'malformed'],
    ['another scheme', `ftp://a/01/${GTIN}`, 'malformed'],
    ['no path', 'https://a', 'malformed'],
    ['no key', 'https://a/10/ABC', 'malformed'],
    ['a word that every object has', 'https://a/toString/x', 'malformed'],
    ['a key without value', `https://a/01`, 'malformed'],
    ['qualifiers out of order', `https://a/01/${GTIN}/10/A/22/B`, 'malformed'],
    ['a qualifier twice', `https://a/01/${GTIN}/10/A/10/A`, 'malformed'],
    ['qualifiers of two lists', `https://a/01/${GTIN}/22/A/235/B`, 'malformed'],
    ['a qualifier of another key', 'https://a/00/006141411234567890/10/A', 'malformed'],
    ['a qualifier in the query', `https://a/01/${GTIN}?10=A`, 'malformed'],
    ['a key in the query', `https://a/01/${GTIN}?01=${GTIN}`, 'malformed'],
    ['an identifier that is not known', `https://a/01/${GTIN}?0400=1`, 'unsupported'],
    ['an identifier without value', `https://a/01/${GTIN}?17`, 'malformed'],
    ['two values', `https://a/01/${GTIN}?99=A&99=B`, 'malformed'],
    ['a wrong check digit', 'https://a/01/12312312312334', 'checksum'],
    ['broken percent encoding', `https://a/01/${GTIN}/10/%2`, 'malformed'],
    ['a space', `https://a/01/${GTIN} `, 'malformed'],
    ['a letter that is not percent-encoded', `https://a/猪/01/${GTIN}`, 'malformed'],
  ])('with %s is refused', (_, text, code) => {
    expect(() => decodeDigitalLink(text)).toThrow(refusal(code))
  })

  test('is written from elements: key, qualifiers in order, the rest in the query', () => {
    const elements = { 99: 'X', 10: 'A', 22: 'C', '01': GTIN }
    expect(encodeDigitalLink({ stem: 'https://id.gs1.org', elements })).toBe(`https://id.gs1.org/01/${GTIN}/22/C/10/A?99=X`)
    expect(() => encodeDigitalLink({ stem: 'https://a', elements: { 10: 'A' } })).toThrow(refusal('malformed'))
    expect(() => encodeDigitalLink({ stem: 'https://a' })).toThrow(refusal('malformed'))
    expect(() => encodeDigitalLink({ stem: 'https://a', elements: { toString: 'x' } })).toThrow(refusal('malformed'))
    for (const stem of [']Q1https://a', `https://a/01/${GTIN}?99=X#`])
      expect(() => encodeDigitalLink({ stem, elements })).toThrow(refusal('malformed'))
    for (const name of ['', '99'])
      expect(() => encodeDigitalLink({ stem: 'https://a', elements, parameters: [{ name }] })).toThrow(refusal('malformed'))
    expect(() => encodeDigitalLink({ stem: 'a', elements })).toThrow(refusal('malformed'))
  })

  test('takes text that is no Unicode for what it can be', () => {
    const link = { stem: 'https://a', elements: { '00': '006141411234567890' }, parameters: [{ name: 'a', value: '\ud800' }] }
    expect(encodeDigitalLink(link)).toBe('https://a/00/006141411234567890?a=%EF%BF%BD')
  })
})
