import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '#protocols/error'
import { isAnswered, mayBroadcast } from './broadcast.ts'
import { ACCESSES } from './device-identification.ts'
import { FUNCTIONS } from './pdu.ts'
import { decodeRequest, encodeRequest, type Request } from './request.ts'
import { decodeResponse, encodeResponse, inspectResponse, type Response } from './response.ts'

const word = fc.integer({ min: 0, max: 0xffff })
const bits = (max: number) => fc.array(fc.boolean(), { minLength: 1, maxLength: max, size: 'max' })
const words = (min: number, max: number) => fc.array(word, { minLength: min, maxLength: max, size: 'max' })

const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ function: fc.constantFrom(1 as const, 2 as const), address: word, count: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({ function: fc.constantFrom(3 as const, 4 as const), address: word, count: fc.integer({ min: 1, max: 125 }) }),
  fc.record({ function: fc.constant(5 as const), address: word, value: fc.boolean() }),
  fc.record({ function: fc.constant(6 as const), address: word, value: word }),
  fc.tuple(word, bits(1968)).map(([address, list]) => ({ function: 15 as const, address, count: list.length, bits: list })),
  fc
    .tuple(word, words(0, 123))
    .map(([address, list]) => ({ function: 16 as const, address, count: list.length, registers: list })),
  fc.constant({ function: 17 as const }),
  fc.record({ function: fc.constant(22 as const), address: word, andMask: word, orMask: word }),
  fc.record({
    function: fc.constant(23 as const),
    address: word,
    count: fc.integer({ min: 1, max: 125 }),
    writeAddress: word,
    registers: words(1, 121),
  }),
  fc.record({
    function: fc.constant(43 as const),
    access: fc.constantFrom(...ACCESSES),
    object: fc.integer({ min: 0, max: 255 }),
  }),
)

/** An answer that a sound device could give. */
function answerTo(request: Request): Response {
  const { function: code } = request
  if (code === 17) return { function: code, data: '11ff30' }
  if (code === 43) {
    const objects = [
      { id: request.object, value: 'Acme \u00ff\u0000' },
      { id: 128, value: '' },
    ]
    return { function: code, access: request.access, conformity: 0x83, more: false, next: 0, count: 2, objects }
  }
  const { address } = request
  if (code === 1 || code === 2)
    return { function: code, bits: Array.from({ length: request.count }, (_, index) => (address + index) % 3 === 0) }
  if (code === 3 || code === 4 || code === 23)
    return { function: code, registers: Array.from({ length: request.count }, (_, index) => (address * 7 + index) & 0xffff) }
  if (code === 5) return { function: code, address, value: request.value }
  if (code === 6) return { function: code, address, value: request.value }
  if (code === 22) return request
  return { function: code, address, count: request.count }
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
  return undefined
}

test('every request comes back from its bytes', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const pdu = encodeRequest(request)
      expect(pdu.length).toBeLessThanOrEqual(253)
      expect(decodeRequest(pdu)).toEqual(request)
    }),
  )
})

test('every answer comes back from its bytes, checked against its request', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const pdu = encodeResponse(answerTo(request))
      expect(pdu.length).toBeLessThanOrEqual(253)
      expect(decodeResponse(pdu, request)).toEqual(answerTo(request))
    }),
  )
})

test('a PDU cut at any byte is truncated, and one byte more is malformed', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const asked = encodeRequest(request)
      const answered = encodeResponse(answerTo(request))
      for (let length = 0; length < asked.length; length++)
        expect(codeOf(() => decodeRequest(asked.subarray(0, length)))).toBe('truncated')
      for (let length = 0; length < answered.length; length++) {
        expect(codeOf(() => decodeResponse(answered.subarray(0, length), request))).toBe('truncated')
      }
      expect(codeOf(() => decodeRequest(Uint8Array.of(...asked, 0)))).toBe('malformed')
      expect(codeOf(() => decodeResponse(Uint8Array.of(...answered, 0), request))).toBe('malformed')
    }),
    { numRuns: 40 },
  )
})

test('any bytes decode or throw a ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), requests, (bytes, request) => {
      codeOf(() => decodeRequest(bytes))
      codeOf(() => inspectResponse(bytes))
      codeOf(() => decodeResponse(bytes, request))
    }),
  )
})

const read: Request = { function: 3, address: 107, count: 3 }

test('an exception carries the number and names it', () => {
  const pdu = encodeResponse({ function: 3, exception: 2 })
  expect([...pdu]).toEqual([0x83, 2])
  expect(() => decodeResponse(pdu, read)).toThrow(
    expect.objectContaining({
      code: 'exception',
      exception: 2,
      message: 'expected an answer to function 3, got exception 2 (illegal data address) [8302]',
    }),
  )
  expect(inspectResponse(pdu)).toEqual({ function: 3, exception: 2 })
})

test.each<[string, Response, Request]>([
  ['another function', { function: 4, registers: [1, 2, 3] }, read],
  ['more registers than asked for', { function: 3, registers: [1, 2, 3, 4] }, read],
  ['more bits than asked for', { function: 1, bits: new Array<boolean>(9).fill(true) }, { function: 1, address: 0, count: 8 }],
  ['the echo of another address', { function: 6, address: 2, value: 3 }, { function: 6, address: 1, value: 3 }],
  ['the echo of another value', { function: 5, address: 1, value: false }, { function: 5, address: 1, value: true }],
  [
    'the echo of another mask',
    { function: 22, address: 1, andMask: 2, orMask: 3 },
    { function: 22, address: 1, andMask: 2, orMask: 4 },
  ],
  [
    'an identification of another kind',
    { function: 43, access: 'regular', conformity: 2, more: false, next: 0, objects: [] },
    { function: 43, access: 'basic', object: 0 },
  ],
  [
    'the echo of another count',
    { function: 16, address: 1, count: 1 },
    { function: 16, address: 1, count: 2, registers: [1, 2] },
  ],
])('%s is no answer', (_, response, request) => {
  expect(codeOf(() => decodeResponse(encodeResponse(response), request))).toBe('malformed')
})

test('fewer registers than asked for are truncated', () => {
  expect(codeOf(() => decodeResponse(encodeResponse({ function: 3, registers: [1, 2] }), read))).toBe('truncated')
})

test('an exception to another function is no answer', () => {
  expect(codeOf(() => decodeResponse(Uint8Array.of(0x84, 2), read))).toBe('malformed')
})

test.each([7, 8, 11, 12, 20, 21, 24, 100])('function %i is unsupported both ways', (code) => {
  expect(codeOf(() => decodeRequest(Uint8Array.of(code, 0, 0, 0, 1)))).toBe('unsupported')
  expect(codeOf(() => inspectResponse(Uint8Array.of(code, 2, 0, 0)))).toBe('unsupported')
  expect(codeOf(() => inspectResponse(Uint8Array.of(code | 0x80, 1)))).toBe('unsupported')
})

test.each<[string, string]>([
  ['a read of nothing', '0300000000'],
  ['a read of 126 registers', '030000007e'],
  ['a read of 2001 coils', '01000007d1'],
  ['a coil that is neither on nor off', '0500000001'],
  ['a write of no coil', '0f000000000100'],
  ['a byte count that is not that of the coils', '0f0000000a0300ff'],
  ['a byte count that is not that of the registers', '100000000104ffff'],
  ['a write of 124 registers', `100000007cf8${'00'.repeat(248)}`],
  ['an exception where a request is due', '8302'],
  ['an exchange that reads nothing', '1700030000000e000102ffff'],
  ['an exchange that writes nothing', '1700030001000e000000'],
  [`an exchange that writes 122 registers`, `1700030001000e007af4${'00'.repeat(244)}`],
  ['an exchange whose byte count is not that of its registers', '1700030001000e000104ffff'],
  ['an identification of kind 0', '2b0e0000'],
  ['an identification of kind 5', '2b0e0500'],
  ['more bytes than a PDU has', `10${'00'.repeat(253)}`],
])('%s is malformed', (_, hex) => {
  expect(codeOf(() => decodeRequest(Buffer.from(hex, 'hex')))).toBe('malformed')
})

test.each<[string, Request]>([
  ['an address beyond 65535', { function: 3, address: 65_536, count: 1 }],
  ['a count of 126 registers', { function: 4, address: 0, count: 126 }],
  ['a count of 0', { function: 2, address: 0, count: 0 }],
  ['a count that is not that of the bits', { function: 15, address: 0, count: 2, bits: [true] }],
  ['a register beyond 65535', { function: 16, address: 0, count: 1, registers: [65_536] }],
  ['a fraction', { function: 6, address: 0, value: 0.5 }],
  ['an exchange that writes nothing', { function: 23, address: 0, count: 1, writeAddress: 0, registers: [] }],
  ['an exchange that reads 126 registers', { function: 23, address: 0, count: 126, writeAddress: 0, registers: [1] }],
  ['an exchange beyond address 65535', { function: 23, address: 0, count: 1, writeAddress: 65_536, registers: [1] }],
  ['a mask beyond 65535', { function: 22, address: 0, andMask: 65_536, orMask: 0 }],
  ['an object 256', { function: 43, access: 'basic', object: 256 }],
])('%s is refused before it becomes bytes', (_, request) => {
  expect(codeOf(() => encodeRequest(request))).toBe('malformed')
})

test.each<[string, string]>([
  ['an odd byte count for registers', '0303aabbcc'],
  ['a byte count of 0', '0300'],
  ['an exception 0', '8300'],
  ['no byte of an id', '1100'],
  ['an identification with neither more nor none to follow', '2b0e0101010000'],
  ['an identification with a byte behind its objects', '2b0e0101000001000000'],
])('a response with %s is malformed', (_, hex) => {
  expect(codeOf(() => inspectResponse(Buffer.from(hex, 'hex')))).toBe('malformed')
})

const identity: Response = { function: 43, access: 'basic', conformity: 1, more: false, next: 0, count: 0, objects: [] }

test.each<[string, Response]>([
  ['an id of no bytes', { function: 17, data: '' }],
  ['an id of half a byte', { function: 17, data: '111' }],
  ['an id of 252 bytes', { function: 17, data: '00'.repeat(252) }],
  ['a character that is no byte', { ...identity, count: 1, objects: [{ id: 0, value: '\u4e2d' }] }],
  ['an object 256', { ...identity, count: 1, objects: [{ id: 256, value: '' }] }],
  ['objects for more than a PDU', { ...identity, count: 1, objects: [{ id: 0, value: 'x'.repeat(245) }] }],
  ['a number of objects that is not theirs', { ...identity, count: 1 }],
  ['126 registers', { function: 3, registers: new Array<number>(126).fill(0) }],
  ['no coils written', { function: 15, address: 0, count: 0 }],
  ['1969 coils written', { function: 15, address: 0, count: 1969 }],
  ['124 registers written', { function: 16, address: 0, count: 124 }],
  ['2001 bits', { function: 1, bits: new Array<boolean>(2001).fill(false) }],
])('%s is refused before it becomes an answer', (_, response) => {
  expect(codeOf(() => encodeResponse(response))).toBe('malformed')
})

/** The examples that the specification prints for the functions that no vector has. */
test.each<[string, string, Request, string, Response]>([
  [
    '22, mask write register',
    '16000400f20025',
    { function: 22, address: 4, andMask: 0xf2, orMask: 0x25 },
    '16000400f20025',
    { function: 22, address: 4, andMask: 0xf2, orMask: 0x25 },
  ],
  [
    '23, read/write multiple registers',
    '1700030006000e00030600ff00ff00ff',
    { function: 23, address: 3, count: 6, writeAddress: 14, registers: [255, 255, 255] },
    '170c00fe0acd00010003000d00ff',
    { function: 23, registers: [254, 2765, 1, 3, 13, 255] },
  ],
])('the printed example of function %s', (_, asked, request, answered, response) => {
  expect(Buffer.from(encodeRequest(request)).toString('hex')).toBe(asked)
  expect(decodeRequest(Buffer.from(asked, 'hex'))).toEqual(request)
  expect(Buffer.from(encodeResponse(response)).toString('hex')).toBe(answered)
  expect(decodeResponse(Buffer.from(answered, 'hex'), request)).toEqual(response)
})

test('an identification in two answers counts the objects of both in the first', () => {
  const objects = [
    { id: 0, value: 'Company identification' },
    { id: 1, value: 'Product code XXXXXXXXXXXXXXXX' },
  ]
  const first: Response = { function: 43, access: 'basic', conformity: 1, more: true, next: 2, count: 3, objects }
  const second: Response = { ...identity, count: 1, objects: [{ id: 2, value: 'V2.11' }] }
  expect(decodeResponse(encodeResponse(first), { function: 43, access: 'basic', object: 0 })).toEqual(first)
  expect(decodeResponse(encodeResponse(second), { function: 43, access: 'basic', object: 2 })).toEqual(second)
  const cut = encodeResponse(first).subarray(0, -1)
  expect(codeOf(() => inspectResponse(cut))).toBe('truncated')
})

test('function 43 with another transport is unsupported', () => {
  expect(codeOf(() => decodeRequest(Uint8Array.of(43, 13, 0, 0)))).toBe('unsupported')
  expect(codeOf(() => inspectResponse(Uint8Array.of(43, 13, 0, 0)))).toBe('unsupported')
})

test('unit 0 of a serial line never answers, and takes only what writes', () => {
  expect([0, 1, 247, 255].map(isAnswered)).toEqual([false, true, true, true])
  const codes = new Set(
    fc.sample(requests, { numRuns: 500, seed: 1 }).flatMap((request) => (mayBroadcast(request) ? [request.function] : [])),
  )
  expect(FUNCTIONS.filter((code) => codes.has(code))).toEqual([5, 6, 15, 16, 22])
})
