/** Modbus application protocol V1.1b3, over TCP (MBAP) and serial lines (RTU): what its bytes mean, both ways. */

export type { Measure } from '#protocols/frames'
export * from './crc16.ts'
export {
  EXCEPTIONS,
  FUNCTIONS,
  type FunctionCode,
  isFunction,
  PDU_BYTES_MAX,
  READ_BITS_MAX,
  READ_REGISTERS_MAX,
  WRITE_BITS_MAX,
  WRITE_REGISTERS_MAX,
} from './pdu.ts'
export * from './registers.ts'
export * from './request.ts'
export * from './response.ts'
export * from './rtu.ts'
export * from './tcp.ts'
