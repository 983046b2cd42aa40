import { ProtocolError } from '#protocols/error'
import {
  EXCEPTION_FLAG,
  EXCEPTIONS,
  expectLength,
  expectWithin,
  type FunctionCode,
  functionOf,
  packBits,
  packRegisters,
  READ_BITS_MAX,
  READ_REGISTERS_MAX,
  unpackBits,
  unpackRegisters,
  viewOf,
  WRITE_BITS_MAX,
  WRITE_REGISTERS_MAX,
} from './pdu.ts'
import type { Request } from './request.ts'

export interface ReadBitsResponse {
  readonly function: 1 | 2
  /** As many as were asked for; without the request, all of the last byte. */
  readonly bits: readonly boolean[]
}

export interface ReadRegistersResponse {
  readonly function: 3 | 4
  readonly registers: readonly number[]
}

export interface WriteCoilResponse {
  readonly function: 5
  readonly address: number
  readonly value: boolean
}

export interface WriteRegisterResponse {
  readonly function: 6
  readonly address: number
  readonly value: number
}

export interface WriteManyResponse {
  readonly function: 15 | 16
  readonly address: number
  readonly count: number
}

/** The device refuses. */
export interface ExceptionResponse {
  /** The function it was asked for, without the exception flag. */
  readonly function: FunctionCode
  /** See `EXCEPTIONS`; 1..255. */
  readonly exception: number
}

/** What a request can be answered by when it is granted. */
export type Response = ReadBitsResponse | ReadRegistersResponse | WriteCoilResponse | WriteRegisterResponse | WriteManyResponse

/** @throws ProtocolError `malformed` for a number out of its limits. */
export function encodeResponse(response: Response | ExceptionResponse): Uint8Array {
  if ('exception' in response) {
    expectWithin('an exception', response.exception, 1, 0xff)
    return Uint8Array.of(response.function | EXCEPTION_FLAG, response.exception)
  }
  const pdu = new Uint8Array(
    'bits' in response ? bitsLength(response.bits) : 'registers' in response ? registersLength(response.registers) : 5,
  )
  const view = viewOf(pdu)
  pdu[0] = response.function
  if ('bits' in response) {
    pdu[1] = pdu.length - 2
    packBits(response.bits, pdu, 2)
  } else if ('registers' in response) {
    pdu[1] = pdu.length - 2
    packRegisters(response.registers, view, 2)
  } else {
    expectWithin('an address', response.address, 0, 0xffff)
    view.setUint16(1, response.address)
    if (response.function === 5) view.setUint16(3, response.value ? 0xff00 : 0)
    else packRegisters([response.function === 6 ? response.value : response.count], view, 3)
  }
  return pdu
}

/**
 * The answer to a request, checked against it: its function, as many values as were asked for, and the echo of a write.
 * @throws ProtocolError `exception` (with its number), `truncated`, `malformed`, `unsupported`.
 */
export function decodeResponse(pdu: Uint8Array, request: Request): Response {
  const response = inspectResponse(pdu)
  if (response.function !== request.function) {
    throw new ProtocolError(
      'malformed',
      `expected an answer to function ${request.function}, got function ${response.function}`,
      pdu,
    )
  }
  if ('exception' in response) {
    const { function: code, exception } = response
    throw new ProtocolError(
      'exception',
      `expected an answer to function ${code}, got exception ${exception} (${EXCEPTIONS[exception] ?? 'unknown'})`,
      pdu,
      exception,
    )
  }
  if ('bits' in response) {
    const count = 'count' in request ? request.count : 0
    expectLength(pdu, 2 + Math.ceil(count / 8))
    return { function: response.function, bits: response.bits.slice(0, count) }
  }
  if ('registers' in response) {
    expectLength(pdu, 2 + 2 * ('count' in request ? request.count : 0))
    return response
  }
  const asked = 'count' in request ? request.count : request.value
  const told = 'count' in response ? response.count : response.value
  if (response.address !== request.address || told !== asked) {
    throw new ProtocolError(
      'malformed',
      `expected the echo of ${asked} at ${request.address}, got ${told} at ${response.address}`,
      pdu,
    )
  }
  return response
}

/**
 * A response as it stands, its request unknown: for tools that look at a line. An exception is data here.
 * @throws ProtocolError `truncated`, `malformed`, `unsupported`.
 */
export function inspectResponse(pdu: Uint8Array): Response | ExceptionResponse {
  const code = functionOf(pdu)
  if (pdu[0] !== code) {
    expectLength(pdu, 2)
    expectWithin('an exception', pdu[1] ?? 0, 1, 0xff, pdu)
    return { function: code, exception: pdu[1] ?? 0 }
  }
  if (code <= 4) {
    const bytes = pdu[1]
    if (bytes === undefined) throw new ProtocolError('truncated', `expected a byte count for function ${code}, got none`, pdu)
    expectLength(pdu, 2 + bytes)
    expectWithin('a byte count', bytes, 1, 250, pdu)
    if (code === 1 || code === 2) return { function: code, bits: unpackBits(pdu, 2, bytes * 8) }
    if (bytes % 2 !== 0)
      throw new ProtocolError('malformed', `expected an even byte count for function ${code}, got ${bytes}`, pdu)
    return { function: code as 3 | 4, registers: unpackRegisters(pdu, 2, bytes / 2) }
  }
  expectLength(pdu, 5)
  const view = viewOf(pdu)
  const address = view.getUint16(1)
  const last = view.getUint16(3)
  if (code === 6) return { function: code, address, value: last }
  if (code === 5) {
    if (last !== 0xff00 && last !== 0) throw new ProtocolError('malformed', `expected FF00 or 0000 for a coil, got ${last}`, pdu)
    return { function: code, address, value: last !== 0 }
  }
  expectWithin('a count', last, code === 15 ? 1 : 0, code === 15 ? WRITE_BITS_MAX : WRITE_REGISTERS_MAX, pdu)
  return { function: code as 15 | 16, address, count: last }
}

function bitsLength(bits: readonly boolean[]): number {
  expectWithin('a number of bits', bits.length, 1, READ_BITS_MAX)
  return 2 + Math.ceil(bits.length / 8)
}

function registersLength(registers: readonly number[]): number {
  expectWithin('a number of registers', registers.length, 1, READ_REGISTERS_MAX)
  return 2 + registers.length * 2
}
