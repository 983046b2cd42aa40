import { ProtocolError } from '#protocols/error'
import { decodeIdentifyRequest, encodeIdentifyRequest, type IdentifyRequest } from './device-identification.ts'
import {
  EXCHANGE_WRITE_REGISTERS_MAX,
  expectLength,
  expectWithin,
  functionOf,
  PDU_BYTES_MAX,
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

/** Reads coils (1), discrete inputs (2), holding registers (3) or input registers (4). `address` counts from 0, as on the wire. */
export interface ReadRequest {
  readonly function: 1 | 2 | 3 | 4
  readonly address: number
  /** 1..2000 bits or 1..125 registers. */
  readonly count: number
}

export interface WriteCoilRequest {
  readonly function: 5
  readonly address: number
  readonly value: boolean
}

export interface WriteRegisterRequest {
  readonly function: 6
  readonly address: number
  /** 0..65535. */
  readonly value: number
}

export interface WriteCoilsRequest {
  readonly function: 15
  readonly address: number
  /** 1..1968, the length of `bits`. */
  readonly count: number
  readonly bits: readonly boolean[]
}

export interface WriteRegistersRequest {
  readonly function: 16
  readonly address: number
  /** 0..123, the length of `registers`; the specification starts at 1, but Yosemitech probes are started by a write of none. */
  readonly count: number
  readonly registers: readonly number[]
}

/** Asks what the device is, and whether it runs. */
export interface ReportServerIdRequest {
  readonly function: 17
}

/** The register becomes `(register & andMask) | (orMask & ~andMask)`. */
export interface MaskWriteRequest {
  readonly function: 22
  readonly address: number
  readonly andMask: number
  readonly orMask: number
}

/** Writes some holding registers, then reads others. */
export interface ExchangeRequest {
  readonly function: 23
  /** The first register to be read. */
  readonly address: number
  /** Registers to be read, 1..125. */
  readonly count: number
  /** The first register to be written. */
  readonly writeAddress: number
  /** What is written, 1..121. */
  readonly registers: readonly number[]
}

export type Request =
  | ReadRequest
  | WriteCoilRequest
  | WriteRegisterRequest
  | WriteCoilsRequest
  | WriteRegistersRequest
  | ReportServerIdRequest
  | MaskWriteRequest
  | ExchangeRequest
  | IdentifyRequest

/** Most that one read of the function may ask for. */
export function readCountMax(code: ReadRequest['function']): number {
  return code <= 2 ? READ_BITS_MAX : READ_REGISTERS_MAX
}

/** @throws ProtocolError `malformed` for a number out of its limits, or a `count` that is not that of the values. */
export function encodeRequest(request: Request): Uint8Array {
  if (request.function === 17) return Uint8Array.of(17)
  if (request.function === 43) return encodeIdentifyRequest(request)
  const pdu = new Uint8Array(lengthOf(request))
  const view = viewOf(pdu)
  expectWithin('an address', request.address, 0, 0xffff)
  pdu[0] = request.function
  view.setUint16(1, request.address)
  switch (request.function) {
    case 5:
      view.setUint16(3, request.value ? 0xff00 : 0)
      break
    case 6:
      packRegisters([request.value], view, 3)
      break
    case 15:
      view.setUint16(3, request.count)
      pdu[5] = pdu.length - 6
      packBits(request.bits, pdu, 6)
      break
    case 16:
      view.setUint16(3, request.count)
      pdu[5] = pdu.length - 6
      packRegisters(request.registers, view, 6)
      break
    case 22:
      packRegisters([request.andMask, request.orMask], view, 3)
      break
    case 23:
      expectWithin('an address', request.writeAddress, 0, 0xffff)
      packRegisters([request.count, request.writeAddress, request.registers.length], view, 3)
      pdu[9] = pdu.length - 10
      packRegisters(request.registers, view, 10)
      break
    default:
      view.setUint16(3, request.count)
  }
  return pdu
}

/**
 * Reads a request, as a device does. An `address + count` beyond 65536 is left to the device, which answers exception 2.
 * @throws ProtocolError `truncated`, `malformed`, `unsupported`.
 */
export function decodeRequest(pdu: Uint8Array): Request {
  const code = functionOf(pdu)
  if (pdu[0] !== code) throw new ProtocolError('malformed', `expected a request, got an exception to function ${code}`, pdu)
  if (pdu.length > PDU_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${PDU_BYTES_MAX} bytes, got ${pdu.length}`, pdu)
  if (code === 43) return decodeIdentifyRequest(pdu)
  if (code === 17) {
    expectLength(pdu, 1)
    return { function: code }
  }
  if (pdu.length < 5)
    throw new ProtocolError('truncated', `expected at least 5 bytes for function ${code}, got ${pdu.length}`, pdu)
  const view = viewOf(pdu)
  const address = view.getUint16(1)
  const last = view.getUint16(3)
  switch (code) {
    case 5:
      expectLength(pdu, 5)
      if (last !== 0xff00 && last !== 0)
        throw new ProtocolError('malformed', `expected FF00 or 0000 for a coil, got ${last}`, pdu)
      return { function: code, address, value: last !== 0 }
    case 6:
      expectLength(pdu, 5)
      return { function: code, address, value: last }
    case 15:
      expectWithin('a count of coils', last, 1, WRITE_BITS_MAX, pdu)
      expectData(pdu, 5, Math.ceil(last / 8))
      return { function: code, address, count: last, bits: unpackBits(pdu, 6, last) }
    case 16:
      expectWithin('a count of registers', last, 0, WRITE_REGISTERS_MAX, pdu)
      expectData(pdu, 5, last * 2)
      return { function: code, address, count: last, registers: unpackRegisters(pdu, 6, last) }
    case 22:
      expectLength(pdu, 7)
      return { function: code, address, andMask: last, orMask: view.getUint16(5) }
    case 23:
      return decodeExchange(pdu, view)
    default:
      expectLength(pdu, 5)
      expectWithin('a count', last, 1, readCountMax(code), pdu)
      return { function: code, address, count: last }
  }
}

function decodeExchange(pdu: Uint8Array, view: DataView): ExchangeRequest {
  if (pdu.length < 10) throw new ProtocolError('truncated', `expected at least 10 bytes for function 23, got ${pdu.length}`, pdu)
  const [address, count, writeAddress, writeCount] = [view.getUint16(1), view.getUint16(3), view.getUint16(5), view.getUint16(7)]
  expectWithin('a count', count, 1, READ_REGISTERS_MAX, pdu)
  expectWithin('a count of registers to write', writeCount, 1, EXCHANGE_WRITE_REGISTERS_MAX, pdu)
  expectData(pdu, 9, writeCount * 2)
  return { function: 23, address, count, writeAddress, registers: unpackRegisters(pdu, 10, writeCount) }
}

function lengthOf(request: Exclude<Request, ReportServerIdRequest | IdentifyRequest>): number {
  switch (request.function) {
    case 5:
    case 6:
      return 5
    case 15:
      expectWithin('a count of coils', request.count, 1, WRITE_BITS_MAX)
      expectWithin('the number of bits', request.bits.length, request.count, request.count)
      return 6 + Math.ceil(request.count / 8)
    case 16:
      expectWithin('a count of registers', request.count, 0, WRITE_REGISTERS_MAX)
      expectWithin('the number of registers', request.registers.length, request.count, request.count)
      return 6 + request.count * 2
    case 22:
      return 7
    case 23:
      expectWithin('a count', request.count, 1, READ_REGISTERS_MAX)
      expectWithin('a number of registers to write', request.registers.length, 1, EXCHANGE_WRITE_REGISTERS_MAX)
      return 10 + request.registers.length * 2
    default:
      expectWithin('a count', request.count, 1, readCountMax(request.function))
      return 5
  }
}

/** @param at index of the byte count, behind which the data stands */
function expectData(pdu: Uint8Array, at: number, bytes: number): void {
  expectLength(pdu, at + 1 + bytes)
  if (pdu[at] !== bytes) throw new ProtocolError('malformed', `expected a byte count of ${bytes}, got ${pdu[at]}`, pdu)
}
