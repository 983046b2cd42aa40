import { ProtocolError } from '#protocols/error'
import {
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

export type Request = ReadRequest | WriteCoilRequest | WriteRegisterRequest | WriteCoilsRequest | WriteRegistersRequest

/** Most that one read of the function may ask for. */
export function readCountMax(code: ReadRequest['function']): number {
  return code <= 2 ? READ_BITS_MAX : READ_REGISTERS_MAX
}

/** @throws ProtocolError `malformed` for a number out of its limits, or a `count` that is not that of the values. */
export function encodeRequest(request: Request): Uint8Array {
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
      expectData(pdu, Math.ceil(last / 8))
      return { function: code, address, count: last, bits: unpackBits(pdu, 6, last) }
    case 16:
      expectWithin('a count of registers', last, 0, WRITE_REGISTERS_MAX, pdu)
      expectData(pdu, last * 2)
      return { function: code, address, count: last, registers: unpackRegisters(pdu, 6, last) }
    default:
      expectLength(pdu, 5)
      expectWithin('a count', last, 1, readCountMax(code), pdu)
      return { function: code, address, count: last }
  }
}

function lengthOf(request: Request): number {
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
    default:
      expectWithin('a count', request.count, 1, readCountMax(request.function))
      return 5
  }
}

function expectData(pdu: Uint8Array, bytes: number): void {
  expectLength(pdu, 6 + bytes)
  if (pdu[5] !== bytes) throw new ProtocolError('malformed', `expected a byte count of ${bytes}, got ${pdu[5]}`, pdu)
}
