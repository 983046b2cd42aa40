import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { provesCodec } from '#protocols/proof'
import {
  decodeSerialBarcode,
  encodeSerialBarcode,
  SCAN_BYTES_MAX,
  serialBarcode,
  serialBarcodeSplitter,
} from '#protocols/scanners'

const refusal = (code: string) => expect.objectContaining({ code })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const hex = (text: string): string => Buffer.from(text).toString('hex')

provesCodec({
  codec: serialBarcode,
  values: fc.record({
    text: fc.string({ unit: fc.constantFrom(...'aZ09 -\u001d猪'), minLength: 1, maxLength: 60 }),
    aim: fc.constantFrom(']C1', ']Q1'),
    suffix: fc.constantFrom('cr', 'cr-lf', 'lf', 'etx'),
  }),
  frames: ['6957842208856\r', ']C1011231231231233310A\u001d99B\r'].map(hex),
  isChecked: false,
  splitter: () => serialBarcodeSplitter('cr'),
  pendingMax: SCAN_BYTES_MAX,
  resync: '0d',
})
provesCodec({
  codec: serialBarcode,
  frames: ['6957842208856\r\n', ']Q1https://example.com\r\n'].map(hex),
  // A line feed that is cut off leaves a scan that ends in CR.
  cut: 'any',
  isChecked: false,
  splitter: () => serialBarcodeSplitter('cr-lf'),
  pendingMax: SCAN_BYTES_MAX,
  resync: '0d0a',
})
provesCodec({
  codec: serialBarcode,
  frames: [hex('\u000269578\u0003')],
  isChecked: false,
  splitter: () => serialBarcodeSplitter('etx'),
  pendingMax: SCAN_BYTES_MAX,
  resync: '03',
})

describe('a scan on a serial line', () => {
  test('says its symbology where the reader is set so', () => {
    expect(decodeSerialBarcode(bytes(']E06957842208856\r\n'))).toEqual({
      text: '6957842208856',
      aim: ']E0',
      symbology: 'EAN-13',
      suffix: 'cr-lf',
    })
    expect(decodeSerialBarcode(bytes('\u000269578\u0003'))).toEqual({ text: '69578', symbology: null, suffix: 'etx' })
  })

  test('may begin with the line feed of the one before', () => {
    const [first, second] = serialBarcodeSplitter('cr').push(bytes('123\r\n456\r'))
    expect(decodeSerialBarcode(first ?? bytes(''))).toMatchObject({ text: '123' })
    expect(decodeSerialBarcode(second ?? bytes(''))).toMatchObject({ text: '456' })
  })

  test.each([
    ['', 'truncated'],
    ['123', 'truncated'],
    ['\r', 'truncated'],
    [']E0\r', 'truncated'],
    ['1\r2\r', 'malformed'],
    ['1\0\r', 'malformed'],
  ])('%j is refused as %s', (text, code) => {
    expect(() => decodeSerialBarcode(bytes(text))).toThrow(refusal(code))
  })

  test('that is no UTF-8 or too long is refused', () => {
    expect(() => decodeSerialBarcode(Uint8Array.of(0xd6, 0xed, 0x0d))).toThrow(refusal('malformed'))
    expect(() => decodeSerialBarcode(bytes(`${'1'.repeat(SCAN_BYTES_MAX)}\r`))).toThrow(refusal('malformed'))
  })

  test('is written only if it reads as itself', () => {
    expect(encodeSerialBarcode({ text: '123' })).toEqual(bytes('123\r\n'))
    for (const text of [']E0123', '\n123', '1\r2'])
      expect(() => encodeSerialBarcode({ text }, 'cr')).toThrow(refusal('malformed'))
    expect(() => serialBarcode.encode?.({ text: '1', suffix: 'none' })).toThrow(refusal('malformed'))
  })
})
