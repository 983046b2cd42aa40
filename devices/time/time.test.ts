import { expect, test } from 'vitest'
import { Bell, processTimers, sleep } from '#devices/time'

const HOUR_MS = 3_600_000

test('a sleep ends at once when it must stop, also one that begins too late', async () => {
  const stop = new AbortController()
  const sleeping = sleep(HOUR_MS, stop.signal, processTimers)
  stop.abort()
  await sleeping
  await sleep(HOUR_MS, stop.signal, processTimers)
})

test('everyone who waits hears a ring, and a ring that came before is not missed', async () => {
  const bell = new Bell()
  const { signal } = new AbortController()
  const waiting = [bell.wait(0, HOUR_MS, signal, processTimers), bell.wait(0, HOUR_MS, signal, processTimers)]
  bell.ring()
  expect(await Promise.all(waiting)).toEqual([1, 1])
  expect(await bell.wait(0, HOUR_MS, signal, processTimers)).toBe(1)
  expect(await bell.wait(1, 1, signal, processTimers)).toBe(1)
})

test('waiting ends when it must stop', async () => {
  const stop = new AbortController()
  const waiting = new Bell().wait(0, HOUR_MS, stop.signal, processTimers)
  stop.abort()
  expect(await waiting).toBe(0)
})
