import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc16 } from './crc16.ts'

/** The definition, bit by bit. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

test('the tables hold what the polynomial gives, for every byte in both places', () => {
  for (let byte = 0; byte < 256; byte++) {
    for (const bytes of [Uint8Array.of(byte), Uint8Array.of(byte, 0), Uint8Array.of(0, byte), Uint8Array.of(1, byte, 2)])
      expect(crc16(bytes)).toBe(bitwise(bytes))
  }
})

test('a part of some bytes has the CRC of that part', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (bytes, from, to) => {
      expect(crc16(bytes, from, Math.min(to, bytes.length))).toBe(bitwise(bytes.subarray(from, Math.max(from, to))))
    }),
  )
})
