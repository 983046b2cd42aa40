import { describe, expect, test } from 'vitest'
import { crc16 } from '#protocols/modbus'
import {
  decodeFrame,
  decodeMessage,
  ENDS,
  encodeFrame,
  FRAME_BYTES_MAX,
  type Frame,
  sl651,
  sl651Splitter,
} from '#protocols/sl651'

const frame: Frame = {
  encoding: 'hex',
  direction: 'up',
  centre: 1,
  station: '0012345678',
  password: '1234',
  function: '36',
  end: 'ETX',
  body: new Uint8Array(Buffer.from('0001260909080000', 'hex')),
}
const bytesOf = (more: Partial<Frame> = {}): Uint8Array => encodeFrame({ ...frame, ...more })
/** With a byte changed and the CRC made anew. */
const changed = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at] = byte
  const crc = crc16(copy, 0, copy.length - 2)
  return Uint8Array.from([...copy.subarray(0, -2), crc >> 8, crc & 0xff])
}
const malformed = (said: string) => expect.objectContaining({ code: 'malformed', message: expect.stringContaining(said) })
const ENCODINGS = ['hex', 'ascii'] as const

test.each(ENCODINGS)('every end character has its name in %s', (encoding) => {
  for (const end of ['ETX', 'EOT', 'ENQ', 'ACK', 'NAK', 'ETB', 'ESC'] as const) {
    const bytes = bytesOf({ encoding, end })
    expect(bytes.at(encoding === 'hex' ? -3 : -5)).toBe(ENDS[end])
    expect(decodeFrame(bytes)).toMatchObject({ encoding, end })
  }
})

test.each(ENCODINGS)('a frame that goes down names the station first in %s', (encoding) => {
  const up = Buffer.from(bytesOf({ encoding }))
  const down = Buffer.from(bytesOf({ encoding, direction: 'down' }))
  const [first, width] = encoding === 'hex' ? [2, 1] : [1, 2]
  expect(down.subarray(first, first + 5 * width)).toEqual(up.subarray(first + width, first + 6 * width))
  expect(decodeFrame(down)).toMatchObject({ direction: 'down', centre: 1, station: '0012345678' })
})

test.each(ENCODINGS)('packets are numbered within the length in %s', (encoding) => {
  const bytes = bytesOf({ encoding, packets: 13, packet: 2, end: 'ETB' })
  const decoded = decodeFrame(bytes)
  expect(decoded).toMatchObject({ packets: 13, packet: 2, body: frame.body })
  expect(bytes.length).toBe(encoding === 'hex' ? 17 + 3 + 8 : 29 + 6 + 8)
  expect(decodeMessage(bytes)).toMatchObject({ packet: 2, data: '0001260909080000' })
})

describe('lengths', () => {
  test('have twelve bits, and sixteen in a packet of several that goes up', () => {
    expect(decodeFrame(bytesOf({ body: new Uint8Array(4095) })).body.length).toBe(4095)
    expect(() => bytesOf({ body: new Uint8Array(4096) })).toThrow(malformed('1 to 4095'))
    const long = bytesOf({ packets: 2, packet: 2, body: new Uint8Array(4093) })
    expect(decodeFrame(long)).toMatchObject({ direction: 'up', packets: 2, packet: 2 })
    const most = bytesOf({ encoding: 'ascii', packets: 2, packet: 2, body: new Uint8Array(65_535 - 6) })
    expect(most.length).toBe(FRAME_BYTES_MAX)
    expect(sl651Splitter().push(most)).toEqual([most])
    expect(() => bytesOf({ packets: 2, packet: 2, body: new Uint8Array(65_533) })).toThrow(malformed('4095'))
  })

  test('that would look like another direction are refused', () => {
    expect(() => bytesOf({ packets: 2, packet: 2, body: new Uint8Array(0x8000) })).toThrow(malformed('4095'))
    expect(() => bytesOf({ direction: 'down', packets: 2, packet: 2, body: new Uint8Array(4093) })).toThrow(malformed('4095'))
  })

  test('of nothing are refused', () => {
    expect(() => bytesOf({ body: new Uint8Array() })).toThrow(malformed('1 to 4095'))
    expect(() => decodeFrame(Buffer.from('7E7E010012345678123436000002030000', 'hex'))).toThrow(malformed('a body'))
    expect(() => decodeFrame(Buffer.from('7E7E010012345678123436000216030000', 'hex'))).toThrow(malformed('a body'))
  })
})

describe('a frame is malformed', () => {
  test.each<[string, Uint8Array, string]>([
    ['with another start', Uint8Array.of(0x68), 'starts with 7E7E or 01'],
    ['with half a start', Uint8Array.of(0x7e, 0x01), 'starts with 7E7E or 01'],
    ['with another direction', changed(bytesOf(), 11, 0x10), 'direction'],
    ['with another start of text', changed(bytesOf(), 13, 0x01), 'STX or SYN'],
    ['with another end', changed(bytesOf(), 22, 0x00), 'an end character'],
    ['with bytes behind it', Uint8Array.of(...bytesOf(), 0), 'expected 25 bytes, got 26'],
    ['with letters for digits in ASCII', changed(bytesOf({ encoding: 'ascii' }), 1, 0x47), 'hex digits'],
  ])('%s', (_, bytes, said) => {
    expect(() => decodeFrame(bytes)).toThrow(malformed(said))
  })

  test('with packet numbers that are none', () => {
    const bytes = Buffer.from(bytesOf({ encoding: 'ascii', packets: 2, packet: 1 }))
    bytes[24] = 0x47
    bytes.write(
      crc16(bytes, 0, bytes.length - 4)
        .toString(16)
        .toUpperCase()
        .padStart(4, '0'),
      bytes.length - 4,
    )
    expect(() => decodeFrame(bytes)).toThrow(malformed('packet numbers'))
  })

  test('if its CRC does not hold, that comes first', () => {
    const bytes = bytesOf()
    bytes[22] = 0
    expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ code: 'checksum' }))
  })
})

test.each<[string, Partial<Frame>]>([
  ['a short station', { station: '1' }],
  ['a long password', { password: '12345' }],
  ['a function of one digit', { function: '3' }],
  ['a station that is no hex', { station: '001234567x' }],
  ['a centre of two bytes', { centre: 256 }],
  ['too many packets', { packets: 4096, packet: 1 }],
  ['a packet beyond the field', { packets: 1, packet: 4096 }],
])('%s is refused', (_, more) => {
  expect(() => bytesOf(more)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('a password in ASCII is four characters of any kind, and goes back as it came', () => {
  const bytes = bytesOf({ encoding: 'ascii', password: 'A#z9' })
  expect(decodeFrame(bytes).password).toBe('A#z9')
})

describe('the stream', () => {
  test('of both encodings, with noise and a damaged frame within, gives the good frames and counts the rest', () => {
    const [hex, ascii] = [bytesOf(), bytesOf({ encoding: 'ascii' })]
    const damaged = Uint8Array.from(hex)
    damaged[20] = 0xff
    const splitter = sl651Splitter()
    const noise = Buffer.from('7E00017E7E01ZZ', 'latin1')
    expect(splitter.push(Buffer.concat([noise, hex, damaged, ascii, hex]))).toEqual([hex, ascii, hex])
    expect(splitter).toMatchObject({ droppedBytes: noise.length + damaged.length, pendingBytes: 0 })
  })

  test('a long frame that fails lets no other long one start within it, and a long one behind it is found', () => {
    const long = bytesOf({ packets: 2, packet: 1, body: new Uint8Array(5_000) })
    const damaged = Uint8Array.from(long)
    damaged[100] = 1
    // The start, and a length as great, without the rest of a header.
    damaged.set(long.subarray(0, 17), 4_000)
    const short = bytesOf()
    damaged.set(short, 4_500)
    const splitter = sl651Splitter()
    expect(splitter.push(Buffer.concat([damaged, long, short]))).toEqual([short, long, short])
    expect(splitter).toMatchObject({ droppedBytes: damaged.length - short.length, pendingBytes: 0 })
  })

  test('a start within a body does not start a frame', () => {
    const bytes = bytesOf({ body: Buffer.from('00012609090800007E7E017E7E', 'hex') })
    const splitter = sl651Splitter()
    expect(splitter.push(Buffer.concat([bytes, bytes]))).toEqual([bytes, bytes])
    expect(splitter.droppedBytes).toBe(0)
  })

  test('an image in thirteen packets is thirteen frames, and their bodies joined are one message', () => {
    const image = Uint8Array.from({ length: 3313 }, (_, index) => index)
    const head = Buffer.from('0005591011161118F1F1001234567848F0F05910111611F3F3', 'hex')
    const whole = Buffer.concat([head, image])
    const sent = Array.from({ length: 13 }, (_, index) =>
      bytesOf({
        packets: 13,
        packet: index + 1,
        end: index < 12 ? 'ETB' : 'ETX',
        body: whole.subarray(index * 281, (index + 1) * 281),
      }),
    )
    const frames = sl651Splitter().push(Buffer.concat(sent)).map(decodeFrame)
    expect(frames.map(({ packet }) => packet)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    expect(frames.map(({ end }) => end)).toEqual([...Array(12).fill('ETB'), 'ETX'])
    expect(frames[0]?.body.length).toBe(284 - 3)
    const [{ packets, packet, ...first } = frame] = frames
    expect({ packets, packet }).toEqual({ packets: 13, packet: 1 })
    const joined = Buffer.concat(frames.map(({ body }) => body))
    const message = sl651.decode(encodeFrame({ ...first, body: joined })).value
    expect(message).toMatchObject({ class: 'H', elements: [{ id: 'F3', hex: Buffer.from(image).toString('hex').toUpperCase() }] })
  })
})
