import type { Decimal } from '#protocols/decimal'
import { bcdValue, setBcd } from './number.ts'

/** A gate of function 4E. */
export interface Gate {
  readonly isOpen: boolean
  /** null where it is not known. */
  readonly openingCm: Decimal | number | null
}

const OPENING_BYTES = 2

/** The bits of `count` switches, the least of the first byte being the first; bits behind them are not looked at. */
export function readBits(bytes: Uint8Array, from: number, count: number): boolean[] {
  return Array.from({ length: count }, (_, index) => (((bytes[from + (index >> 3)] ?? 0) >> (index & 7)) & 1) === 1)
}

export function bitBytes(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8))
  bits.forEach((isOn, index) => {
    if (isOn) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7))
  })
  return bytes
}

/** Bytes behind the count of so many gates. */
export function gatesLength(count: number): number {
  return Math.ceil(count / 8) + count * OPENING_BYTES
}

/** @returns undefined where an opening is no BCD number or a bit behind the last gate is set */
export function readGates(bytes: Uint8Array, from: number, count: number): Gate[] | undefined {
  const openingsAt = from + Math.ceil(count / 8)
  if (readBits(bytes, from, Math.ceil(count / 8) * 8).lastIndexOf(true) >= count) return undefined
  const gates: Gate[] = []
  readBits(bytes, from, count).forEach((isOpen, index) => {
    const at = openingsAt + index * OPENING_BYTES
    const openingCm = bcdValue(bytes, at, at + OPENING_BYTES, 0)
    if (openingCm !== undefined) gates.push({ isOpen, openingCm })
  })
  return gates.length === count ? gates : undefined
}

/** The inverse of `readGates`, without the count. @throws ProtocolError `malformed` for an opening beyond 9999 cm */
export function gateBytes(gates: readonly Gate[]): Uint8Array {
  const bytes = new Uint8Array(gatesLength(gates.length))
  const bits = bitBytes(gates.map(({ isOpen }) => isOpen))
  bytes.set(bits)
  gates.forEach(({ openingCm }, index) => {
    const at = bits.length + index * OPENING_BYTES
    setBcd(bytes, at, at + OPENING_BYTES, openingCm, 0)
  })
  return bytes
}
