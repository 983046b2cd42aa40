import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import { cas22, hidScale, toledoContinuous, toledoContinuousSplitter, weightOf } from '#protocols/scales'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const hexOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')
const refusal = (code: string) => expect.objectContaining({ code })
const together = (...parts: readonly fc.Arbitrary<object>[]) => fc.tuple(...parts).map((objects) => Object.assign({}, ...objects))

// 1.50 kg gross at rest; -0.5 lb net in motion with a tare of 0.2; 1200 t in steps of 20; above its range.
const plain = hexOf(latin1('\x02\x2c\x30\x20000150000000\r'))
const moving = hexOf(latin1('\x02\x2b\x2b\x20000005000002\r'))
const great = hexOf(latin1('\x02\x31\x20\x22000120000000\r'))
const above = hexOf(latin1('\x02\x2c\x34\x20000000000000\r'))
const withCheck = (frame: string) => {
  const bytes = Buffer.from(frame, 'hex')
  const check = -bytes.reduce((sum, byte) => sum + byte, 0) & 0x7f
  return hexOf(Uint8Array.of(...bytes, check))
}
const frames = [plain, moving, great, above]
const steps = fc.constantFrom([1, 3], [2, 3], [5, 3], [1, 2], [5, 1], [2, 0], [20, 0], [500, 0])
const toledoWeights = together(
  fc.tuple(steps, fc.integer({ min: -9999, max: 9999 })).map(([[count = 1, decimals = 0], times]) => ({
    value: (count * times) / 10 ** decimals,
    division: count / 10 ** decimals,
    ...(decimals > 0 ? { decimals } : {}),
  })),
  fc.record({
    unit: fc.constantFrom('kg', 'lb', 'g', 't', 'oz', 'ozt', 'dwt', 'ton'),
    stable: fc.boolean(),
    mode: fc.constantFrom('gross', 'net'),
    isPrinting: fc.boolean(),
    isPoweringUp: fc.boolean(),
    hasChecksum: fc.boolean(),
  }),
)
provesCodec({
  codec: toledoContinuous.codec,
  values: toledoWeights,
  frames,
  isChecked: false,
  splitter: () => toledoContinuousSplitter({ hasChecksum: false }),
  pendingMax: 17,
})
provesCodec({
  codec: toledoContinuous.codec,
  frames: frames.map(withCheck),
  // One that lost its last byte is one without a check.
  cut: 'any',
  isChecked: true,
  splitter: () => toledoContinuousSplitter({ hasChecksum: true }),
  pendingMax: 18,
})

describe('cas-22', () => provesVectors(cas22.codec))
provesCodec({
  codec: cas22.codec,
  values: together(
    fc.integer({ min: -99_999, max: 999_999 }).map((count) => ({ value: count / 100, decimals: 2 })),
    fc.record({
      unit: fc.constantFrom('kg', 'lb', 'g', 't'),
      stable: fc.boolean(),
      mode: fc.constantFrom('gross', 'net'),
      zero: fc.boolean(),
      device: fc.integer({ min: 0, max: 255 }),
      isHolding: fc.boolean(),
      isPrinting: fc.boolean(),
      isTared: fc.boolean(),
    }),
  ),
  frames: [
    '53542C47532C31E42C2020202031332E35206B670D0A',
    hexOf(latin1('US,NT,\n\xa2,   -0.50 lb\r\n')),
    hexOf(latin1('OL,GS,1\xb5,         kg\r\n')),
  ],
  isChecked: false,
  splitter: cas22.splitter,
  pendingMax: 22,
})

describe('hid-scale', () => provesVectors(hidScale.codec))
provesCodec({
  codec: hidScale.codec,
  values: together(
    fc.tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 9 })).map(([count, decimals]) => ({
      value: new Decimal(count, decimals).toJSON(),
      decimals,
    })),
    fc.record({
      unit: fc.constantFrom('mg', 'g', 'kg', 'ct', 'tael', 'grain', 'dwt', 't', 'ton', 'ozt', 'oz', 'lb'),
      stable: fc.boolean(),
      reportId: fc.constantFrom(3, 4),
    }),
  ),
  frames: [
    '03020BFF0000',
    '03040BFF0200',
    '03040CFF3200',
    '03030BFF6401',
    '040502000000',
    '030602000000',
    '030102000000',
    '030802000000',
  ],
  isChecked: false,
  splitter: hidScale.splitter,
  pendingMax: 6,
})

describe('what toledo-continuous says', () => {
  const read = (frame: string) => toledoContinuous.decode(Buffer.from(frame, 'hex'))

  test('reads weight, tare, step, unit and state', () => {
    expect(read(plain)).toMatchObject({
      unit: 'kg',
      stable: true,
      mode: 'gross',
      division: new Decimal(1, 2),
      tare: new Decimal(0, 2),
      hasChecksum: false,
    })
    expect(String(read(plain).value)).toBe('1.50')
    expect(read(moving)).toMatchObject({
      value: new Decimal(-5, 1),
      unit: 'lb',
      stable: false,
      mode: 'net',
      tare: new Decimal(2, 1),
    })
    expect(read(great)).toMatchObject({ value: new Decimal(1200), unit: 't', division: new Decimal(20) })
    expect(read(withCheck(plain))).toMatchObject({ hasChecksum: true })
  })

  test('out of range has no value, and its sign says which way', () => {
    expect(read(above)).toMatchObject({ value: null, overload: true, underload: false })
    expect(read(hexOf(latin1('\x02\x2c\x36\x20000000000000\r')))).toMatchObject({ value: null, overload: false, underload: true })
    const below = toledoContinuous.codec.encode?.({ underload: true, unit: 'g', division: 0.5 })
    expect(below && toledoContinuous.decode(below)).toMatchObject({ underload: true, unit: 'g', division: new Decimal(5, 1) })
  })

  test('digits may be filled with spaces, and Fairbanks clears the fixed bits', () => {
    expect(read(hexOf(latin1('\x02\x0c\x10\x00   150     0\r')))).toMatchObject({ value: new Decimal(150, 2), unit: 'kg' })
  })

  test.each([
    ['a step of nothing', '\x02\x24\x30\x20000150000000\r', 'malformed'],
    ['ten times the resolution', '\x02\x2c\x30\x30000150000000\r', 'unsupported'],
    ['digits that are none', '\x02\x2c\x30\x2000015x000000\r', 'malformed'],
    ['a word of eight bits', '\x02\xac\x30\x20000150000000\r', 'malformed'],
    ['a byte too many', '\x02\x2c\x30\x20000150000000\r\0\0', 'malformed'],
    ['a wrong check', '\x02\x2c\x30\x20000150000000\r\x7f', 'checksum'],
  ])('%s is refused', (_, frame, code) => {
    expect(() => toledoContinuous.decode(latin1(frame))).toThrow(refusal(code))
  })

  test('a frame without a check never passes where one is due', () => {
    const splitter = toledoContinuousSplitter({ hasChecksum: true })
    expect(splitter.push(Buffer.from(plain + plain + withCheck(plain), 'hex')).map(hexOf)).toEqual([withCheck(plain)])
  })

  test('learns from the stream whether there is a check', () => {
    const cut = (...sent: string[]) =>
      toledoContinuous
        .splitter()
        .push(Buffer.from(sent.join(''), 'hex'))
        .map(hexOf)
    expect(cut(plain, moving, plain)).toEqual([plain, moving, plain])
    expect(cut(withCheck(plain), withCheck(moving))).toEqual([withCheck(plain), withCheck(moving)])
    // Neither a check nor the start of the next: nothing is learned from it.
    expect(cut(`${plain}55`, withCheck(moving))).toEqual([withCheck(moving)])
  })

  test('a check that looks like the start of the next frame teaches nothing', () => {
    const bare = hexOf(latin1('\x02\x2c\x30\x20699999000000\r'))
    const like = withCheck(bare)
    expect(like.slice(-2)).toBe('02')
    const splitter = toledoContinuous.splitter()
    expect(splitter.push(Buffer.from(`${like}${like}${withCheck(moving)}`, 'hex')).map(hexOf)).toEqual([
      bare,
      bare,
      withCheck(moving),
    ])
    expect(splitter.droppedBytes).toBe(2)
  })

  test.each([
    [{ value: 1.5, unit: 'kg', division: 0.3 }, 'a division of 1, 2 or 5'],
    [{ value: 1.5, unit: 'ct' }, 'a unit of'],
    [{ value: 1234567, unit: 'kg' }, 'at most 6 characters'],
    [{ value: 1.234, unit: 'kg', division: 0.01 }, 'at most 2 decimals'],
    [{ value: 0.0000001, unit: 'kg' }, 'a division of 1, 2 or 5'],
    [{ unit: 'kg' }, 'a value'],
  ])('says no %j', (value, why) => {
    expect(() => toledoContinuous.codec.encode?.(value)).toThrow(
      expect.objectContaining({ code: 'malformed', message: expect.stringContaining(why) }),
    )
  })
})

describe('what cas-22 says', () => {
  test('the lamps tell what the letters do not', () => {
    expect(cas22.decode(latin1('US,NT,\x01\x9b,  -13.50 kg\r\n'))).toMatchObject({
      value: new Decimal(-1350, 2),
      stable: false,
      mode: 'net',
      device: 1,
      isHolding: true,
      isPrinting: true,
      isTared: true,
      zero: true,
    })
  })

  test('a device whose number is a line end is read all the same', () => {
    const frame = latin1('ST,GS,\n\xe4,    13.5 kg\r\n')
    expect(cas22.splitter().push(frame)).toEqual([frame])
    expect(cas22.decode(frame)).toMatchObject({ device: 10 })
  })

  test.each([
    ['ST,GS,1\x64,    13.5 kg\r\n', 'malformed'],
    ['ST,GS,1\xe4,    13.5 kg\r\n\0', 'malformed'],
    ['ST,GS,1\xe4,    1x.5 kg\r\n', 'malformed'],
    ['ST,GS,1\xe4,    13.5 qq\r\n', 'unsupported'],
  ])('%j is refused as %s', (frame, code) => {
    expect(() => cas22.decode(latin1(frame))).toThrow(refusal(code))
  })

  test('what it cannot say is refused', () => {
    expect(() => cas22.codec.encode?.({ underload: true })).toThrow(refusal('malformed'))
    expect(() => cas22.codec.encode?.({ value: 1, unit: 'ozt', stable: true })).toThrow(refusal('malformed'))
    expect(() => cas22.codec.encode?.({ value: 123456789, unit: 'kg', stable: true })).toThrow(refusal('malformed'))
  })
})

describe('what hid-scale says', () => {
  const read = (frame: string) => hidScale.decode(Buffer.from(frame, 'hex'))

  test('the exponent goes both ways and stays exact', () => {
    expect(String(read('03040BFF6401').value)).toBe('35.6')
    expect(String(read('03040BF70100').value)).toBe('0.000000001')
    expect(String(read('030402030500').value)).toBe('5000')
    expect(hexOf(hidScale.encode({ ...weightOf({ value: new Decimal(100_000), unit: 'g', stable: true }), reportId: 3 }))).toBe(
      '030402011027',
    )
  })

  test.each([
    ['030102000000', { fault: 'fault' }],
    ['030502000100', { underload: true }],
    ['030602000100', { overload: true }],
    ['030702000100', { fault: 'calibration' }],
    ['030802000100', { fault: 're-zero' }],
  ])('report %s has no value but a reason', (frame, reason) => {
    expect(read(frame)).toMatchObject({ value: null, stable: null, ...reason })
  })

  test('a report filled up with zeros is the same report', () => {
    expect(read('03040BFF640100000000')).toMatchObject({ value: new Decimal(356, 1) })
  })

  test.each([
    ['03040BF60100', 'malformed'],
    ['03040B0A0100', 'malformed'],
    ['03000BFF0100', 'malformed'],
    ['03090BFF0100', 'malformed'],
    ['030400FF0100', 'unsupported'],
    ['03040DFF0100', 'unsupported'],
    ['05040BFF0100', 'unsupported'],
    ['03040BFF010001', 'malformed'],
  ])('report %s is %s', (frame, code) => {
    expect(() => read(frame)).toThrow(refusal(code))
  })

  test('the control report zeroes', () => {
    const { hex = '' } = vectorsOf('hid-scale').find(({ facts }) => facts) ?? {}
    expect(hexOf(hidScale.commands.zero)).toBe(hex)
    expect(
      hidScale
        .commandSplitter?.()
        .push(Buffer.from(`0201${hex}`, 'hex'))
        .map(hexOf),
    ).toEqual([hex])
    expect(hidScale.decodeCommand(Buffer.from(hex, 'hex'))).toMatchObject({ command: 'zero', asks: 'zero' })
  })

  test('what two bytes do not hold is refused', () => {
    expect(() => hidScale.codec.encode?.({ value: 65_537, unit: 'g', stable: true })).toThrow(refusal('malformed'))
    expect(() => hidScale.codec.encode?.({ value: -1, unit: 'g', stable: true })).toThrow(refusal('malformed'))
    expect(() => hidScale.codec.encode?.({ value: 1, unit: 'jin', stable: true })).toThrow(refusal('malformed'))
  })
})

test('a weight in a custom unit is no weight in whatever unit a site has', () => {
  const custom = latin1('\x02\x2c\x20\x27001000000000\r')
  expect(() => toledoContinuous.decode(custom)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  expect(() => toledoContinuous.codec.encode?.({ value: 1, unit: null })).toThrow(expect.objectContaining({ code: 'malformed' }))
})
