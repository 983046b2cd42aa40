import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { provesCodec } from '#protocols/proof'
import { adam, codecs, delmac, scaleProtocols, weightOf } from '#protocols/scales'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')
const refusal = (code: string) => expect.objectContaining({ code })
const thousandths = (min: number) => fc.integer({ min, max: 999_999 }).map((count) => ({ value: count / 1000, decimals: 3 }))

provesCodec({
  codec: adam.codec,
  values: fc
    .tuple(thousandths(-99_999), fc.constantFrom('kg', 'lb', 'g'), fc.constantFrom({ mode: 'gross' }, { mode: 'net' }, {}))
    .map(([weight, unit, mode]) => ({ ...weight, unit, ...mode })),
  frames: ['G/W + 12.34 kg\r\n', 'N/W - 0.50 lb\r\n', '1.234kg\r\n', '-0.500kg\r\n'].map(hex),
  isChecked: false,
  splitter: adam.splitter,
  pendingMax: 256,
  resync: '0a',
})
provesCodec({
  codec: adam.codec,
  side: 'request',
  frames: ['P\r\n', 'Z\r\n', 'T\r\n'].map(hex),
  isChecked: false,
  splitter: () => adam.commandSplitter?.() ?? adam.splitter(),
  pendingMax: 256,
  resync: '0a',
})
// 2.310 at rest; zero; over; under. The checks were summed apart from the codec.
const settled = '\x02002310\x12\x03'
provesCodec({
  codec: delmac.codec,
  values: fc
    .tuple(thousandths(0), fc.record({ stable: fc.boolean(), zero: fc.boolean() }))
    .map(([weight, state]) => ({ ...weight, ...state })),
  frames: [`${settled}\x4b\r`, '\x02000000\x1a\x03\x53\r', '\x02000000\x45\x03\x76\r', '\x02000000\x85\x03\xb6\r'].map(hex),
  isChecked: true,
  splitter: delmac.splitter,
  pendingMax: 11,
})

test('adam has no word for an overload, nor for pieces in percent', () => {
  expect(() => adam.encode(weightOf({ overload: true }))).toThrow(RangeError)
  expect(() => adam.encode(weightOf({ value: new Decimal(1), unit: '%' }))).toThrow('expected a unit in letters')
  expect(() => adam.decode(latin1('G/W + 1.2.3 kg\r\n'))).toThrow(refusal('malformed'))
  expect(() => adam.decode(latin1('G/W + 1.2 foo\r\n'))).toThrow(refusal('unsupported'))
})

test('delmac tells where the point is, and what has no weight', () => {
  expect(delmac.decode(latin1(`${settled}\x4b\r`))).toMatchObject({
    value: new Decimal(2310, 3),
    stable: true,
    zero: false,
    unit: null,
  })
  expect(delmac.decode(latin1('\x02000000\x45\x03\x76\r'))).toMatchObject({ value: null, overload: true })
  expect(delmac.decode(latin1('\x02000000\x85\x03\xb6\r'))).toMatchObject({ value: null, underload: true })
})

test('delmac refuses each fault by its name', () => {
  expect(() => delmac.decode(latin1(`${settled}\0\r`))).toThrow(refusal('checksum'))
  expect(() => delmac.decode(latin1(`${settled}\x4b\r\r`))).toThrow(refusal('malformed'))
  expect(() => delmac.decode(latin1(`${settled}\x4b\n`))).toThrow(refusal('malformed'))
  expect(() => delmac.decode(latin1('\x02000000\x17\x03\x44\r'))).toThrow(refusal('malformed'))
  expect(() => delmac.encode(weightOf({ value: new Decimal(-1) }))).toThrow(RangeError)
  expect(() => delmac.encode(weightOf({ value: new Decimal(1, 6) }))).toThrow(RangeError)
})

test('every way of speaking has a name of its own, and its commands can be sent and understood', () => {
  expect(new Set(codecs.map(({ name }) => name)).size).toBe(codecs.length)
  for (const { commands, decodeCommand } of scaleProtocols) {
    for (const bytes of Object.values(commands))
      expect(decodeCommand(bytes)).toMatchObject({ kind: 'command', asks: expect.any(String) })
  }
})
