import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '#protocols/error'
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
)

/** An answer that a sound device could give. */
function answerTo(request: Request): Response {
  const { function: code, address } = request
  if (code === 1 || code === 2)
    return { function: code, bits: Array.from({ length: request.count }, (_, index) => (address + index) % 3 === 0) }
  if (code === 3 || code === 4)
    return { function: code, registers: Array.from({ length: request.count }, (_, index) => (address * 7 + index) & 0xffff) }
  if (code === 5) return { function: code, address, value: request.value }
  if (code === 6) return { function: code, address, value: request.value }
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

test.each([7, 8, 11, 17, 20, 22, 23, 24, 43, 100])('function %i is unsupported both ways', (code) => {
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
])('%s is refused before it becomes bytes', (_, request) => {
  expect(codeOf(() => encodeRequest(request))).toBe('malformed')
})

test.each<[string, string]>([
  ['an odd byte count for registers', '0303aabbcc'],
  ['a byte count of 0', '0300'],
  ['an exception 0', '8300'],
])('a response with %s is malformed', (_, hex) => {
  expect(codeOf(() => inspectResponse(Buffer.from(hex, 'hex')))).toBe('malformed')
})
