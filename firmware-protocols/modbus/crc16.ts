/** The sixteen remainders of a half byte for the reflected polynomial A001: small enough to be written down instead of made on import. */
const REMAINDERS = Uint16Array.of(
  0x0000,
  0xcc01,
  0xd801,
  0x1400,
  0xf001,
  0x3c00,
  0x2800,
  0xe401,
  0xa001,
  0x6c00,
  0x7800,
  0xb401,
  0x5000,
  0x9c01,
  0x8801,
  0x4400,
)

/** CRC-16/MODBUS (polynomial 8005 reflected, start FFFF) of the bytes from `from` to before `to`. RTU sends its low byte first. */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff
  for (let index = from; index < to; index++) {
    crc ^= bytes[index] ?? 0
    crc = (crc >> 4) ^ (REMAINDERS[crc & 0xf] ?? 0)
    crc = (crc >> 4) ^ (REMAINDERS[crc & 0xf] ?? 0)
  }
  return crc
}
