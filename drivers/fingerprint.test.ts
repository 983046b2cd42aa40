import { expect, test } from 'vitest'
import { type Fingerprint, FingerprintGuard, fingerprintFault } from './fingerprint.ts'
import type { LineCounts } from './line.ts'
import { UNIT_REST_MS_MIN } from './unit-breaker.ts'
import type { Outcome } from './unit-reader.ts'

const number: Fingerprint = { table: 'holding', address: 10, type: 'u32', words: 'CDAB', expect: 70_000 }
const text: Fingerprint = { ...number, expect: '0x414243FF' }
const running = new AbortController().signal

function guardOf(fingerprint: Fingerprint, outcome: () => Outcome | undefined) {
  const state = { connections: 1, now: 0, asked: [] as unknown[] }
  const guard = new FingerprintGuard({
    fingerprint,
    reader: {
      ask: async ({ request }) => {
        state.asked.push(request)
        return outcome()
      },
    },
    line: {
      get counts() {
        return { connections: state.connections } as LineCounts
      },
    },
    pace: () => state.now,
    random: () => 0.999,
  })
  return { guard, state }
}

test.each<[string, Fingerprint, number[], string]>([
  ['a number in its word order', number, [4464, 1], '70000'],
  ['the registers as they come', text, [0x4142, 0x43ff], '0x414243ff'],
])('%s is asked for and found', async (_, fingerprint, registers, words) => {
  const { guard, state } = guardOf(fingerprint, () => registers)
  expect([guard.isSure, guard.expected]).toEqual([false, words])
  expect(await guard.verify(running)).toBe('same')
  expect(state.asked).toEqual([{ function: 3, address: 10, count: 2 }])
  expect([guard.isSure, guard.isResting]).toEqual([true, false])
})

test('what else is found is told in the words of the expectation', async () => {
  expect(await guardOf(number, () => [1, 0]).guard.verify(running)).toEqual({ found: '1' })
  expect(await guardOf(text, () => [1, 0xab]).guard.verify(running)).toEqual({ found: '0x000100ab' })
  const decimal: Fingerprint = { ...number, type: 'bcd16', expect: 1234 }
  expect(await guardOf(decimal, () => [0xabcd]).guard.verify(running)).toEqual({ found: '0xabcd' })
})

test('a new connection and a silence end what was sure', async () => {
  const { guard, state } = guardOf(number, () => [4464, 1])
  await guard.verify(running)
  state.connections++
  expect(guard.isSure).toBe(false)
  await guard.verify(running)
  expect(guard.isSure).toBe(true)
  guard.doubt()
  expect(guard.isSure).toBe(false)
})

test('after another device the next try is ever further away', async () => {
  let registers = [1, 1]
  const { guard, state } = guardOf(number, () => registers)
  await guard.verify(running)
  expect(guard.isResting).toBe(true)
  state.now += UNIT_REST_MS_MIN
  expect(guard.isResting).toBe(false)
  await guard.verify(running)
  state.now += UNIT_REST_MS_MIN
  expect(guard.isResting).toBe(true)
  state.now += UNIT_REST_MS_MIN
  registers = [4464, 1]
  expect(await guard.verify(running)).toBe('same')
  expect(guard.isResting).toBe(false)
})

test('no answer says nothing of the device, and neither does a stop', async () => {
  const failure = { kind: 'silent', reason: 'timeout' } as const
  const { guard } = guardOf(number, () => failure)
  expect(await guard.verify(running)).toBe(failure)
  expect([guard.isSure, guard.isResting]).toEqual([false, false])
  expect(await guardOf(number, () => undefined).guard.verify(running)).toBeUndefined()
})

test('a fingerprint that can never be found is told', () => {
  expect([number, text].map(fingerprintFault)).toEqual([undefined, undefined])
  expect(fingerprintFault({ ...number, type: 'u16' })).toBe('expected a whole number that u16 holds, got 70000')
  expect(fingerprintFault({ ...number, expect: -1 })).toBe('expected a whole number that u32 holds, got -1')
  expect(fingerprintFault({ ...number, address: 65_535 })).toBe(
    'expected registers up to 65535, got some from 65535 on that go beyond',
  )
})
