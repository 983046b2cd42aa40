import fc from 'fast-check'
import { expect, test } from 'vitest'
import { provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import {
  decodeDigitDisplay,
  decodeOnbon,
  digitDisplay,
  digitDisplaySplitter,
  encodeOnbon,
  ONBON_FRAME_BYTES_MAX,
  onbon,
  onbonSplitter,
} from '#protocols/terminals'

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

const byte = fc.integer({ min: 0, max: 255 })

provesVectors(digitDisplay)
provesCodec({
  codec: digitDisplay,
  values: fc.record({ cmd: fc.constantFrom('3A', '2A'), colour: byte, value: fc.integer({ min: 0, max: 65535 }), extra: byte }),
  frames: ['3A00780301B60A', '2A00780301A60A'],
  isChecked: true,
  splitter: digitDisplaySplitter,
  pendingMax: 6,
})

test.each(vectorsOf('led-digit-display-xunpeng'))(
  'digit display: $name says what its source says',
  ({ hex = '', facts = {} }) => {
    expect(decodeDigitDisplay(bytes(hex))).toMatchObject(facts)
  },
)

test.each([
  ['3A00780301B60B', 'malformed', 'an end that is none'],
  ['3A00780301B60A00', 'malformed', 'a byte too many'],
  ['4A00780301B60A', 'malformed', 'another start'],
  ['3A00780301B70A', 'checksum', 'a sum that is not that of the bytes'],
  ['3A0078', 'truncated', 'half a frame'],
])('digit display: %s is refused as %s, for %s', (hex, code) => {
  expect(() => decodeDigitDisplay(bytes(hex))).toThrow(expect.objectContaining({ code }))
})

const [published] = vectorsOf('led-onbon-bx')
const frame = published?.hex ?? ''
const hexOf = (count: number) =>
  fc.uint8Array({ minLength: count, maxLength: count }).map((data) => Buffer.from(data).toString('hex').toUpperCase())

provesVectors(onbon)
provesCodec({
  codec: onbon,
  values: fc.record({
    dst: hexOf(2),
    src: hexOf(2),
    reserved: hexOf(6),
    deviceType: hexOf(1),
    protoVersion: hexOf(1),
    data: fc.integer({ min: 2, max: 60 }).chain(hexOf),
    crc: hexOf(2),
  }),
  frames: [frame],
  isChecked: false,
  splitter: onbonSplitter,
  pendingMax: ONBON_FRAME_BYTES_MAX,
})

test('onbon: the published frame says what its source says, and that its checksum is unverified', () => {
  expect(decodeOnbon(bytes(frame))).toMatchObject({ ...published?.facts, checksum: 'unverified' })
})

const head = 'A5A5A5A5A5A5A5A5'

test('onbon: start, end and escape bytes are escaped, and every other byte is not', () => {
  const parts = { dst: '0001', src: '8000', reserved: '000000000000', deviceType: 'FE', protoVersion: '02', crc: '5B00' }
  const made = encodeOnbon({ ...parts, data: 'A5A65A5B' })
  expect(Buffer.from(made).toString('hex').toUpperCase()).toBe(`${head}01000080000000000000FE020400A602A6015B025B015B01005A`)
  expect(decodeOnbon(made)).toMatchObject({ ...parts, data: 'A5A65A5B', dataLen: 4 })
  expect(onbon.decode(made).fields.map(({ name, to }) => [name, to])).toContainEqual(['data', 30])
})

test('onbon: a command without more data, and a show command that holds its text elsewhere, are told without a text', () => {
  const parts = { dst: '0001', src: '8000', reserved: '000000000000', deviceType: 'FE', protoVersion: '02', crc: '0000' }
  for (const data of ['A306', `A306${'00'.repeat(40)}`]) {
    const decoded = onbon.decode(encodeOnbon({ ...parts, data }))
    expect(decoded.value).toMatchObject({ cmd: 'A306', data })
    expect(decoded.value).not.toHaveProperty('text')
  }
})

test.each([
  ['A5A55A', 'malformed', 'too short a start'],
  [`${head}5A00`, 'malformed', 'bytes behind the end'],
  [`${head}A6035A`, 'malformed', 'an escape that is none'],
  [`${head}00A5005A`, 'malformed', 'a start byte within'],
  [`${head}01000080000000000000FE0203000000000000005A`, 'malformed', 'a length that is not that of the data'],
  [`${head}0100`, 'truncated', 'no end'],
  [`${head}${'00'.repeat(ONBON_FRAME_BYTES_MAX)}`, 'malformed', 'no end within the longest frame'],
])('onbon: %s is refused as %s, for %s', (hex, code) => {
  expect(() => decodeOnbon(bytes(hex))).toThrow(expect.objectContaining({ code }))
})

test('onbon: the splitter drops what has a start and an end but no sense, and what never ends', () => {
  const splitter = onbonSplitter()
  expect(splitter.push(bytes(`${head}00005A${frame}`))).toHaveLength(1)
  expect(splitter.push(bytes(`${head}${'00'.repeat(ONBON_FRAME_BYTES_MAX)}`))).toHaveLength(0)
  expect(splitter.pendingBytes).toBe(0)
  expect(splitter.push(bytes(`${head}0000${frame}`))).toHaveLength(1)
})
