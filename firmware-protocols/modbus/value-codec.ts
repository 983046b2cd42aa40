import { Type } from 'typebox'
import { type Codec, encoder } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { READ_REGISTERS_MAX, viewOf } from './pdu.ts'
import { decodeRegisters, type RegisterType, registerCount, type WordOrder } from './registers.ts'

const TYPES = [
  'u16',
  'i16',
  'bcd16',
  'u32',
  'i32',
  'f32',
  'bcd32',
  'u64',
  'i64',
  'f64',
] as const satisfies readonly RegisterType[]
/** A single register knows two orders. */
const NARROW = ['ABCD', 'BADC'] as const satisfies readonly WordOrder[]
const WIDE = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const satisfies readonly WordOrder[]
/** Digits behind which every float of 32 bits is told from its neighbours. */
const FLOAT32_DIGITS = 9

/**
 * What the values of registers could be, one behind the other, for each type that the registers are enough for, and each order of bytes.
 * Null: no decimal digits, not a number, or an infinity. 64-bit whole numbers are text, for JSON's numbers do not hold them.
 */
export type RegisterValues = Partial<
  Readonly<Record<RegisterType, Readonly<Partial<Record<WordOrder, readonly (number | string | null)[]>>>>>
>

/** @param registers 0..65535 each */
export function everyValue(registers: readonly number[]): RegisterValues {
  const entries = TYPES.filter((type) => registerCount(type) <= registers.length).map((type) => {
    const orders: readonly WordOrder[] = registerCount(type) === 1 ? NARROW : WIDE
    return [type, Object.fromEntries(orders.map((order) => [order, valuesOf(type, order, registers)]))]
  })
  return Object.fromEntries(entries)
}

/** For who has a few registers and no manual. */
export const modbusValue: Codec = {
  name: 'modbus-value',
  title: 'Values in Modbus registers: every type in every order of bytes, side by side',
  evidence: {
    sources: [
      'MODBUS Application Protocol Specification V1.1b3 (one register: high byte first)',
      'truebner-smt100 (public driver) and the Seeed S-Soil MTEC-02 user guide, for registers with known values',
    ],
    confirmed: 'Whole numbers of 16 bits against those devices, floats in CDAB order against a published answer.',
    derived: 'The other orders and types are what devices are known to use; which one it is only the manual of the device says.',
  },
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % 2 !== 0)
      throw new ProtocolError('truncated', `expected registers of two bytes, got ${bytes.length} bytes`, bytes)
    if (bytes.length > READ_REGISTERS_MAX * 2)
      throw new ProtocolError('malformed', `expected at most ${READ_REGISTERS_MAX} registers, got ${bytes.length / 2}`, bytes)
    const view = viewOf(bytes)
    const registers = Array.from({ length: bytes.length / 2 }, (_, index) => view.getUint16(index * 2))
    const fields = registers.map((register, index) => ({
      from: index * 2,
      to: index * 2 + 2,
      name: `register +${index}`,
      value: String(register),
    }))
    return { value: { registers, ...everyValue(registers) }, fields }
  },
  encode: encoder(
    Type.Object({
      registers: Type.Array(Type.Integer({ minimum: 0, maximum: 0xffff }), { minItems: 1, maxItems: READ_REGISTERS_MAX }),
    }),
    ({ registers }) => {
      const bytes = new Uint8Array(registers.length * 2)
      registers.forEach((register, index) => {
        viewOf(bytes).setUint16(index * 2, register)
      })
      return bytes
    },
  ),
}

function valuesOf(type: RegisterType, order: WordOrder, registers: readonly number[]): (number | string | null)[] {
  const width = registerCount(type)
  return Array.from({ length: Math.floor(registers.length / width) }, (_, index) =>
    numberOf(type, order, registers.slice(index * width, (index + 1) * width)),
  )
}

function numberOf(type: RegisterType, order: WordOrder, registers: readonly number[]): number | string | null {
  if (type === 'bcd16' || type === 'bcd32') {
    const digits = decodeRegisters(type === 'bcd16' ? 'u16' : 'u32', order, registers).toString(16)
    return /^\d+$/.test(digits) ? Number(digits) : null
  }
  const value = decodeRegisters(type, order, registers)
  if (typeof value === 'bigint') return String(value)
  if (!Number.isFinite(value)) return null
  return type === 'f32' ? shortest(value) : value
}

/** The decimal number of fewest digits that is this float of 32 bits: 30.01 instead of 30.010000228881836. */
function shortest(value: number): number {
  for (let digits = 1; digits < FLOAT32_DIGITS; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return rounded
  }
  return value
}
