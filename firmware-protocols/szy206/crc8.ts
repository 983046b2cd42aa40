const POLYNOMIAL = 0xe5

/**
 * CRC-8 with the polynomial E5 (x8 is implied; x7 + x6 + x5 + x2 + 1), start 0, not reflected, of the bytes from `from` to before `to`.
 * Check value of `123456789`: F7.
 */
export function crc8(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0
  for (let index = from; index < to; index++) {
    crc ^= bytes[index] ?? 0
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) === 0 ? crc << 1 : ((crc << 1) ^ POLYNOMIAL) & 0xff
  }
  return crc
}
