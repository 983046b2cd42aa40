/**
 * Modbus application protocol V1.1b3, over TCP (MBAP) and on serial lines (RTU, ASCII): what its bytes mean, both ways. RTU through a serial
 * server ("RTU over TCP") is RTU.
 */

export type { Measure } from '#protocols/frames'
export * from './ascii.ts'
export * from './broadcast.ts'
export { codecs, modbusAscii, modbusRtu, modbusTcp } from './codecs.ts'
export * from './crc16.ts'
export { crc16Modbus } from './crc16-codec.ts'
export {
  ACCESSES,
  type Access,
  type IdentifyRequest,
  type IdentifyResponse,
  type IdentityObject,
  OBJECT_NAMES,
} from './device-identification.ts'
export {
  EXCEPTIONS,
  EXCHANGE_WRITE_REGISTERS_MAX,
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
export * from './rtu-length.ts'
export * from './tcp.ts'
export { modbusValue } from './value-codec.ts'
