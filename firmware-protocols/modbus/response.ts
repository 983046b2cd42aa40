import { ProtocolError } from '#protocols/error'
import { decodeIdentifyResponse, encodeIdentifyResponse, type IdentifyResponse } from './device-identification.ts'
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
  SERVER_ID_BYTES_MAX,
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
  readonly function: 3 | 4 | 23
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

/**
 * What the device is. Only that the run indicator (FF on, 00 off) stands behind the id is common to devices: how many bytes each takes is theirs,
 * mostly one.
 */
export interface ReportServerIdResponse {
  readonly function: 17
  /** Id, run indicator and whatever else, in hexadecimal. */
  readonly data: string
}

export interface MaskWriteResponse {
  readonly function: 22
  readonly address: number
  readonly andMask: number
  readonly orMask: number
}

/** The device refuses. */
export interface ExceptionResponse {
  /** The function it was asked for, without the exception flag. */
  readonly function: FunctionCode
  /** See `EXCEPTIONS`; 1..255. */
  readonly exception: number
}

/** What a request can be answered by when it is granted. */
export type Response =
  | ReadBitsResponse
  | ReadRegistersResponse
  | WriteCoilResponse
  | WriteRegisterResponse
  | WriteManyResponse
  | ReportServerIdResponse
  | MaskWriteResponse
  | IdentifyResponse

/** @throws ProtocolError `malformed` for a number out of its limits. */
export function encodeResponse(response: Response | ExceptionResponse): Uint8Array {
  if ('exception' in response) {
    expectWithin('an exception', response.exception, 1, 0xff)
    return Uint8Array.of(response.function | EXCEPTION_FLAG, response.exception)
  }
  if (response.function === 43) return encodeIdentifyResponse(response)
  if (response.function === 17) return encodeServerId(response)
  if ('bits' in response) {
    expectWithin('a number of bits', response.bits.length, 1, READ_BITS_MAX)
    const pdu = dataPdu(response.function, Math.ceil(response.bits.length / 8))
    packBits(response.bits, pdu, 2)
    return pdu
  }
  if ('registers' in response) {
    expectWithin('a number of registers', response.registers.length, 1, READ_REGISTERS_MAX)
    const pdu = dataPdu(response.function, response.registers.length * 2)
    packRegisters(response.registers, viewOf(pdu), 2)
    return pdu
  }
  expectWithin('an address', response.address, 0, 0xffff)
  if (response.function === 15 || response.function === 16) expectWriteCount(response.function, response.count)
  const words = wordsOf(response)
  const pdu = new Uint8Array(1 + words.length * 2)
  pdu[0] = response.function
  packRegisters(words, viewOf(pdu), 1)
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
  const told = echoOf(response)
  const asked = echoOf(request)
  if (told !== asked) throw new ProtocolError('malformed', `expected the echo of ${asked}, got ${told}`, pdu)
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
  switch (code) {
    case 1:
    case 2:
      return { function: code, bits: unpackBits(pdu, 2, dataBytes(pdu, READ_BITS_MAX / 8) * 8) }
    case 3:
    case 4:
    case 23: {
      const bytes = dataBytes(pdu, READ_REGISTERS_MAX * 2)
      if (bytes % 2 !== 0)
        throw new ProtocolError('malformed', `expected an even byte count for function ${code}, got ${bytes}`, pdu)
      return { function: code, registers: unpackRegisters(pdu, 2, bytes / 2) }
    }
    case 17:
      return { function: code, data: Buffer.from(pdu.subarray(2, 2 + dataBytes(pdu, SERVER_ID_BYTES_MAX))).toString('hex') }
    case 22: {
      expectLength(pdu, 7)
      const view = viewOf(pdu)
      return { function: code, address: view.getUint16(1), andMask: view.getUint16(3), orMask: view.getUint16(5) }
    }
    case 43:
      return decodeIdentifyResponse(pdu)
    default:
      return inspectWrite(pdu, code)
  }
}

function inspectWrite(pdu: Uint8Array, code: 5 | 6 | 15 | 16): WriteCoilResponse | WriteRegisterResponse | WriteManyResponse {
  expectLength(pdu, 5)
  const view = viewOf(pdu)
  const address = view.getUint16(1)
  const last = view.getUint16(3)
  if (code === 6) return { function: code, address, value: last }
  if (code === 5) {
    if (last !== 0xff00 && last !== 0) throw new ProtocolError('malformed', `expected FF00 or 0000 for a coil, got ${last}`, pdu)
    return { function: code, address, value: last !== 0 }
  }
  expectWriteCount(code, last, pdu)
  return { function: code, address, count: last }
}

/** The limits of the request, which may write no registers. */
function expectWriteCount(code: 15 | 16, count: number, pdu?: Uint8Array): void {
  expectWithin('a count', count, code === 15 ? 1 : 0, code === 15 ? WRITE_BITS_MAX : WRITE_REGISTERS_MAX, pdu)
}

/** What the answer to a write says again of its request, for a comparison. */
function echoOf(message: Request | Response): string {
  switch (message.function) {
    case 5:
    case 6:
      return `${message.value} at ${message.address}`
    case 15:
    case 16:
      return `${message.count} at ${message.address}`
    case 22:
      return `masks ${message.andMask} and ${message.orMask} at ${message.address}`
    case 43:
      return `${message.access} access`
    default:
      return `function ${message.function}`
  }
}

/** What stands behind the function in the answer to a write. */
function wordsOf(response: WriteCoilResponse | WriteRegisterResponse | WriteManyResponse | MaskWriteResponse): number[] {
  switch (response.function) {
    case 5:
      return [response.address, response.value ? 0xff00 : 0]
    case 6:
      return [response.address, response.value]
    case 22:
      return [response.address, response.andMask, response.orMask]
    default:
      return [response.address, response.count]
  }
}

function encodeServerId({ data }: ReportServerIdResponse): Uint8Array {
  if (!/^(?:[\da-f]{2})+$/i.test(data))
    throw new ProtocolError('malformed', `expected pairs of hexadecimal digits, got "${data}"`, new Uint8Array())
  expectWithin('a number of bytes', data.length / 2, 1, SERVER_ID_BYTES_MAX)
  const pdu = dataPdu(17, data.length / 2)
  pdu.set(Buffer.from(data, 'hex'), 2)
  return pdu
}

/** A PDU of function, byte count and room for the data. */
function dataPdu(code: number, bytes: number): Uint8Array {
  const pdu = new Uint8Array(2 + bytes)
  pdu[0] = code
  pdu[1] = bytes
  return pdu
}

/** The byte count, which must be that of the PDU. */
function dataBytes(pdu: Uint8Array, max: number): number {
  const bytes = pdu[1]
  if (bytes === undefined) throw new ProtocolError('truncated', `expected a byte count for function ${pdu[0]}, got none`, pdu)
  expectLength(pdu, 2 + bytes)
  expectWithin('a byte count', bytes, 1, max, pdu)
  return bytes
}
