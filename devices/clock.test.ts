import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatClock, manualClock, parseClock, SPEED_MAX, siteClock, wallClock } from './clock.ts'

test('the wall clock runs at the speed of the machine', () => {
  const clock = wallClock()
  const [before, at, after] = [Date.now(), clock.now(), Date.now()]
  expect(at >= before && at <= after).toBe(true)
  expect(clock.speed).toBe(1)
  const first = clock.mono()
  expect(clock.mono()).toBeGreaterThanOrEqual(first)
})

test('a site clock starts where it is set and runs as fast as it is told', () => {
  const since = Date.now() - 1000
  const clock = siteClock({ start: 1_000_000, since, speed: 720 })
  expect(clock.speed).toBe(720)
  const wall = Date.now()
  const at = clock.now()
  expect(at).toBeGreaterThanOrEqual(1_000_000 + (wall - since) * 720)
  expect(Number.isInteger(at)).toBe(true)
})

test('processes that share a setting agree on the time', () => {
  const setting = parseClock('start=2026-07-01T00:00:00Z,speed=720,since=1782864000000', 0)
  expect(setting).toEqual({ start: Date.UTC(2026, 6, 1), speed: 720, since: 1_782_864_000_000 })
})

test('without a part, the clock is the wall, at speed 1', () => {
  expect(parseClock('speed=2', 5000)).toEqual({ start: 5000, since: 5000, speed: 2 })
  expect(parseClock('start=2026-07-01T08:00:00+08:00', 5000)).toEqual({ start: Date.UTC(2026, 6, 1), since: 5000, speed: 1 })
})

test('a setting comes back from its text', () => {
  const instants = fc.integer({ min: 0, max: 4_102_444_800_000 })
  fc.assert(
    fc.property(instants, instants, fc.double({ min: 0.001, max: SPEED_MAX, noNaN: true }), (start, since, speed) => {
      expect(parseClock(formatClock({ start, since, speed }), 0)).toEqual({ start, since, speed })
    }),
  )
})

test.each([
  ['start=2026-07-01T00:00:00', 'a time with its zone'],
  ['start=soon', 'a time with its zone'],
  ['speed=0', 'clock speed from 0.001 to 100000'],
  ['speed=', 'clock speed from'],
  ['speed=fast', 'clock speed from'],
  ['speed=200000', 'clock speed from'],
  ['since=-1', 'clock since from 0'],
  ['stop=1', 'start, speed or since'],
  ['', 'start, speed or since'],
])('"%s" is refused and named', (text, message) => {
  expect(() => parseClock(text, 0)).toThrow(message)
  expect(() => parseClock(text, 0)).toThrow(RangeError)
})

test('a manual clock stands until it is moved', () => {
  const clock = manualClock(10)
  expect([clock.now(), clock.now(), clock.mono()]).toEqual([10, 10, 10])
  clock.set(25)
  expect([clock.now(), clock.mono(), clock.speed]).toEqual([25, 25, 1])
})
