import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { provesCodec, provesVectors } from '#protocols/proof'
import { toledo8217, weightOf } from '#protocols/scales'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1')

describe('toledo-8217', () => provesVectors(toledo8217.codec))
provesCodec({
  codec: toledo8217.codec,
  values: fc.oneof(
    fc.record({
      value: fc.integer({ min: 0, max: 99_999 }).map((count) => count / 1000),
      decimals: fc.constant(3),
      stable: fc.constant(true),
    }),
    fc.record({
      value: fc.constant(null),
      stable: fc.boolean(),
      overload: fc.boolean(),
      underload: fc.boolean(),
      zero: fc.boolean(),
      outsideZeroRange: fc.boolean(),
    }),
  ),
  frames: ['\x0212.345\r', '\x0202.310N\r', '\x0200250\r', '\x02?A\r', '\x02?p\r'].map(hex),
  isChecked: false,
  splitter: toledo8217.splitter,
  pendingMax: 12,
})
provesCodec({
  codec: toledo8217.codec,
  side: 'request',
  values: fc.record({ kind: fc.constant('command'), command: fc.constantFrom('W', 'Z', 'T', 'C', 'A', 'B', 'F') }),
  frames: ['W', 'T', 'C', 'Ehello'].map(hex),
  cut: 'any',
  isChecked: false,
  splitter: () => toledo8217.commandSplitter?.() ?? toledo8217.splitter(),
  pendingMax: 6,
})

test('an echo is what the test sent', () => {
  const frame = latin1('\x02E\rhello')
  expect(toledo8217.decode(frame)).toMatchObject({ kind: 'answer', command: 'E', ok: true, text: 'hello' })
  expect(toledo8217.codec.encode?.({ kind: 'answer', text: 'hello' })).toEqual(frame)
  expect(toledo8217.splitter().push(latin1('\x02E\rhello\x0200.500\r')).map(text)).toEqual(['\x02E\rhello', '\x0200.500\r'])
  expect(toledo8217.splitter().push(latin1('\x02Ehel\r'))).toEqual([])
})

test('a status says why there is no weight', () => {
  expect(toledo8217.decode(latin1('\x02?\x6e\r'))).toMatchObject({
    value: null,
    stable: true,
    overload: true,
    underload: true,
    outsideZeroRange: true,
    zero: false,
    mode: 'net',
  })
})

test('the weight is exact and its unit is the scale’s setting', () => {
  const weight = toledo8217.decode(latin1('\x0202.310\r'))
  expect(weight).toMatchObject({ value: new Decimal(2310, 3), unit: null })
  expect(weight).not.toHaveProperty('mode')
})

test.each([
  ['a status of two letters', '\x02?AB'],
  ['a weight without digits', '\x02.\r'],
  ['two points', '\x021.2.3\r'],
])('%s is malformed and no frame', (_, frame) => {
  expect(() => toledo8217.decode(latin1(`${frame}\r`))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('says no weight below zero and none that is too wide', () => {
  expect(() => toledo8217.encode({ ...weightOf({ value: new Decimal(-1, 3) }) })).toThrow(RangeError)
  expect(() => toledo8217.codec.encode?.({ value: 1234.567 })).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('asks for a weight, a zero and a tare', () => {
  expect(Object.entries(toledo8217.commands).map(([ask, bytes]) => [ask, text(bytes)])).toEqual([
    ['weigh', 'W'],
    ['zero', 'Z'],
    ['tare', 'T'],
    ['clearTare', 'C'],
  ])
})

test('a bare T and one with digits are told apart within a chunk', () => {
  const splitter = toledo8217.commandSplitter?.()
  expect(splitter?.push(latin1('xTWT01234')).map(text)).toEqual(['T', 'W', 'T01234'])
  expect(toledo8217.decodeCommand(latin1('T01234'))).toMatchObject({ command: 'T', parameters: '01234' })
  expect(toledo8217.encodeCommand({ command: 'T', parameters: '01234' })).toEqual(latin1('T01234'))
})
