import { ProtocolError } from '#protocols/error'
import { bytesOfHex, hexOf } from './hex.ts'

/**
 * Which byte of the identifier is the most significant of a number: the first as the card says it (`msb-first`) or the last (`lsb-first`).
 * Readers differ, and often can be set.
 */
export const BYTE_ORDERS = ['msb-first', 'lsb-first'] as const
export type ByteOrder = (typeof BYTE_ORDERS)[number]

/** Bytes that identifiers have: 4, 7 or 10 (ISO/IEC 14443), 8 (ISO/IEC 15693, FeliCa), 5 (EM4100). */
export const UID_LENGTHS: readonly number[] = [4, 5, 7, 8, 10]

/**
 * The canonical form of a card's identifier: upper-case hex, the bytes in the order in which the card says them.
 * @param hex in either case
 * @throws ProtocolError `malformed` for a length that no card has, and for no hex
 */
export function canonicalUid(hex: string, order: ByteOrder = 'msb-first'): string {
  const bytes = bytesOfHex(hex)
  if (!UID_LENGTHS.includes(bytes.length))
    throw new ProtocolError('malformed', `expected ${UID_LENGTHS} bytes, got ${bytes.length}`, bytes)
  return hexOf(order === 'msb-first' ? bytes : bytes.toReversed())
}

/** An identifier of four bytes as the ten digits that are printed on cards. @throws ProtocolError `malformed` for another length */
export function uidDecimal(uid: string, order: ByteOrder = 'msb-first'): string {
  const hex = canonicalUid(uid, order)
  if (hex.length !== DECIMAL_HEX_DIGITS) throw new ProtocolError('malformed', 'expected 4 bytes', bytesOfHex(uid))
  return String(Number.parseInt(hex, 16)).padStart(DECIMAL_DIGITS, '0')
}

/** The inverse. @throws ProtocolError `malformed` for anything but ten digits of a number of 32 bits */
export function uidOfDecimal(decimal: string, order: ByteOrder = 'msb-first'): string {
  if (!/^\d{10}$/.test(decimal) || Number(decimal) > 0xffff_ffff)
    throw new ProtocolError('malformed', `expected ${DECIMAL_DIGITS} digits of a number of 32 bits`, Buffer.from(decimal))
  return canonicalUid(Number(decimal).toString(16).padStart(DECIMAL_HEX_DIGITS, '0'), order)
}

const DECIMAL_DIGITS = 10
const DECIMAL_HEX_DIGITS = 8
