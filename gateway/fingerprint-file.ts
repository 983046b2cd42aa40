import { type Static, Type } from 'typebox'
import { WORD_ORDERS } from '#devices'
import { FINGERPRINT_REGISTERS_MAX } from '#drivers'

/** A device's `fingerprint` in `gateway.yaml`. */
export const FingerprintFile = Type.Object(
  {
    table: Type.Enum(['input', 'holding'], { default: 'holding' }),
    address: Type.Integer({ minimum: 0, maximum: 65_535, description: 'as on the wire, counted from 0' }),
    type: Type.Enum(['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'bcd16', 'bcd32'], {
      default: 'u16',
      description: 'of an expect that is a number',
    }),
    words: Type.Enum([...WORD_ORDERS], { default: 'ABCD', description: 'likewise' }),
    expect: Type.Union([Type.Integer(), Type.String({ pattern: `^0x([0-9A-Fa-f]{4}){1,${FINGERPRINT_REGISTERS_MAX}}$` })], {
      description: 'a whole number, or in quotes the registers in hex as they come, as "0x41424344"',
    }),
  },
  { additionalProperties: false, description: 'what only this device says of itself, read before its data are believed' },
)
export type FingerprintFile = Static<typeof FingerprintFile>
