import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Codec, Side } from '#protocols/codec'
import type { Splitter } from '#protocols/frames'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import { ASCII_FRAME_BYTES_MAX, asciiSplitter, encodeAscii } from './ascii.ts'
import { codecs, modbusAscii, modbusRtu, modbusTcp } from './codecs.ts'
import { decodeRegisters } from './registers.ts'
import { decodeRequest } from './request.ts'
import { inspectResponse } from './response.ts'
import { decodeRtu, encodeRtu, RtuSplitter } from './rtu.ts'
import { RTU_FRAME_BYTES_MAX, requestLength, responseLength } from './rtu-length.ts'
import { encodeTcp, TCP_FRAME_BYTES_MAX, TcpSplitter } from './tcp.ts'

/** PDUs of every function, in hexadecimal. */
const REQUESTS = [
  '0100130025',
  '0200c40016',
  '03006b0003',
  '0400080001',
  '0500acff00',
  '0600010003',
  '0f0013000a02cd01',
  '100001000204000a0102',
  '101c00000000',
  '11',
  '16000400f20025',
  '1700030006000e00030600ff00ff00ff',
  '2b0e0100',
]
const RESPONSES = [
  '010505cd6bb20e',
  '0203acdb35',
  '0306ae4156524340',
  '0402000a',
  '0500acff00',
  '0600010003',
  '0f0013000a',
  '1000010002',
  '110211ff',
  '110511ff534d54',
  '16000400f20025',
  '170c00fe0acd00010003000d00ff',
  '2b0e01010000020004 41636d65 8000',
  '2b0e0401ff0203000441636d65',
  '8102',
  'ab03',
].map((hex) => hex.replaceAll(' ', ''))

const word = fc.integer({ min: 0, max: 0xffff })
const unit = fc.integer({ min: 0, max: 0xff })
const requests = fc.oneof(
  fc.record({ unit, function: fc.constantFrom(1, 2, 3, 4), address: word, count: fc.integer({ min: 1, max: 125 }) }),
  fc.record({ unit, function: fc.constant(5), address: word, value: fc.boolean() }),
  fc.record({ unit, function: fc.constant(6), address: word, value: word }),
  fc.record({ unit, function: fc.constant(15), address: word, bits: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }) }),
  fc.record({ unit, function: fc.constant(16), address: word, registers: fc.array(word, { maxLength: 123 }) }),
  fc.record({ unit, function: fc.constant(17) }),
  fc.record({ unit, function: fc.constant(22), address: word, andMask: word, orMask: word }),
  fc.record({
    unit,
    function: fc.constant(23),
    address: word,
    count: fc.integer({ min: 1, max: 125 }),
    writeAddress: word,
    registers: fc.array(word, { minLength: 1, maxLength: 121 }),
  }),
  fc.record({ unit, function: fc.constant(43), access: fc.constantFrom('basic', 'individual'), object: unit }),
)
const responses = fc.oneof(
  fc.record({ unit, function: fc.constantFrom(3, 4, 23), registers: fc.array(word, { minLength: 1, maxLength: 125 }) }),
  fc.record({ unit, function: fc.constantFrom(1, 2, 43), exception: fc.integer({ min: 1, max: 255 }) }),
  fc.record({
    unit,
    function: fc.constant(43),
    access: fc.constantFrom('basic', 'regular', 'extended'),
    conformity: fc.constantFrom(1, 2, 3, 0x81, 0x82, 0x83),
    more: fc.boolean(),
    next: unit,
    objects: fc.array(fc.record({ id: unit, value: fc.string({ maxLength: 8, unit: 'binary-ascii' }) }), { maxLength: 5 }),
  }),
)

interface Transport {
  readonly codec: Codec
  readonly framed: (pdu: Uint8Array) => Uint8Array
  readonly splitter: (side: Side) => Splitter<unknown>
  readonly pendingMax: number
  /** Whether a check tells a flipped bit. */
  readonly isChecked: boolean
}

const TRANSPORTS: readonly Transport[] = [
  {
    codec: modbusRtu,
    framed: (pdu) => encodeRtu(17, pdu),
    splitter: (side) => new RtuSplitter(side === 'request' ? requestLength : responseLength),
    pendingMax: RTU_FRAME_BYTES_MAX,
    isChecked: true,
  },
  {
    codec: modbusAscii,
    framed: (pdu) => encodeAscii(17, pdu),
    splitter: asciiSplitter,
    pendingMax: ASCII_FRAME_BYTES_MAX,
    isChecked: true,
  },
  {
    codec: modbusTcp,
    framed: (pdu) => encodeTcp(0x0102, 17, pdu),
    splitter: () => new TcpSplitter(),
    pendingMax: TCP_FRAME_BYTES_MAX,
    isChecked: false,
  },
]

for (const { codec, framed, splitter, pendingMax, isChecked } of TRANSPORTS) {
  const framesOf = (pdus: readonly string[]) => pdus.map((pdu) => Buffer.from(framed(Buffer.from(pdu, 'hex'))).toString('hex'))
  const stream = { pendingMax, isChecked }
  provesCodec({
    codec,
    side: 'request',
    frames: framesOf(REQUESTS),
    values: requests,
    splitter: () => splitter('request'),
    ...stream,
  })
  provesCodec({
    codec,
    side: 'response',
    frames: framesOf(RESPONSES),
    values: responses,
    splitter: () => splitter('response'),
    ...stream,
  })
  provesVectors(codec)
}

const decoded = (codec: Codec, hex: string, side?: Side) => codec.decode(Buffer.from(hex, 'hex'), side).value

test('a frame is taken for a response unless told otherwise', () => {
  expect(decoded(modbusTcp, '000100000003018302')).toEqual({
    transaction: 1,
    unit: 1,
    function: 3,
    exception: 2,
    exceptionName: 'illegal data address',
  })
  expect(decoded(modbusTcp, '000100000003018363')).toMatchObject({ exception: 99, exceptionName: 'unknown' })
})

test('every exception of the specification has its name', () => {
  const names = [1, 2, 3, 4, 5, 6, 8, 10, 11].map((exception) => {
    const pdu = Uint8Array.of(0x83, exception)
    return Object.entries(modbusRtu.decode(encodeRtu(1, pdu)).value).find(([name]) => name === 'exceptionName')?.[1]
  })
  expect(new Set(names).size).toBe(9)
  expect(names).not.toContain('unknown')
})

test('a request to unit 0 of a serial line is a broadcast, over TCP it is not', () => {
  const write = Buffer.from('0600010003', 'hex')
  expect(modbusRtu.decode(encodeRtu(0, write), 'request').value).toMatchObject({ unit: 0, broadcast: true })
  expect(modbusAscii.decode(encodeAscii(0, write), 'request').value).toMatchObject({ unit: 0, broadcast: true })
  expect(modbusTcp.decode(encodeTcp(1, 0, write), 'request').value).not.toHaveProperty('broadcast')
})

test("what a server's id mostly means stands beside its bytes", () => {
  expect(decoded(modbusTcp, '00010000000801110511ff534d54')).toMatchObject({
    data: '11ff534d54',
    id: 17,
    running: true,
    text: 'SMT',
  })
  const [two] = [decoded(modbusTcp, '0001000000050111021101')]
  expect(two).toMatchObject({ data: '1101', id: 17 })
  expect(two).not.toHaveProperty('running')
  expect(two).not.toHaveProperty('text')
})

test('objects of an identification have their names', () => {
  const hex = '2b0e010100000400044163'.concat('6d65', '0700', '8001', '39', '0200')
  expect(modbusTcp.decode(encodeTcp(1, 1, Buffer.from(hex, 'hex'))).value).toMatchObject({
    access: 'basic',
    objects: [
      { id: 0, name: 'vendor name', value: 'Acme' },
      { id: 7, name: 'reserved' },
      { id: 128, name: "vendor's own", value: '9' },
      { id: 2, name: 'revision' },
    ],
  })
})

test('every byte of a frame has a name', () => {
  for (const { codec, framed } of TRANSPORTS) {
    for (const [side, pdus] of [['request', REQUESTS] as const, ['response', RESPONSES] as const]) {
      for (const pdu of pdus) {
        const bytes = framed(Buffer.from(pdu, 'hex'))
        const { fields } = codec.decode(bytes, side)
        const named = fields.reduce((sum, { from, to }) => sum + to - from, 0)
        expect({ pdu, named }).toEqual({ pdu, named: bytes.length })
      }
    }
  }
})

test.each<[string, object, Side, string]>([
  ['an unknown function', { unit: 1, function: 7 }, 'request', 'unsupported'],
  ['an unknown function', { unit: 1, function: 7 }, 'response', 'unsupported'],
  ['no count', { unit: 1, function: 3, address: 0 }, 'request', 'malformed'],
  ['a number for a coil', { unit: 1, function: 5, address: 0, value: 1 }, 'request', 'malformed'],
  ['true for a register', { unit: 1, function: 6, address: 0, value: true }, 'response', 'malformed'],
  ['a unit of 256', { unit: 256, function: 17 }, 'request', 'malformed'],
  [
    'a count that is not that of its registers',
    { unit: 1, function: 16, address: 0, count: 2, registers: [1] },
    'request',
    'malformed',
  ],
])('%s is refused before it becomes bytes', (_, value, side, code) => {
  expect(() => modbusRtu.encode?.(value, side)).toThrow(expect.objectContaining({ code }))
})

test('an identification is asked for from its beginning, and answered by what is there, unless told otherwise', () => {
  const hex = (value: object, side: Side) => Buffer.from(modbusTcp.encode?.(value, side) ?? []).toString('hex')
  expect(hex({ unit: 1, function: 43 }, 'request')).toBe('000000000005012b0e0100')
  const objects = [{ id: 0, value: 'A' }]
  expect(hex({ unit: 1, function: 43, objects }, 'response')).toBe('00000000000b012b0e01010000010001'.concat('41'))
})

test.each([
  ['a check that does not hold', '0103020001ffff', 'checksum'],
  ['a byte too many', Buffer.from(encodeRtu(1, Buffer.from('0302000100', 'hex'))).toString('hex'), 'malformed'],
  ['an unknown function', Buffer.from(encodeRtu(1, Buffer.from('0702', 'hex'))).toString('hex'), 'unsupported'],
  ['too many bytes for any frame', '00'.repeat(257), 'malformed'],
  ['nothing in it', '', 'truncated'],
])('an RTU frame with %s is refused', (_, hex, code) => {
  expect(() => decoded(modbusRtu, hex)).toThrow(expect.objectContaining({ code }))
})

describe('what devices say, by their manuals', () => {
  const registersOf = (name: string): readonly number[] => {
    const vector = vectorsOf('modbus-rtu').find((each) => each.name === name)
    const response = vector && inspectResponse(decodeRtu(bytesOf(vector)).pdu)
    return response && 'registers' in response ? response.registers : []
  }
  const textOf = (registers: readonly number[], from = 0) =>
    String.fromCharCode(...registers.flatMap((register) => [register >> 8, register & 0xff]).slice(from))

  test('Lambrecht rain[e]: a tenth of a millimetre, and an id as text', () => {
    expect(decodeRegisters('i16', 'ABCD', registersOf('Lambrecht rain[e]: response'))).toBe(1)
    expect(textOf(registersOf('Lambrecht: id string response'))).toBe('00.16480.000130\u0000')
  })

  test('soil probe: tenths, a temperature below zero', () => {
    const registers = registersOf('Soil 4-in-1: response, negative temperature')
    expect([0, 1, 2, 3].map((at) => decodeRegisters('i16', 'ABCD', registers, at))).toEqual([658, -101, 1000, 56])
  })

  test('Yosemitech: a serial number behind its own length', () => {
    const text = textOf(registersOf('Yosemitech: serial number response'))
    expect(text.charCodeAt(0)).toBe(9)
    expect(text.slice(1, 13)).toBe('YL0916112101')
  })

  test('four floats in CDAB order', () => {
    const registers = registersOf('FC4 response, four word-swapped floats')
    const floats = [0, 2, 4, 6].map((from) => Number(decodeRegisters('f32', 'CDAB', registers, from)).toFixed(4))
    expect(floats).toEqual(['5866.1426', '0.8715', '139.1015', '6731.2271'])
  })

  test.each(vectorsOf('modbus-rtu').filter(({ facts, args }) => facts && args?.includes('request')))('$name', (vector) => {
    const { addr, fc: code, count } = vector.facts ?? {}
    expect(decodeRequest(decodeRtu(bytesOf(vector)).pdu)).toMatchObject({ address: addr, function: code, count })
  })
})

test('the door has every codec of Modbus', () => {
  expect(codecs.map(({ name }) => name)).toEqual(['modbus-rtu', 'modbus-ascii', 'modbus-tcp', 'modbus-value', 'crc16-modbus'])
})
