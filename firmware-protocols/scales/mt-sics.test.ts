import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { provesCodec, provesVectors } from '#protocols/proof'
import { mtSics, UNITS, weightOf } from '#protocols/scales'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1')
/** As much noise as a line may be long, and an end. */
const RESYNC = '0a'

describe('mt-sics', () => provesVectors(mtSics.codec))
provesCodec({
  codec: mtSics.codec,
  values: fc.oneof(
    fc.record({
      value: fc.integer({ min: -999_999, max: 999_999 }).map((count) => count / 1000),
      decimals: fc.constant(3),
      unit: fc.constantFrom(...UNITS),
      stable: fc.constantFrom(true, false, null),
      command: fc.constantFrom('S', 'T', 'TI', 'TA'),
    }),
    fc.constantFrom(
      { kind: 'answer', command: 'Z', status: 'A', ok: true },
      { kind: 'answer', command: 'I0', status: 'B', ok: true, text: '0 "S"' },
      { kind: 'answer', error: 'logic' },
    ),
  ),
  frames: [
    'S S     100.00 g\r\n',
    'S D       0.00 g\r\n',
    'S S     -0.500 kg\r\n',
    'T S      1.500 kg\r\n',
    'TA A      0.500 kg\r\n',
    'S +\r\n',
    'S -\r\n',
    'S I\r\n',
    'Z A\r\n',
    'Z +\r\n',
    'ZI D\r\n',
    'TAC L\r\n',
    'ES\r\n',
    'ET\r\n',
    'EL\r\n',
    'I1 A "0123" "2.30" "2.22" "2.33" "2.20"\r\n',
    'I4 A "B021002593"\r\n',
    '@ A "123456789"\r\n',
  ].map(hex),
  isChecked: false,
  splitter: mtSics.splitter,
  pendingMax: 256,
  resync: RESYNC,
})
provesCodec({
  codec: mtSics.codec,
  side: 'request',
  values: fc.record({ kind: fc.constant('command'), command: fc.constantFrom('S', 'SI', 'SIR', 'Z', 'T', 'TAC', '@', 'I4') }),
  frames: ['S\r\n', 'SI\r\n', 'TA 0.500 kg\r\n', '@\r\n'].map(hex),
  isChecked: false,
  splitter: () => mtSics.commandSplitter?.() ?? mtSics.splitter(),
  pendingMax: 256,
  resync: RESYNC,
})

test('a weight is exact, with the unit however it is written', () => {
  expect(mtSics.decode(latin1('S S      2.310 Kg\r\n'))).toMatchObject({
    value: new Decimal(2310, 3),
    decimals: 3,
    unit: 'kg',
    stable: true,
  })
  expect(mtSics.decode(latin1('S S  -  2.310 lb \r\n'))).toMatchObject({ value: new Decimal(-2310, 3), unit: 'lb' })
})

test('a unit that is not known is no other', () => {
  expect(() => mtSics.decode(latin1('S S      2.310 mom\r\n'))).toThrow(expect.objectContaining({ code: 'unsupported' }))
})

test('a status A, which only mocks send, does not say that the scale rests', () => {
  expect(mtSics.decode(latin1('S A 1.234 g\r\n'))).toMatchObject({ kind: 'weight', stable: null })
})

test('a tare is told apart from a weight', () => {
  expect(mtSics.decode(latin1('T S      1.500 kg\r\n'))).toMatchObject({ command: 'T', mode: 'tare' })
  expect(mtSics.decode(latin1('S S      1.500 kg\r\n'))).not.toHaveProperty('mode')
})

test('an answer tells whether it was done', () => {
  expect(mtSics.decode(latin1('S I\r\n'))).toMatchObject({ kind: 'answer', command: 'S', ok: false, status: 'I' })
  expect(mtSics.decode(latin1('ZI D\r\n'))).toMatchObject({ command: 'ZI', ok: true, status: 'D' })
  expect(mtSics.decode(latin1('I2 A "JE1002G/A 1200.90 g"\r\n'))).toMatchObject({ ok: true, quoted: ['JE1002G/A 1200.90 g'] })
  expect(mtSics.decode(latin1('SR\r\n'))).not.toHaveProperty('ok')
})

test('an answer without a status gets one from whether it was done', () => {
  expect(text(mtSics.codec.encode?.({ kind: 'answer', command: 'Z', ok: true }))).toBe('Z A\r\n')
  expect(text(mtSics.codec.encode?.({ kind: 'answer', command: 'T', ok: false }))).toBe('T I\r\n')
  expect(text(mtSics.codec.encode?.({ kind: 'answer', command: 'SR' }))).toBe('SR\r\n')
})

test.each(['s s 1 g\r\n', 'S S 1.0 g\n\r\n', `S S ${'1'.repeat(400)} g\r\n`])('%j is malformed', (line) => {
  expect(() => mtSics.decode(latin1(line))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('what lacks a value, a unit or a command is not sent', () => {
  expect(() => mtSics.encode({ ...weightOf({ unit: 'g' }), command: 'S' })).toThrow('expected a value')
  expect(() => mtSics.encode({ ...weightOf({ value: new Decimal(1) }), command: 'S' })).toThrow('expected a unit')
  expect(() => mtSics.codec.encode?.({ kind: 'answer', ok: true })).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('asks for what every scale can', () => {
  expect(Object.entries(mtSics.commands).map(([ask, bytes]) => [ask, text(bytes)])).toEqual([
    ['weigh', 'SI\r\n'],
    ['weighStable', 'S\r\n'],
    ['zero', 'Z\r\n'],
    ['tare', 'T\r\n'],
    ['clearTare', 'TAC\r\n'],
  ])
})

test('a command is understood with what it means, and its parameters', () => {
  expect(mtSics.decodeCommand(latin1('SI\r\n'))).toMatchObject({ command: 'SI', asks: 'weigh' })
  expect(mtSics.decodeCommand(latin1('I4\r\n'))).toMatchObject({ command: 'I4', asks: null })
  expect(mtSics.decodeCommand(latin1('TA 0.500 kg\r\n'))).toMatchObject({ command: 'TA', parameters: '0.500 kg' })
  expect(mtSics.encodeCommand({ command: 'TA', parameters: '0.500 kg' })).toEqual(latin1('TA 0.500 kg\r\n'))
})

test.each(['SIX\r\n', 'Z 1\r\n', 'TA kg\r\n', '\r\n'])('%j is no command', (line) => {
  expect(() => mtSics.decodeCommand(latin1(line))).toThrow(expect.objectContaining({ code: 'unsupported' }))
})

test('a command that there is not is not sent', () => {
  expect(() => mtSics.encodeCommand({ command: 'X' })).toThrow(RangeError)
  expect(() => mtSics.encodeCommand({ command: 'Z', parameters: '1' })).toThrow('expected Z with no parameters, got 1')
  expect(() => mtSics.encodeCommand({ command: 'TA', parameters: 'kg' })).toThrow(RangeError)
})

test('a command longer than any line is refused, before its parameters are looked at', () => {
  const endless = latin1(`TA ${'1'.repeat(1 << 20)}\r\n`)
  expect(() => mtSics.decodeCommand(endless)).toThrow(
    expect.objectContaining({ code: 'malformed', message: expect.stringContaining('at most 256 bytes, got 1048581') }),
  )
})

test.each([{ command: 'S', text: 'S\r\nS S 9.999 kg' }, { command: '' }, { command: '__proto__' }])(
  'the answer %j is no line, and none is sent',
  (said) => {
    expect(() => mtSics.codec.encode?.({ kind: 'answer', ...said })).toThrow(
      expect.objectContaining({ code: 'malformed', message: expect.stringContaining('that is refused: expected a line of') }),
    )
  },
)
