import fc from 'fast-check'
import { expect, test } from 'vitest'
import { provesCodec, provesVectors } from '#protocols/proof'
import {
  crc8,
  decodeSzy,
  decodeSzyFrame,
  encodeSzy,
  encodeSzyFrame,
  readSzy,
  SZY206_FRAME_BYTES_MAX,
  SZY206_LONG_DATA_BYTES_MAX,
  type SzyInput,
  szy206,
  szySplitter,
} from '#protocols/szy206'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex').toUpperCase()
const json = (value: unknown) => JSON.parse(JSON.stringify(value))
const header = { direction: 'up', fcb: 0, function: 'flow', address: '5303810D00', AFN: 'C0' } as const
const tail = { alarm: '0110', status: '6000', time: '004508090A' } as const
const frame = (fields: Partial<SzyInput>): Uint8Array => encodeSzy({ ...header, ...fields })
/** A report of a kind whose data are these bytes. */
const report = (kind: number, data: string): Uint8Array =>
  encodeSzyFrame({
    direction: 'up',
    fcb: 0,
    kind,
    address: '5303810D00',
    afn: 0xc0,
    isLong: false,
    data: bytes(data + '0'.repeat(18)),
  })

const hexOf = (count: number) => fc.uint8Array({ minLength: count, maxLength: count }).map(hex)
const level = fc.integer({ min: -9_999_999, max: 9_999_999 }).map((value) => ({ quantity: 'level', value }))

provesVectors(szy206)
provesCodec({
  codec: szy206,
  values: fc.oneof(
    fc.record({
      ...{ direction: fc.constant('up'), fcb: fc.integer({ min: 0, max: 3 }), function: fc.constant('level'), address: hexOf(5) },
      ...{ AFN: fc.constant('C0'), values: fc.array(level, { maxLength: 5 }), alarm: hexOf(2), status: hexOf(2), time: hexOf(5) },
    }),
    fc.record({
      ...{ direction: fc.constant('up'), fcb: fc.constant(1), function: fc.constant('confirmation'), address: hexOf(5) },
      ...{ AFN: fc.constant('61'), divs: fc.integer({ min: 0, max: 255 }), long: fc.constant(true), data: hexOf(300) },
    }),
  ),
  frames: [
    '681A68B35303810D00C00059000000826110000001106000004508090A3516',
    '681568B34406070001C0AAAAAAAAAA004040000000000101E516',
    hex(frame({ function: 'confirmation', AFN: '02', link: 'alive' })),
    hex(frame({ direction: 'down', AFN: 'B0' })),
    hex(frame({ function: 'confirmation', AFN: '61', divs: 2, data: 'FFD8' })),
    hex(frame({ function: 'confirmation', AFN: '61', divs: 1, long: true, data: 'FFD9' })),
  ],
  isChecked: true,
  splitter: szySplitter,
  pendingMax: SZY206_FRAME_BYTES_MAX,
})

test('the CRC is that of the polynomial E5', () => {
  expect(crc8(new TextEncoder().encode('123456789'))).toBe(0xf7)
})

test.each([
  [1, '341200', [{ quantity: 'rain', unit: 'mm', value: 123.4 }]],
  [2, '78563412AAAAAAAA34120000', undefined],
  [
    2,
    '78563402AAAAAAAA341200F0',
    [
      { quantity: 'level', value: 2345678 },
      { quantity: 'level', value: null },
      { quantity: 'level', value: -1234 },
    ],
  ],
  [3, '0059000000', [{ quantity: 'flow', unit: 'm3/s', value: 5.9 }]],
  [4, '341200', [{ quantity: 'velocity', unit: 'm/s', value: 1.234 }]],
  [
    8,
    '341270',
    [
      { quantity: 'wind speed', unit: 'm/s', value: 12.34 },
      { quantity: 'wind direction', value: 7 },
    ],
  ],
  [9, '34F1', [{ quantity: 'water temperature', unit: '°C', value: -13.4 }]],
  [9, '00F0', undefined],
  [9, '3A01', undefined],
  [11, '5503', [{ quantity: 'soil moisture', unit: '%', value: 35.5 }]],
  [12, '120000', [{ quantity: 'evaporation', unit: 'mm', value: 1.2 }]],
  [1, '3412', undefined],
  [10, '341200', undefined],
])('kind %i with the data %s says %j, and whatever it says is made again', (kind, data, values) => {
  const made = report(kind, data)
  const said = json(decodeSzy(made))
  expect(said.values).toEqual(values)
  expect(said.data).toBe(values === undefined ? data : undefined)
  expect(hex(szy206.encode?.(said) ?? new Uint8Array())).toBe(hex(made))
})

test.each([
  [{ link: 'login' }, 'F0'],
  [{ link: 'logout' }, 'F1'],
  [{ link: 'alive' }, 'F2'],
  [{ data: '00' }, '00'],
] as const)('a link message says %j', (content, data) => {
  const made = frame({ function: 'confirmation', AFN: '02', ...content })
  expect(decodeSzy(made)).toMatchObject({ use: 'link', ...content })
  expect(hex(decodeSzyFrame(made).data)).toBe(data)
})

test('a function that is not known, and a confirmation of the centre, are passed on as they are', () => {
  expect(decodeSzy(frame({ AFN: '99', data: 'AB' }))).toMatchObject({ AFN: '99', data: 'AB', control: '83', len: 8 })
  expect(decodeSzy(frame({ AFN: '99' }))).not.toHaveProperty('data')
  expect(decodeSzy(frame({ direction: 'down', data: '00' }))).toMatchObject({ use: 'self-report', direction: 'down', data: '00' })
})

test('a long packet has a length of its own, up to its limit', () => {
  const long = { function: 'confirmation', AFN: '61', divs: 42, long: true } as const
  const made = frame({ ...long, data: 'AB'.repeat(SZY206_LONG_DATA_BYTES_MAX) })
  expect(hex(made.subarray(0, 13))).toBe('680168C02A5303810D00610010')
  expect(szySplitter().push(made)).toEqual([decodeSzyFrame(made)])
  expect(readSzy(decodeSzyFrame(made))).toMatchObject({ divs: 42, long: true, use: 'image', len: 1 })
  expect(() => frame({ ...long, data: 'AB'.repeat(SZY206_LONG_DATA_BYTES_MAX + 1) })).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  )
  expect(() => frame({ AFN: '61', long: true, data: 'AB' })).toThrow('expected at most')
})

test.each([
  [{ ...header, ...tail, values: [{ quantity: 'rain', value: 1 }] }, 'expected flow, got rain'],
  [{ ...header, ...tail, values: [{ quantity: 'flow', value: 1_000_000 }] }, 'expected flow of at most 9 digits'],
  [{ ...header, ...tail, values: [{ quantity: 'flow', value: 0.0001 }] }, 'expected at most 3 decimals'],
  [{ ...header, function: 'wind', values: [{ quantity: 'wind speed', value: 1 }] }, 'expected wind direction, got nothing'],
  [{ ...header, function: 'combined', values: [] }, 'expected data for the kind combined'],
  [{ ...header, data: 'AB'.repeat(250) }, 'expected at most 255 bytes'],
  [{ ...header, address: '53' }, '/address'],
])('%j makes no frame', (value, message) => {
  expect(() => szy206.encode?.(value)).toThrow(
    expect.objectContaining({ code: 'malformed', message: expect.stringContaining(message) }),
  )
})

test.each([
  ['69', 'malformed', 'another start'],
  ['680668', 'malformed', 'a length that no frame has'],
  ['68076840', 'malformed', 'a split packet without room for its number'],
  ['68016880', 'malformed', 'a long packet that is not split'],
  ['680168C0015303810D00610110', 'malformed', 'a long packet beyond the limit'],
  ['681A68B35303810D00C00059000000826110000001106000004508090A3517', 'malformed', 'another end'],
  ['681A68B35303810D00C00059000000826110000001106000004508090A351600', 'malformed', 'a byte too many'],
  ['681A68B35303810D00C00059000000826110000001106000004508090A3616', 'checksum', 'another CRC'],
  ['681A68B353', 'truncated', 'half a frame'],
])('%s is refused as %s, for %s', (text, code) => {
  expect(() => decodeSzy(bytes(text))).toThrow(expect.objectContaining({ code }))
})
