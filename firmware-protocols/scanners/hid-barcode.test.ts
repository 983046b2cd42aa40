import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { provesCodec } from '#protocols/proof'
import {
  decodeBarcodeReport,
  decodeHidBarcode,
  encodeBarcodeReport,
  encodeHidBarcode,
  encodeNewlandCommand,
  HidBarcodeReader,
  hidBarcode,
  SCAN_BYTES_MAX,
} from '#protocols/scanners'

const refusal = (code: string) => expect.objectContaining({ code })
const all = (reports: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(reports))

/** A Honeywell Voyager 1602g that tells its revision; from the python_hon_usbhid repository. */
const PARTS = [
  'Product Name: Voyager 1602g\r\nBoot Revision: : 8992\r\nSoft',
  'ware Part Number: CW000082BBA\r\nSoftware Revision: $Proje',
  'ctRevision: 16345 \r\nSerial Number: 15232B1F0C\r\nSupported',
  ' IF: Bluetooth\r\nPCB Assembly ID: 000000\r\nEngine Firmware',
  ' Type: N/A   Revision: N/A   Serial Number: N/A   Checks',
  'um: N/A\r\n',
]
const REVISION = PARTS.map((text, index) => {
  const report = Buffer.alloc(64)
  report.set([2, text.length, ...Buffer.from(']X0'), ...Buffer.from(text)])
  report.set([63, 0, index < PARTS.length - 1 ? 1 : 0], 61)
  return new Uint8Array(report)
})
const DONE = Buffer.from(`02085d5a3652455649 4e46062e${'00'.repeat(48)}360000`.replace(' ', ''), 'hex')

provesCodec({
  codec: hidBarcode,
  values: fc.record({
    text: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 }).filter((text) => !text.startsWith('\u0002')),
    aim: fc.constantFrom(']E0', ']Q3'),
    suffix: fc.constantFrom('none', 'cr', 'cr-lf'),
    format: fc.constantFrom('aim', 'aim-6'),
    makerSymbology: fc.integer({ min: 0, max: 255 }),
  }),
  frames: [
    Buffer.concat(REVISION).toString('hex'),
    Buffer.from(DONE).toString('hex'),
    Buffer.concat(encodeHidBarcode({ text: '6957842208856', aim: ']E0', suffix: 'cr', makerSymbology: 100 })).toString('hex'),
    Buffer.concat(encodeHidBarcode({ text: '6957842208856', format: 'newland' })).toString('hex'),
  ],
  isChecked: false,
})

describe('a Honeywell reader', () => {
  test('says a long message in several reports', () => {
    expect(REVISION.every((report) => report.length === 64)).toBe(true)
    const reader = new HidBarcodeReader()
    const scans = REVISION.map((report) => reader.push(report))
    expect(scans.slice(0, -1)).toEqual(PARTS.slice(0, -1).map(() => undefined))
    expect(scans.at(-1)).toMatchObject({ aim: ']X0', symbology: 'Other', suffix: 'cr-lf', makerSymbology: 63, format: 'aim' })
    expect(scans.at(-1)?.text.split('\r\n')[3]).toBe('Software Revision: $ProjectRevision: 16345 ')
    expect(reader.pendingBytes).toBe(0)
  })

  test('says that a command was done', () => {
    expect(decodeHidBarcode(DONE)).toMatchObject({ aim: ']Z6', symbology: 'Not a barcode', text: 'REVINF\u0006.' })
  })
})

describe('a report', () => {
  const good = encodeBarcodeReport({ format: 'aim', aim: ']E0', data: Buffer.from('123'), makerSymbology: 0, isMore: false })
  const changed = (at: number, byte: number): Uint8Array => good.with(at, byte)

  test('has its identifier one byte further on with some makers', () => {
    const report = encodeBarcodeReport({ format: 'aim-6', aim: ']E0', data: Buffer.from('123'), makerSymbology: 7, isMore: true })
    expect([...report.subarray(0, 9)]).toEqual([2, 3, 0, ...Buffer.from(']E0123')])
    expect(decodeBarcodeReport(report)).toMatchObject({ format: 'aim-6', aim: ']E0', makerSymbology: 7, isMore: true })
  })

  test('of a Newland reader has none, unless it is set to say it in the data', () => {
    const [plain = good] = encodeHidBarcode({ text: '6957842208856', format: 'newland', makerSymbology: 3 })
    expect([plain[2], plain[62]]).toEqual([0x36, 3])
    expect(decodeHidBarcode(plain)).toMatchObject({ format: 'newland', symbology: null, text: '6957842208856' })
    const [said = good] = encodeHidBarcode({ text: '69578', aim: ']E0', format: 'newland' })
    expect(new HidBarcodeReader('newland').push(said)).toMatchObject({ aim: ']E0', symbology: 'EAN-13', text: '69578' })
  })

  test.each([
    ['cut short', good.subarray(0, 63), 'truncated'],
    ['too long', new Uint8Array([...good, 0]), 'malformed'],
    ['of another id', changed(0, 3), 'unsupported'],
    ['with a length beyond its data', changed(1, 57), 'malformed'],
    ['with no identifier', changed(3, 0x20), 'malformed'],
  ])('%s is refused', (_, report, code) => {
    expect(() => decodeBarcodeReport(report)).toThrow(refusal(code))
  })

  test('holds so much data, and an identifier', () => {
    const part = { format: 'aim', aim: ']E0', data: new Uint8Array(57), makerSymbology: 0, isMore: false } as const
    expect(() => encodeBarcodeReport(part)).toThrow(refusal('malformed'))
    expect(() => encodeBarcodeReport({ ...part, data: new Uint8Array(1), aim: '' })).toThrow(refusal('malformed'))
  })
})

describe('a code in several reports', () => {
  const part = (aim: string, text: string, isMore: boolean): Uint8Array =>
    encodeBarcodeReport({ format: 'aim', aim, data: Buffer.from(text), makerSymbology: 0, isMore })

  test('that goes on under another identifier is refused, and the next is read', () => {
    const reader = new HidBarcodeReader()
    reader.push(part(']Q1', 'a', true))
    expect(() => reader.push(part(']E0', 'b', false))).toThrow(refusal('malformed'))
    expect(reader.pendingBytes).toBe(0)
    expect(reader.push(part(']E0', 'b', false))).toMatchObject({ text: 'b' })
  })

  test('is forgotten when it was', () => {
    const reader = new HidBarcodeReader()
    reader.push(part(']Q1', 'a', true))
    expect(reader.pendingBytes).toBe(1)
    reader.reset()
    expect(reader.push(part(']Q1', 'b', false))).toMatchObject({ text: 'b' })
  })

  test('has a bound, and does not go on without data', () => {
    const reader = new HidBarcodeReader()
    const whole = part(']Q1', 'x'.repeat(56), true)
    for (let bytes = 0; bytes + 56 <= SCAN_BYTES_MAX; bytes += 56) reader.push(whole)
    expect(() => reader.push(whole)).toThrow(refusal('malformed'))
    expect(() => reader.push(part(']Q1', '', true))).toThrow(refusal('malformed'))
  })

  test('that is empty, no text, or followed by another is refused', () => {
    expect(() => decodeHidBarcode(part(']Q1', '', false))).toThrow(refusal('truncated'))
    expect(() => decodeHidBarcode(part(']Q1', 'a\0', false))).toThrow(refusal('malformed'))
    const bytes = encodeBarcodeReport({
      format: 'aim',
      aim: ']Q1',
      data: Uint8Array.of(0xd6, 0xed),
      makerSymbology: 0,
      isMore: false,
    })
    expect(() => decodeHidBarcode(bytes)).toThrow(refusal('malformed'))
    expect(() => decodeHidBarcode(all([part(']Q1', 'a', false), part(']Q1', 'b', false)]))).toThrow(refusal('malformed'))
  })

  test('is not made without text, without identifier, or of what reads as another', () => {
    expect(() => encodeHidBarcode({ text: '', aim: ']E0' })).toThrow(refusal('malformed'))
    expect(() => encodeHidBarcode({ text: '1' })).toThrow(refusal('malformed'))
    expect(() => encodeHidBarcode({ text: 'x'.repeat(57), format: 'newland' })).toThrow(refusal('malformed'))
    expect(() => hidBarcode.encode?.({ text: ']E05', format: 'newland' })).toThrow(refusal('malformed'))
    expect(() => encodeHidBarcode({ text: '1\r', aim: ']E0' })).toThrow(refusal('malformed'))
  })
})

test('a command to a Newland reader is one output report', () => {
  const report = encodeNewlandCommand(Buffer.from('~\u00010000#QRYFW;\u0004'))
  expect([report.length, report[0], report[1]]).toEqual([64, 4, 14])
  expect(() => encodeNewlandCommand(new Uint8Array(63))).toThrow(refusal('malformed'))
})
