import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import { casPos, elicom, NCI_FAULTS, nciEcr, weightOf } from '#protocols/scales'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1')
const refusal = (code: string) => expect.objectContaining({ code })
const grams = (min: number, max: number) => fc.integer({ min, max }).map((count) => ({ value: count / 1000, decimals: 3 }))
const together = (...parts: readonly fc.Arbitrary<object>[]) => fc.tuple(...parts).map((objects) => Object.assign({}, ...objects))

provesCodec({
  codec: casPos.codec,
  values: fc.oneof(
    together(grams(-99_999, 99_999), fc.record({ unit: fc.constantFrom('kg', 'g', 'lb', 'oz'), stable: fc.boolean() })),
    fc.record({ kind: fc.constant('answer'), ok: fc.boolean() }),
    fc.constant({ value: null, overload: true, unit: 'kg' }),
  ),
  frames: ['\x01\x02S 02.310kg\x61\x03\x04', '\x01\x02U-00.050kg\x6f\x03\x04', '\x01\x02F       kg\x6a\x03\x04'].map(hex),
  isChecked: true,
  // SOH may come with its high bit set.
  unchecked: () => [0],
  splitter: casPos.splitter,
  pendingMax: 18,
})
provesCodec({
  codec: casPos.codec,
  side: 'request',
  frames: ['05', '11'],
  isChecked: false,
  splitter: () => casPos.commandSplitter?.() ?? casPos.splitter(),
})

describe('elicom', () => provesVectors(elicom.codec))
provesCodec({
  codec: elicom.codec,
  values: together(grams(0, 999_999), fc.constant({ unit: 'kg', stable: true })),
  frames: ['00231033', '999999CB', '00050005', 'BB'],
  isChecked: true,
  splitter: elicom.splitter,
  pendingMax: 4,
})
provesCodec({
  codec: elicom.codec,
  side: 'request',
  frames: ['AA', 'CC'],
  isChecked: false,
  splitter: () => elicom.commandSplitter?.() ?? elicom.splitter(),
})

describe('nci-ecr', () => provesVectors(nciEcr.codec))
provesCodec({
  codec: nciEcr.codec,
  values: fc.oneof(
    together(
      grams(-99_999, 999_999),
      fc.record({
        unit: fc.constantFrom('kg', 'lb', 'oz', 'g'),
        stable: fc.boolean(),
        zero: fc.boolean(),
        faults: fc.subarray(['ram', 'eeprom', 'rom', 'calibration']),
        isMarked: fc.boolean(),
      }),
    ),
    together(
      grams(0, 999_999),
      fc.record({
        unit: fc.constant('lb'),
        mode: fc.constantFrom('gross', 'net'),
        faults: fc.subarray([...NCI_FAULTS]),
        isHighRange: fc.boolean(),
        isLong: fc.constant(true),
      }),
    ),
  ),
  frames: [
    '\n002.310KG\r\nS00\r\x03',
    '\n-02.310LB\r\n20\r\x03',
    '\n001.500LB\r\nS0p7\r\x03',
    '\nS20\r\x03',
    '\n10\r\x03',
    '\nKG\r\nS02\r\x03',
    '\n?\r\x03',
  ].map(hex),
  isChecked: false,
  splitter: nciEcr.splitter,
  pendingMax: 32,
})
provesCodec({
  codec: nciEcr.codec,
  side: 'request',
  frames: ['W\r', 'Z\r', 'S\r', 'U\r'].map(hex),
  isChecked: false,
  splitter: () => nciEcr.commandSplitter?.() ?? nciEcr.splitter(),
  pendingMax: 8,
  resync: '0d',
})

describe('what cas-pos says', () => {
  test('ENQ is answered with ACK, and DC1 asks for the weight', () => {
    expect(casPos.commands).toEqual({ weigh: Uint8Array.of(0x11) })
    expect(casPos.encodeCommand({ command: 'ENQ' })).toEqual(Uint8Array.of(0x05))
    expect(casPos.decode(Uint8Array.of(0x06))).toMatchObject({ kind: 'answer', command: 'ACK', ok: true })
    expect(casPos.decode(Uint8Array.of(0x15))).toMatchObject({ kind: 'answer', command: 'NAK', ok: false })
  })

  test('the check is the XOR of what stands between STX and itself', () => {
    const frame = casPos.encode(weightOf({ value: new Decimal(2310, 3), unit: 'kg', stable: true }))
    expect([...frame.subarray(2, -3)].reduce((check, byte) => check ^ byte, 0)).toBe(frame.at(-3))
    frame[frame.length - 3] = (frame.at(-3) ?? 0) ^ 0x20
    expect(() => casPos.decode(frame)).toThrow(refusal('checksum'))
    expect(casPos.splitter().push(frame)).toEqual([])
  })

  test('SOH may have its high bit set', () => {
    const frame = casPos.encode(weightOf({ value: new Decimal(5, 1), unit: 'lb', stable: false }))
    frame[0] = 0x81
    expect(casPos.decode(frame)).toMatchObject({ value: new Decimal(5, 1), unit: 'lb', stable: false })
    expect(casPos.splitter().push(frame)).toHaveLength(1)
  })

  test('an overload has no value', () => {
    expect(casPos.decode(latin1('\x01\x02F       kg\x6a\x03\x04'))).toMatchObject({ value: null, stable: null, overload: true })
  })

  test('a frame with a right check may still say nothing', () => {
    expect(() => casPos.decode(latin1('\x01\x02S 1.2.3kg\x4f\x03\x04'))).toThrow(refusal('malformed'))
    expect(() => casPos.decode(latin1('\x01\x02SS12.310kg\x13\x03\x04'))).toThrow(refusal('malformed'))
  })

  test('what it cannot say is refused', () => {
    expect(() => casPos.encode(weightOf({ underload: true, unit: 'kg' }))).toThrow('expected a weight or an overload')
    expect(() => casPos.encode(weightOf({ value: new Decimal(1), unit: 'grain', stable: true }))).toThrow('at most 2 letters')
    expect(() => casPos.encode(weightOf({ value: new Decimal(1), unit: 'kg' }))).toThrow('whether it is stable')
  })
})

describe('what elicom says', () => {
  test('AA asks, BB is no weight, and CC zeroes', () => {
    const [request = 0, noWeight = 0, zero = 0] = bytesOf(
      vectorsOf('elicom').find(({ facts }) => facts) ?? { name: '', protocol: '', source: '' },
    )
    expect(elicom.commands).toEqual({
      weigh: Uint8Array.of(request),
      weighStable: Uint8Array.of(request),
      zero: Uint8Array.of(zero),
    })
    expect(elicom.decode(Uint8Array.of(noWeight))).toMatchObject({ value: null, stable: false })
    expect(elicom.encode(weightOf({ stable: false }))).toEqual(Uint8Array.of(noWeight))
    expect(elicom.encode(weightOf({ overload: true }))).toEqual(Uint8Array.of(noWeight))
    expect(elicom.decodeCommand(Uint8Array.of(zero))).toMatchObject({ asks: 'zero' })
  })

  test('a sum that holds over what are no digits is malformed', () => {
    expect(() => elicom.decode(Buffer.from('0A00000A', 'hex'))).toThrow(refusal('malformed'))
    expect(() => elicom.decode(Buffer.from('0023103300', 'hex'))).toThrow(refusal('malformed'))
    expect(elicom.splitter().push(Buffer.from('0A00000A', 'hex'))).toEqual([])
  })

  test('says kilograms from zero, to the gram', () => {
    expect(() => elicom.encode(weightOf({ value: new Decimal(1), unit: 'lb', stable: true }))).toThrow(
      'expected kg from 0, got 1 lb',
    )
    expect(() => elicom.encode(weightOf({ value: new Decimal(-1), unit: 'kg', stable: true }))).toThrow(RangeError)
    expect(() => elicom.encode(weightOf({ value: new Decimal(1, 4), unit: 'kg', stable: true }))).toThrow(RangeError)
    expect(() => elicom.encode(weightOf({ value: new Decimal(1000), unit: 'kg', stable: true }))).toThrow(RangeError)
  })
})

describe('what nci-ecr says', () => {
  test('a command that is not known is answered as such', () => {
    const frame = bytesOf(vectorsOf('nci-ecr')[0] ?? { name: '', protocol: '', source: '' })
    expect(nciEcr.decode(frame)).toMatchObject({ kind: 'answer', ok: false, error: 'syntax' })
  })

  test('reads the bits of all three status bytes', () => {
    expect(nciEcr.decode(latin1('\n 12.5 lb\r\n3~?\r\x03'))).toMatchObject({
      value: null,
      unit: 'lb',
      stable: false,
      zero: true,
      overload: true,
      underload: false,
      mode: 'net',
      faults: ['rom', 'calibration', 'initial-zero'],
      isMarked: false,
      isLong: true,
      isHighRange: true,
    })
    expect(nciEcr.decode(latin1('\n----LB\r\n<1\r\x03'))).toMatchObject({ underload: true, faults: ['ram', 'eeprom'] })
  })

  test('a status alone says why there is no weight', () => {
    const status = nciEcr.decode(latin1('\n10\r\x03'))
    expect(status).toMatchObject({ value: null, unit: null, stable: false, faults: [] })
    expect(status).not.toHaveProperty('mode')
  })

  test('pounds with ounces are not taken for pounds', () => {
    expect(() => nciEcr.decode(latin1('\n02lb 05.5oz\r\n00\r\x03'))).toThrow(refusal('unsupported'))
  })

  test.each(['\n----LB\r\n00\r\x03', '\n00\r\x04\x03', '\nE00\r\x03', '\n0\r\x03'])('%j is malformed', (frame) => {
    expect(() => nciEcr.decode(latin1(frame))).toThrow(refusal('malformed'))
  })

  test('marks the status unless told otherwise, and writes short units', () => {
    expect(text(nciEcr.codec.encode?.({ value: 2.31, decimals: 3, unit: 'lb', stable: true }))).toBe('\n002.310LB\r\nS00\r\x03')
    expect(text(nciEcr.codec.encode?.({ stable: false }))).toBe('\nS10\r\x03')
    expect(() => nciEcr.codec.encode?.({ value: 1, unit: 'pcs' })).toThrow(refusal('malformed'))
    expect(() => nciEcr.codec.encode?.({ value: 1 })).toThrow(refusal('malformed'))
  })
})
