import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal } from '#protocols/decimal'
import { bytesOf, provesCodec, provesVectors, vectorsOf } from '#protocols/proof'
import { crc16Modbus } from './crc16-codec.ts'
import { everyValue, modbusValue } from './value-codec.ts'

provesCodec({
  codec: modbusValue,
  frames: ['1770', '147b41f0', '0102030405060708', 'ffffffff7fc00000'],
  values: fc.record({ registers: fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 9 }) }),
  // Fewer registers are registers, too.
  cut: 'any',
  isChecked: false,
})
provesVectors(modbusValue)

provesCodec({ codec: crc16Modbus, frames: ['313233343536373839'], cut: 'any', isChecked: false })
provesVectors(crc16Modbus)

/** What the makers' scales make of a register. */
const SCALES: Readonly<Record<string, (raw: { readonly u16: number; readonly i16: number }) => Decimal>> = {
  'SMT100 temperature register': ({ u16 }) => new Decimal(u16 - 10_000, 2),
  'SMT100 water content register': ({ u16 }) => new Decimal(u16, 2),
  'Seeed S-Soil MT EC register': ({ i16 }) => new Decimal(i16, 2),
}

test.each(vectorsOf('modbus-value'))('$name', (vector) => {
  const { registers = [] } = modbusValue.decode(bytesOf(vector)).value as { readonly registers?: readonly number[] }
  const { u16, i16 } = everyValue(registers)
  const raw = { u16: Number(u16?.ABCD?.[0]), i16: Number(i16?.ABCD?.[0]) }
  const [fact = '', expected] = Object.entries(vector.facts ?? {})[0] ?? []
  const scale = Object.entries(SCALES).find(([name]) => vector.name.startsWith(name))?.[1]
  expect(fact === 'ec' ? raw.u16 : scale?.(raw).toJSON()).toBe(expected)
})

test('two registers are every type of theirs in every order', () => {
  expect(everyValue([0x147b, 0x41f0])).toMatchObject({
    u16: { ABCD: [0x147b, 0x41f0], BADC: [0x7b14, 0xf041] },
    bcd16: { ABCD: [null, null] },
    u32: { ABCD: [0x147b_41f0], CDAB: [0x41f0_147b], BADC: [0x7b14_f041], DCBA: [0xf041_7b14] },
    f32: { CDAB: [30.01] },
  })
  expect(everyValue([0x147b, 0x41f0])).not.toHaveProperty('u64')
})

test('four registers are also one value of 64 bits, a fifth stands for itself', () => {
  const values = everyValue([0xffff, 0xffff, 0xffff, 0xffff, 0x0012])
  expect(values.u64?.ABCD).toEqual(['18446744073709551615'])
  expect(values.i64?.ABCD).toEqual(['-1'])
  expect(values.f64?.ABCD).toEqual([null])
  expect(values.u32?.ABCD).toHaveLength(2)
  expect(values.bcd16?.ABCD).toEqual([null, null, null, null, 12])
})

test('a float of 32 bits has no more digits than it needs', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const view = new DataView(new ArrayBuffer(4))
      view.setFloat32(0, value)
      const told = everyValue([view.getUint16(0), view.getUint16(2)]).f32?.ABCD?.[0]
      // JSON has no -0.
      expect(Math.fround(Number(told))).toBe(value + 0)
    }),
  )
  expect(everyValue([0x7f80, 0]).f32?.ABCD).toEqual([null])
})

test.each(['', '17', '177017'])('"%s" is no registers', (hex) => {
  expect(() => modbusValue.decode(Buffer.from(hex, 'hex'))).toThrow(expect.objectContaining({ code: 'truncated' }))
})

test('more registers than one answer holds are malformed', () => {
  expect(() => modbusValue.decode(new Uint8Array(252))).toThrow(expect.objectContaining({ code: 'malformed' }))
  expect(() => modbusValue.encode?.({ registers: new Array(126).fill(0) })).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  )
})

test('the CRC has its published check value', () => {
  const [vector] = vectorsOf('crc16-modbus')
  expect(crc16Modbus.decode(Buffer.from(vector?.ascii ?? '')).value).toEqual({ crc: vector?.facts?.crc, wire: '374B' })
})
