import type { Codec } from '#protocols/codec'
import { crc16 } from './crc16.ts'

/** The CRC of any bytes, to compare with that of a frame. */
export const crc16Modbus: Codec = {
  name: 'crc16-modbus',
  title: 'CRC-16/MODBUS of any bytes: what must stand behind them on a serial line',
  evidence: {
    sources: ['MODBUS over Serial Line, Specification and Implementation Guide V1.02'],
    confirmed: 'The check value 4B37 of "123456789", and the CRC of every RTU frame among the vectors.',
  },
  decode(bytes) {
    const crc = crc16(bytes)
    return { value: { crc: hexOf(crc), wire: hexOf(((crc & 0xff) << 8) | (crc >> 8)) }, fields: [] }
  },
}

function hexOf(word: number): string {
  return word.toString(16).toUpperCase().padStart(4, '0')
}
