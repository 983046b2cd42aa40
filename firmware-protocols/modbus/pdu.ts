import { ProtocolError } from '#protocols/error'

/** Functions this codec knows; the others are `unsupported`. */
export const FUNCTIONS = [1, 2, 3, 4, 5, 6, 15, 16, 17, 22, 23, 43] as const
export type FunctionCode = (typeof FUNCTIONS)[number]

/** A PDU is a function code and its data. */
export const PDU_BYTES_MAX = 253
/** Most coils or discrete inputs in one read. */
export const READ_BITS_MAX = 2000
/** Most registers in one read. */
export const READ_REGISTERS_MAX = 125
/** Most coils in one write. */
export const WRITE_BITS_MAX = 1968
/** Most registers in one write. */
export const WRITE_REGISTERS_MAX = 123
/** Most registers that function 23 writes beside those that it reads. */
export const EXCHANGE_WRITE_REGISTERS_MAX = 121

/** The bit that marks a response as a refusal. */
export const EXCEPTION_FLAG = 0x80

/** Exception codes of the specification, and what they say. */
export const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledged, working',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target silent',
}

export function isFunction(code: number): code is FunctionCode {
  return (FUNCTIONS as readonly number[]).includes(code)
}

/** A reader's view of a PDU. */
export function viewOf(pdu: Uint8Array): DataView {
  return new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength)
}

/** @throws ProtocolError `truncated` or `malformed` unless the PDU has exactly so many bytes. */
export function expectLength(pdu: Uint8Array, length: number): void {
  if (pdu.length === length) return
  throw new ProtocolError(
    pdu.length < length ? 'truncated' : 'malformed',
    `expected ${length} bytes for function ${pdu[0]}, got ${pdu.length}`,
    pdu,
  )
}

/** @throws ProtocolError `malformed` unless the whole number lies in the limits. */
export function expectWithin(what: string, value: number, min: number, max: number, pdu: Uint8Array = new Uint8Array()): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new ProtocolError('malformed', `expected ${what} from ${min} to ${max}, got ${value}`, pdu)
}

/** Most bytes behind the byte count of function 17. */
export const SERVER_ID_BYTES_MAX = PDU_BYTES_MAX - 2

/** @throws ProtocolError `truncated` (empty) or `unsupported`. */
export function functionOf(pdu: Uint8Array): FunctionCode {
  const code = pdu[0]
  if (code === undefined) throw new ProtocolError('truncated', 'expected a function code, got no byte', pdu)
  const plain = code & ~EXCEPTION_FLAG
  if (!isFunction(plain)) throw new ProtocolError('unsupported', `expected function ${FUNCTIONS.join(', ')}, got ${plain}`, pdu)
  return plain
}

/** Bits packed eight to a byte, the first in the lowest. */
export function packBits(bits: readonly boolean[], pdu: Uint8Array, from: number): void {
  bits.forEach((bit, index) => {
    if (bit) pdu[from + (index >> 3)] = (pdu[from + (index >> 3)] ?? 0) | (1 << (index & 7))
  })
}

/** The inverse of `packBits`. */
export function unpackBits(pdu: Uint8Array, from: number, count: number): boolean[] {
  const bits = new Array<boolean>(count)
  for (let index = 0; index < count; index++) bits[index] = (((pdu[from + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1
  return bits
}

export function packRegisters(registers: readonly number[], view: DataView, from: number): void {
  registers.forEach((register, index) => {
    expectWithin('a register', register, 0, 0xffff)
    view.setUint16(from + index * 2, register)
  })
}

/** The inverse of `packRegisters`. */
export function unpackRegisters(pdu: Uint8Array, from: number, count: number): number[] {
  const registers = new Array<number>(count)
  for (let index = 0; index < count; index++)
    registers[index] = ((pdu[from + index * 2] ?? 0) << 8) | (pdu[from + index * 2 + 1] ?? 0)
  return registers
}
