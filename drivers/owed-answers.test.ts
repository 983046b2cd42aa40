import { expect, test } from 'vitest'
import { encodeResponse, type Request } from '#protocols/modbus'
import { type Query, queryOf } from './framing.ts'
import { OWED_MAX, OwedAnswers } from './owed-answers.ts'

const reading = (address: number, count: number, code: 1 | 3 | 4 = 4): Query => queryOf({ function: code, address, count })
const three = reading(100, 3)
const alike = reading(500, 3)
const asked = (owed: OwedAnswers, query: Query, unit = 7): Request | number | undefined => {
  const precaution = owed.precaution(unit, query)
  return precaution && ('waitMs' in precaution ? precaution.waitMs : precaution.ask.request)
}
const registers = (count: number) => encodeResponse({ function: 4, registers: new Array<number>(count).fill(1) })
const refusal = encodeResponse({ function: 4, exception: 2 })

function open(): { owed: OwedAnswers; at(now: number): void } {
  let now = 0
  const at = (to: number): void => {
    now = to
  }
  return { owed: new OwedAnswers(() => now), at }
}

test('what is alike waits, then asks for less first; what differs goes out at once', () => {
  const { owed, at } = open()
  owed.add(7, three, 1000)
  expect(asked(owed, alike)).toBe(1000)
  expect([asked(owed, alike, 8), asked(owed, reading(100, 4)), asked(owed, reading(100, 3, 3))]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  at(999)
  expect(asked(owed, alike)).toBe(1)
  at(1000)
  expect(asked(owed, alike)).toEqual({ function: 4, address: 500, count: 1 })
})

test('the late answer itself ends it', () => {
  const { owed } = open()
  owed.add(7, three, 1000)
  expect(owed.pay({ unit: 8, pdu: registers(3) })).toBe(false)
  expect(owed.pay({ unit: 7, pdu: registers(2) })).toBe(false)
  expect(owed.pay({ unit: 7, pdu: registers(3) })).toBe(true)
  expect(asked(owed, alike)).toBeUndefined()
  expect(owed.pay({ unit: 7, pdu: registers(3) })).toBe(false)
})

test('any answer of another shape proves that nothing older can come', () => {
  const { owed } = open()
  owed.add(7, three, 0)
  owed.settle(8, reading(0, 1), 0, false)
  expect(asked(owed, alike)).toBeDefined()
  owed.settle(7, reading(0, 1), 0, false)
  expect(asked(owed, alike)).toBeUndefined()
})

test('but it ends no time of grace', () => {
  const { owed, at } = open()
  owed.add(7, three, 10)
  owed.settle(7, reading(0, 1), 0, false)
  expect(asked(owed, alike)).toBe(10)
  at(10)
  expect(asked(owed, alike)).toEqual({ function: 4, address: 500, count: 1 })
})

test('a proof that was given up proves all the same when it is answered later, but one that was owed before does not', () => {
  const { owed } = open()
  owed.add(7, reading(0, 1), 0)
  owed.add(7, three, 0)
  // One register is owed since before: two are asked for.
  const proof = reading(500, 2)
  expect(asked(owed, alike)).toEqual(proof.request)
  owed.add(7, proof, 0)
  expect(asked(owed, alike)).toEqual(proof.request)
  owed.settle(7, proof, 0, false)
  expect(asked(owed, alike)).toBeUndefined()
  // That of the first proof may still come.
  expect(asked(owed, reading(0, 2))).toEqual({ function: 4, address: 0, count: 1 })
})

test('a refusal may be that of an older request: it ends the oldest, and what was asked is owed instead', () => {
  const { owed } = open()
  owed.add(7, three, 0)
  owed.settle(7, reading(0, 5), 0, true)
  expect(asked(owed, alike)).toBeUndefined()
  expect(asked(owed, reading(9, 5))).toEqual({ function: 4, address: 9, count: 1 })
  owed.settle(7, reading(0, 1, 3), 0, true)
  expect(asked(owed, reading(9, 5))).toBeUndefined()
  owed.add(7, three, 0)
  expect(owed.pay({ unit: 7, pdu: refusal })).toBe(true)
  expect(asked(owed, alike)).toBeUndefined()
})

test('one register is proved by more, bits by another number of bytes', () => {
  const { owed } = open()
  owed.add(7, reading(65_535, 1), 0)
  expect(asked(owed, reading(65_535, 1))).toEqual({ function: 4, address: 65_534, count: 2 })
  owed.add(7, reading(0, 5, 1), 0)
  expect(asked(owed, reading(8, 8, 1))).toEqual({ function: 1, address: 8, count: 9 })
  owed.add(7, reading(0, 30, 1), 0)
  expect(asked(owed, reading(64, 32, 1))).toEqual({ function: 1, address: 64, count: 9 })
})

test('a device that says nothing to a longer read is asked plainly after a while, one that knows a shorter never', () => {
  const { owed, at } = open()
  const longer = { function: 4, address: 9, count: 2 } as const
  owed.add(7, reading(0, 1), 10)
  owed.add(7, reading(0, 9), 10)
  at(1_000_000)
  // Not even tried yet.
  expect(asked(owed, reading(9, 1))).toEqual(longer)
  owed.add(7, queryOf(longer), 10)
  expect(asked(owed, reading(9, 1))).toBeUndefined()
  owed.add(7, reading(0, 1), 10)
  at(1_000_010)
  // The first proof is older than what it would have to prove.
  expect(asked(owed, reading(9, 1))).toEqual({ ...longer, count: 3 })
  owed.add(7, reading(9, 3), 10)
  expect(asked(owed, reading(9, 1))).toEqual({ ...longer, count: 3 })
  at(1_000_200)
  expect(asked(owed, reading(9, 1))).toBeUndefined()
  at(1e12)
  expect(asked(owed, reading(9, 9))).toMatchObject({ count: 2 })
})

test('a write waits, and nothing is asked first', () => {
  const { owed, at } = open()
  const write = queryOf({ function: 6, address: 1, value: 2 })
  owed.add(7, write, 50)
  expect(asked(owed, write)).toBe(50)
  at(50)
  expect(asked(owed, write)).toBeUndefined()
})

test('it does not grow', () => {
  const { owed } = open()
  for (let count = 2; count <= 100; count++) owed.add(7, reading(0, count), 0)
  const left = Array.from({ length: 100 }, (_, count) => asked(owed, reading(0, count + 1))).filter((one) => one !== undefined)
  expect(left).toHaveLength(OWED_MAX)
})
