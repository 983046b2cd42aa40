import { expect, test } from 'vitest'
import { type Clock, manualClock, siteClock } from '#devices'
import { PollSchedule } from './poll-schedule.ts'

const running = new AbortController().signal
const START = 1_000_000_123

/** A clock that the test moves; the schedule, which takes it for a fast one, looks at it every few milliseconds. */
const movedClock = (now: number) => ({ ...manualClock(now), speed: 1000 })

/** A clock that runs by itself, so fast that a test hardly waits. */
function fastClock(): Clock {
  return siteClock({ start: START, since: Date.now(), speed: 1000 })
}

test('everything is due at once at the start', async () => {
  const schedule = new PollSchedule([5_000, 60_000], manualClock(START))
  expect(await schedule.next(running)).toEqual([0, 1])
})

test('afterwards each interval is due at its multiples on the site clock', async () => {
  const clock = fastClock()
  const schedule = new PollSchedule([20_000], clock)
  await schedule.next(running)
  for (let slot = 1; slot <= 3; slot++) {
    expect(await schedule.next(running)).toEqual([0])
    expect(clock.now()).toBeGreaterThanOrEqual((Math.floor(START / 20_000) + slot) * 20_000)
  }
})

test('a slot is never early', async () => {
  const clock = siteClock({ start: START, since: Date.now(), speed: 7.3 })
  const schedule = new PollSchedule([50], clock)
  await schedule.next(running)
  let last = Math.floor(START / 50)
  for (let turn = 0; turn < 20; turn++) {
    await schedule.next(running)
    const slot = Math.floor(clock.now() / 50)
    expect(slot).toBeGreaterThan(last)
    last = slot
  }
})

test('slots that passed while the interval was served are skipped and counted', async () => {
  const clock = movedClock(0)
  const schedule = new PollSchedule([5_000], clock)
  await schedule.next(running)
  clock.set(5_001)
  const next = schedule.next(running)
  clock.set(10_000)
  expect(await next).toEqual([0])
  expect(schedule.overruns).toBe(1)
  clock.set(15_000)
  expect(await schedule.next(running)).toEqual([0])
  expect(schedule.overruns).toBe(1)
})

test('a slot that passed while another interval was served is late, not skipped', async () => {
  const clock = movedClock(0)
  const schedule = new PollSchedule([5_000, 7_000], clock)
  await schedule.next(running)
  clock.set(5_000)
  expect(await schedule.next(running)).toEqual([0])
  clock.set(7_200)
  expect(await schedule.next(running)).toEqual([1])
  expect(schedule.overruns).toBe(0)
})

test('a clock that is set back does not silence the schedule', async () => {
  const clock = movedClock(1_000_000)
  const schedule = new PollSchedule([5_000], clock)
  await schedule.next(running)
  clock.set(10_000)
  expect(await schedule.next(running)).toEqual([0])
})

test.each([3_600_000, -3_600_000, 86_400_000, -START])(
  'a clock that steps by %i ms is polled on within one interval',
  async (step) => {
    const clock = movedClock(START)
    const schedule = new PollSchedule([5_000, 60_000], clock)
    await schedule.next(running)
    clock.set(START + step)
    const turns = { 0: 0, 1: 0 }
    for (let second = 5; second <= 130; second += 5) {
      const next = schedule.next(running)
      clock.set(START + step + second * 1000)
      for (const index of await next) turns[index === 0 ? 0 : 1]++
    }
    expect(turns[0]).toBeGreaterThanOrEqual(25)
    expect(turns[1]).toBeGreaterThanOrEqual(2)
  },
)

test('a stop ends the wait, and a wait after it', async () => {
  const stop = new AbortController()
  const schedule = new PollSchedule([3_600_000], manualClock(0))
  await schedule.next(stop.signal)
  const next = schedule.next(stop.signal)
  stop.abort()
  expect(await next).toEqual([])
  expect(await schedule.next(stop.signal)).toEqual([])
})
