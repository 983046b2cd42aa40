import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '#protocols/error'
import { decodeRegisters, encodeRegisters, type RegisterType, registerCount, type WordOrder } from './registers.ts'

const TYPES = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'bcd16', 'bcd32', 'bit'] as const
const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const

const VALUES: Readonly<Record<RegisterType, fc.Arbitrary<bigint | number>>> = {
  u16: fc.integer({ min: 0, max: 0xffff }),
  i16: fc.integer({ min: -0x8000, max: 0x7fff }),
  u32: fc.integer({ min: 0, max: 0xffff_ffff }),
  i32: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f32: fc.float(),
  f64: fc.double(),
  bcd16: fc.integer({ min: 0, max: 9999 }),
  bcd32: fc.integer({ min: 0, max: 99_999_999 }),
  bit: fc.integer({ min: 0, max: 1 }),
}

test.each(TYPES)('%s comes back from its words in every order', (type) => {
  fc.assert(
    fc.property(VALUES[type], fc.constantFrom(...ORDERS), (value, order) => {
      const words = encodeRegisters(type, order, value)
      expect(words).toHaveLength(registerCount(type))
      expect(decodeRegisters(type, order, words)).toBe(value)
      expect(decodeRegisters(type, order, [7, 7, 7, ...words], 3)).toBe(value)
    }),
  )
})

test.each<[WordOrder, number[], number[]]>([
  ['ABCD', [0x0102, 0x0304], [0x0102, 0x0304, 0x0506, 0x0708]],
  ['CDAB', [0x0304, 0x0102], [0x0708, 0x0506, 0x0304, 0x0102]],
  ['BADC', [0x0201, 0x0403], [0x0201, 0x0403, 0x0605, 0x0807]],
  ['DCBA', [0x0403, 0x0201], [0x0807, 0x0605, 0x0403, 0x0201]],
])('%s puts the bytes of 32 and 64 bits in their documented places', (order, two, four) => {
  expect(encodeRegisters('u32', order, 0x0102_0304)).toEqual(two)
  expect(encodeRegisters('u64', order, 0x0102_0304_0506_0708n)).toEqual(four)
})

test('one register knows two orders', () => {
  expect(ORDERS.map((order) => decodeRegisters('u16', order, [0x1234]))).toEqual([0x1234, 0x1234, 0x3412, 0x3412])
})

test('known words give known numbers', () => {
  expect(decodeRegisters('f32', 'CDAB', [0x147b, 0x41f0])).toBe(Math.fround(30.01))
  expect(decodeRegisters('i16', 'ABCD', [0xff9b])).toBe(-101)
  expect(decodeRegisters('i32', 'ABCD', [0xff67, 0x6981])).toBe(-9_999_999)
  expect(decodeRegisters('bcd32', 'ABCD', [0x1234, 0x5678])).toBe(12_345_678)
  expect(decodeRegisters('f32', 'ABCD', [0x7fc0, 0])).toBeNaN()
  expect(decodeRegisters('u64', 'ABCD', [0xffff, 0xffff, 0xffff, 0xffff])).toBe(18_446_744_073_709_551_615n)
})

test.each<[string, () => unknown]>([
  ['a BCD digit above 9', () => decodeRegisters('bcd16', 'ABCD', [0x12a4])],
  ['a BCD digit above 9 in the second register', () => decodeRegisters('bcd32', 'ABCD', [0x1234, 0xf000])],
  ['a bit of 2', () => decodeRegisters('bit', 'ABCD', [2])],
  ['65536 for u16', () => encodeRegisters('u16', 'ABCD', 65_536)],
  ['-1 for u64', () => encodeRegisters('u64', 'ABCD', -1n)],
  ['a fraction for i32', () => encodeRegisters('i32', 'ABCD', 1.5)],
  ['NaN for u16', () => encodeRegisters('u16', 'ABCD', Number.NaN)],
  ['10000 for bcd16', () => encodeRegisters('bcd16', 'ABCD', 10_000)],
])('%s is malformed', (_, act) => {
  expect(act).toThrow(expect.objectContaining({ name: 'ProtocolError', code: 'malformed' }))
})

test.each(TYPES)('%s with a word too few is truncated', (type) => {
  const words = new Array<number>(registerCount(type) - 1).fill(0)
  for (const from of [0, 4]) expect(() => decodeRegisters(type, 'ABCD', words, from)).toThrow(ProtocolError)
  expect(() => decodeRegisters(type, 'ABCD', words)).toThrow(expect.objectContaining({ code: 'truncated' }))
})
