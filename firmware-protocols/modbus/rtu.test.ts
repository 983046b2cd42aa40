import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc16 } from './crc16.ts'
import { encodeRequest, type Request } from './request.ts'
import { encodeResponse, type Response } from './response.ts'
import { decodeRtu, encodeRtu, type RtuFrame, RtuSplitter } from './rtu.ts'
import { answerLength, RTU_FRAME_BYTES_MAX, requestLength, responseLength } from './rtu-length.ts'

const units = fc.integer({ min: 0, max: 255 })
const read: Request = { function: 3, address: 0, count: 4 }
const answer = encodeResponse({ function: 3, registers: [658, 65_435, 1000, 56] })
const identity: Response = {
  function: 43,
  access: 'basic',
  conformity: 1,
  more: false,
  next: 0,
  count: 2,
  objects: [
    { id: 0, value: 'Acme' },
    { id: 1, value: '' },
  ],
}
const soil = Buffer.from('0103080292FF9B03E8003857B6', 'hex')

test('the CRC has its published check value', () => {
  expect(crc16(Buffer.from('123456789'))).toBe(0x4b37)
})

test('a frame comes back from its bytes', () => {
  fc.assert(
    fc.property(units, fc.uint8Array({ minLength: 1, maxLength: 253 }), (unit, pdu) => {
      expect(decodeRtu(encodeRtu(unit, pdu))).toEqual({ unit, pdu })
    }),
  )
})

test('no single flipped bit goes unseen', () => {
  for (let bit = 0; bit < soil.length * 8; bit++) {
    const flipped = Buffer.from(soil)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => decodeRtu(flipped)).toThrow(expect.objectContaining({ code: 'checksum' }))
    expect(new RtuSplitter(answerLength(1, read)).push(flipped)).toEqual([])
  }
})

test('a frame cut at each byte is refused alone and waits in a stream', () => {
  for (let length = 0; length < soil.length; length++) {
    expect(() => decodeRtu(soil.subarray(0, length))).toThrow(
      expect.objectContaining({ code: length < 4 ? 'truncated' : 'checksum' }),
    )
    const splitter = new RtuSplitter(answerLength(1, read))
    expect(splitter.push(soil.subarray(0, length))).toEqual([])
    expect(splitter.push(soil.subarray(length))).toEqual([{ unit: 1, pdu: answer }])
  }
})

test('a frame beyond 256 bytes is malformed', () => {
  expect(() => decodeRtu(new Uint8Array(257))).toThrow(expect.objectContaining({ code: 'malformed' }))
  expect(() => encodeRtu(1, new Uint8Array(254))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('a device cuts requests of every function out of one stream', () => {
  const requests: Request[] = [
    { function: 1, address: 19, count: 37 },
    read,
    { function: 5, address: 172, value: true },
    { function: 6, address: 1, value: 3 },
    { function: 15, address: 19, count: 10, bits: [true, false, true, true, false, false, true, true, true, false] },
    { function: 16, address: 1, count: 2, registers: [10, 258] },
    { function: 17 },
    { function: 22, address: 4, andMask: 0xf2, orMask: 0x25 },
    { function: 23, address: 3, count: 6, writeAddress: 14, registers: [255, 255, 255] },
    { function: 43, access: 'basic', object: 0 },
  ]
  const splitter = new RtuSplitter(requestLength)
  const got = requests.flatMap((request) => splitter.push(encodeRtu(17, encodeRequest(request))))
  expect(got).toEqual(requests.map((request) => ({ unit: 17, pdu: encodeRequest(request) })))
  expect(splitter).toMatchObject({ droppedBytes: 0, pendingBytes: 0 })
})

test('an onlooker cuts answers and exceptions of every function', () => {
  const pdus = [
    encodeResponse({ function: 2, bits: [true, false, true] }),
    answer,
    encodeResponse({ function: 16, address: 91, count: 16 }),
    encodeResponse({ function: 1, exception: 2 }),
    encodeResponse({ function: 17, data: '11ff' }),
    encodeResponse({ function: 22, address: 4, andMask: 0xf2, orMask: 0x25 }),
    encodeResponse({ function: 23, registers: [254, 2765] }),
    encodeResponse(identity),
    ...([5, 16, 17, 22, 43] as const).map((code) => encodeResponse({ function: code, exception: 1 })),
  ]
  const splitter = new RtuSplitter(responseLength)
  expect(splitter.push(Buffer.concat(pdus.map((pdu) => encodeRtu(2, pdu))))).toEqual(pdus.map((pdu) => ({ unit: 2, pdu })))
})

test('a client finds its answer behind noise, an echo of its request and the answer of another unit', () => {
  const splitter = new RtuSplitter(answerLength(1, read))
  const noise = Buffer.from('0103ff00', 'hex')
  const echo = encodeRtu(1, encodeRequest(read))
  const foreign = encodeRtu(2, answer)
  expect(splitter.push(Buffer.concat([noise, echo, foreign, soil]))).toEqual([{ unit: 1, pdu: answer }])
  expect(splitter.droppedBytes).toBe(noise.length + echo.length + foreign.length)
})

test('a client hears the exception to its request and no other', () => {
  const splitter = new RtuSplitter(answerLength(1, read))
  expect(splitter.push(encodeRtu(1, Uint8Array.of(0x84, 2)))).toEqual([])
  expect(splitter.push(encodeRtu(1, Uint8Array.of(0x83, 2)))).toEqual([{ unit: 1, pdu: Uint8Array.of(0x83, 2) }])
})

test('a reset forgets half a frame and may expect another', () => {
  const splitter = new RtuSplitter(answerLength(1, read))
  splitter.push(soil.subarray(0, 9))
  splitter.reset(answerLength(3, { function: 4, address: 31_001, count: 1 }))
  expect(splitter).toMatchObject({ droppedBytes: 9, pendingBytes: 0 })
  expect(splitter.push(Buffer.from('03040200010130', 'hex'))).toHaveLength(1)
})

test.each([
  ['zeros', () => 0],
  ['threes', () => 3],
  ['sixteens', () => 16],
  ['ones', () => 255],
  ['what a counter leaves', (index: number) => (index * 167 + (index >> 8)) & 0xff],
])('a megabyte of %s neither throws nor grows', (_, byteAt) => {
  const splitters = [requestLength, responseLength, answerLength(1, read)].map((measure) => new RtuSplitter(measure))
  const noise = Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => byteAt(index)))
  for (let from = 0; from < noise.length; from += 4096) {
    for (const splitter of splitters) {
      splitter.push(noise.subarray(from, from + 4096))
      expect(splitter.pendingBytes).toBeLessThan(RTU_FRAME_BYTES_MAX)
    }
  }
})

test('frames between arbitrary noise are found once a reset, as after silence, precedes them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), units, (noise, unit) => {
      const splitter = new RtuSplitter(requestLength)
      splitter.push(noise)
      splitter.reset()
      const frame: RtuFrame = { unit, pdu: encodeRequest(read) }
      expect(splitter.push(encodeRtu(unit, frame.pdu))).toEqual([frame])
    }),
  )
})

test.each<[string, Request, Response, Response]>([
  [
    'coils',
    { function: 1, address: 0, count: 9 },
    { function: 1, bits: new Array<boolean>(16).fill(true) },
    { function: 1, bits: [true] },
  ],
  ['the id of a device', { function: 17 }, { function: 17, data: '11ff' }, { function: 22, address: 4, andMask: 1, orMask: 2 }],
  [
    'a masked write',
    { function: 22, address: 4, andMask: 1, orMask: 2 },
    { function: 22, address: 4, andMask: 1, orMask: 2 },
    { function: 17, data: '11ff' },
  ],
  [
    'an exchange of registers',
    { function: 23, address: 3, count: 2, writeAddress: 14, registers: [1] },
    { function: 23, registers: [254, 2765] },
    { function: 23, registers: [254] },
  ],
  ['an identification', { function: 43, access: 'basic', object: 0 }, identity, { ...identity, access: 'extended' }],
])('a client finds %s, and nothing else', (_, request, own, other) => {
  const splitter = new RtuSplitter(answerLength(1, request))
  const frame = encodeRtu(1, encodeResponse(own))
  expect(splitter.push(Buffer.concat([encodeRtu(1, encodeResponse(other)), frame]))).toEqual([
    { unit: 1, pdu: encodeResponse(own) },
  ])
  for (let length = 0; length < frame.length; length++) {
    expect(splitter.push(frame.subarray(0, length))).toEqual([])
    expect(splitter.push(frame.subarray(length))).toHaveLength(1)
  }
})

test('an identification that counts the objects of all its answers ends at its CRC', () => {
  const pdu = encodeResponse({ ...identity, more: true, next: 2, count: 3 })
  const frame = encodeRtu(1, pdu)
  for (let length = 0; length <= frame.length; length++) {
    const splitter = new RtuSplitter(responseLength)
    expect([...splitter.push(frame.subarray(0, length)), ...splitter.push(frame.subarray(length))]).toEqual([{ unit: 1, pdu }])
  }
})

test.each([
  ['an identification longer than a frame', '012b0e0101000003', '00ff', responseLength],
  ['another use of function 43', '012b0d000000', '', responseLength],
  ['a request for another use of function 43', '012b0d000000', '', requestLength],
  ['a write of more registers than a frame holds', '01100000007fff', '', requestLength],
  ['an unknown function', '0163000000', '', requestLength],
])('%s starts no frame', (_, hex, more, measure) => {
  expect(measure(Buffer.from(hex + more, 'hex'), 0)).toBe(-1)
})
