import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { provesCodec, provesVectors } from '#protocols/proof'
import { and, stGs, weightOf, xk3190, xk3190Text } from '#protocols/scales'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')
const thousandths = fc.integer({ min: -99_999, max: 999_999 }).map((count) => ({ value: count / 1000, decimals: 3 }))
/** Merges what several arbitraries give. */
const together = (...parts: readonly fc.Arbitrary<object>[]) => fc.tuple(...parts).map((objects) => Object.assign({}, ...objects))

describe('st-gs', () => provesVectors(stGs.codec))
provesCodec({
  codec: stGs.codec,
  values: together(
    thousandths,
    fc.record({
      unit: fc.constantFrom('kg', 'g', 't', 'lb', null),
      stable: fc.boolean(),
      mode: fc.constantFrom('gross', 'net', 'tare'),
    }),
  ),
  frames: [
    'ST,GS,+000.500kg\r\n',
    'US,NT,-012.340kg\r\n',
    'ST,TR,+0000012lb\r\n',
    'ST,GS,+000.500\r\n',
    'OL,GS,+       kg\r\n',
    'OL,GS,-       kg\r\n',
  ].map(hex),
  isChecked: false,
  splitter: stGs.splitter,
  pendingMax: 256,
  resync: '0a',
})

describe('and', () => provesVectors(and.codec))
provesCodec({
  codec: and.codec,
  values: together(thousandths, fc.record({ unit: fc.constantFrom('kg', 'g', 'pcs', '%', 'lb', 'ct'), stable: fc.boolean() })),
  frames: ['ST,+000123.4  %\r\n', 'US,-0000.500 kg\r\n', 'QT,+00000012 PC\r\n', 'OL,+9999999E+19\r\n', 'OL,-9999999E+19\r\n'].map(
    hex,
  ),
  isChecked: false,
  splitter: and.splitter,
  pendingMax: 256,
  resync: '0a',
})
provesCodec({
  codec: and.codec,
  side: 'request',
  values: fc.record({ kind: fc.constant('command'), command: fc.constantFrom('Q', 'S', 'Z', 'T') }),
  frames: ['Q\r\n'].map(hex),
  isChecked: false,
  splitter: () => and.commandSplitter?.() ?? and.splitter(),
  pendingMax: 256,
  resync: '0a',
})

describe('xk3190', () => provesVectors(xk3190.codec))
provesCodec({
  codec: xk3190.codec,
  values: thousandths,
  frames: ['022B30303030303030314203', '022B30303230303032314203', '022B30303332393030313303', '022B30303033323630314303'],
  isChecked: true,
  splitter: xk3190.splitter,
  pendingMax: 12,
})

describe('xk3190-text', () => provesVectors(xk3190Text.codec))
provesCodec({
  codec: xk3190Text.codec,
  values: together(thousandths, fc.record({ unit: fc.constantFrom('kg', 'lb'), mode: fc.constantFrom('gross', 'net', 'tare') })),
  frames: ['ww000.000lb', 'wn-0000.1kg', 'wt000.000kg'].map(hex),
  isChecked: false,
  splitter: xk3190Text.splitter,
  pendingMax: 13,
})

test.each([
  ['ST,GS, 12.5 , kg\r\n', '12.5', 'kg'],
  ['ST,NT,-   1.50 t \r\n', '-1.50', 't'],
  ['ST,GS,+000000.kg\r\n', '0', 'kg'],
  ['US,GS,     12.50lb\r\n', '12.50', 'lb'],
  ['ST,GS,+2.5\xbd\xef\r\n', '2.5', 'jin'],
])('st-gs is parted by its commas, not by places: %j', (line, value, unit) => {
  const weight = stGs.decode(latin1(line))
  expect([String(weight.value), weight.unit]).toEqual([value, unit])
})

test.each(['OL,GS,-------kg\r\n', 'OL,GS,+9999999kg\r\n', 'OL,NT,        kg\r\n'])('st-gs shows no weight in %j', (line) => {
  expect(stGs.decode(latin1(line))).toMatchObject({ value: null, stable: null, overload: true })
})

test.each([
  ['ST,GS,+  .  kg\r\n', 'malformed'],
  ['ST,GS,+1.5.0kg\r\n', 'malformed'],
  ['ST,XX,+1.50kg\r\n', 'malformed'],
  ['ST,GS,+1.50viss\r\n', 'unsupported'],
])('st-gs refuses %j as %s', (line, code) => {
  expect(() => stGs.decode(latin1(line))).toThrow(expect.objectContaining({ code }))
})

test('st-gs has gross for what is not told, and needs to know whether it rests', () => {
  expect(Buffer.from(stGs.encode(weightOf({ value: new Decimal(5, 1), unit: 'kg', stable: true }))).toString()).toBe(
    'ST,GS,+00000.5kg\r\n',
  )
  expect(() => stGs.encode(weightOf({ value: new Decimal(5, 1) }))).toThrow('expected whether it is stable')
  expect(() => stGs.encode(weightOf({ value: new Decimal(12_345_678), stable: true }))).toThrow('expected a value of at most 7')
})

test('st-gs and xk3190 have no commands', () => {
  expect(stGs.commands).toEqual({})
  expect(stGs.commandSplitter).toBeUndefined()
  expect(() => stGs.decodeCommand(latin1('W'))).toThrow(expect.objectContaining({ code: 'unsupported' }))
  expect(() => xk3190.encodeCommand({ command: 'W' })).toThrow('expected no command, got W')
})

test('A&D has no place for a long unit', () => {
  expect(() => and.encode(weightOf({ value: new Decimal(1), unit: 'liang', stable: true }))).toThrow('at most 3 characters')
})

test('the check of xk3190 is told apart from its other faults', () => {
  const refuses = (frame: string, code: string) =>
    expect(() => xk3190.decode(latin1(frame))).toThrow(expect.objectContaining({ code }))
  refuses('\x02+0000000 B\x03', 'checksum')
  refuses('\x02+00000001b\x03', 'checksum')
  refuses('\x02+00000051E\x03', 'malformed')
  refuses('\x03+00000001B\x03', 'malformed')
  refuses('\x02+00000001B\x03\x03', 'malformed')
})

test('xk3190 says neither an overload nor five decimals nor seven digits', () => {
  expect(() => xk3190.encode(weightOf({ value: new Decimal(1, 5) }))).toThrow('expected at most 4 decimals')
  expect(() => xk3190.encode(weightOf({ value: new Decimal(1_000_000) }))).toThrow(RangeError)
  expect(() => xk3190.encode(weightOf({ overload: true }))).toThrow(RangeError)
})

test.each(['', '\r', '\n', '\r\n'])('xk3190-text is cut whatever ends its lines: %j', (end) => {
  const splitter = xk3190Text.splitter()
  const frames = splitter.push(latin1(`ww000.500kg${end}wn-0000.1kg${end}`))
  expect(frames.map((frame) => String(xk3190Text.decode(frame).value))).toEqual(['0.500', '-0.1'])
  expect(splitter).toMatchObject({ droppedBytes: 0, pendingBytes: end.length })
  expect(xk3190Text.decode(latin1(`ww000.500kg${end}`))).toMatchObject({ value: new Decimal(500, 3) })
})

test('xk3190-text writes kg and lb, and gross where nothing is told', () => {
  expect(xk3190Text.encode(weightOf({ value: new Decimal(5, 1), unit: 'kg' }))).toEqual(latin1('ww00000.5kg'))
  expect(() => xk3190Text.encode(weightOf({ value: new Decimal(5, 1), unit: 'g' }))).toThrow('expected the unit kg or lb, got g')
})

test('a number with a hole in it is none', () => {
  for (const [protocol, line] of [
    [stGs, 'ST,GS,+8     0.00 kg\r\n'],
    [stGs, 'ST,GS,+1 2.50 kg\r\n'],
    [xk3190Text, 'wn-000 0.1kg'],
  ] as const)
    expect(() => protocol.decode(latin1(line)), line).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test.each([
  ['grain', 'ST,+000012.0 GN\r\n'],
  ['tael', 'ST,+000012.0 tl\r\n'],
])('A&D abbreviates a %s', (unit, line) => {
  expect(and.decode(latin1(line))).toMatchObject({ unit })
  expect(and.encode(and.decode(latin1(line)))).toEqual(latin1(line))
})
