import { processTimers, type Timers } from '#devices/time'

/**
 * Two times, both passed in. Site time stamps rows and drives schedules and rule windows; it may be set and scaled for a replay.
 * Machine time is monotonic and drives deadlines, backoff and latency figures.
 */
export interface Clock extends Timers {
  /** Site time, epoch milliseconds UTC. */
  now(): number
  /** Monotonic machine time in milliseconds, origin without meaning. */
  mono(): number
  /** Site milliseconds that pass in one machine millisecond. */
  readonly speed: number
}

/** How a site clock is set: site time was `start` when the machine's wall clock was `since`, and runs `speed` times as fast. */
export interface ClockSetting {
  readonly start: number
  readonly since: number
  readonly speed: number
}

export const SPEED_MAX = 100_000

/** The plain clock of production: site time is the machine's wall clock. */
export function wallClock(): Clock {
  return { now: () => Date.now(), mono: () => performance.now(), speed: 1, ...processTimers }
}

/** A clock that runs from a setting; processes that share the setting agree on the time. */
export function siteClock({ start, since, speed }: ClockSetting): Clock {
  return { now: () => Math.round(start + (Date.now() - since) * speed), mono: () => performance.now(), speed, ...processTimers }
}

/** A clock that stands still until it is moved: for tests and for judging a recorded day. */
export function manualClock(start: number): Clock & { set(now: number): void } {
  let now = start
  return {
    now: () => now,
    mono: () => now,
    speed: 1,
    ...processTimers,
    set(next) {
      now = next
    },
  }
}

/**
 * Reads `start=2026-07-01T00:00:00Z,speed=720,since=1782864000000` (`since`: wall clock in epoch ms, default `wall`).
 * @throws RangeError naming the part that is wrong.
 */
export function parseClock(text: string, wall: number): ClockSetting {
  const setting = { start: wall, since: wall, speed: 1 }
  for (const part of text.split(',')) {
    const [key, value = ''] = part.split(/=(.*)/s)
    if (key === 'start') setting.start = instant(value)
    else if (key === 'since') setting.since = finite(key, value, 0, 8.64e15)
    else if (key === 'speed') setting.speed = finite(key, value, 0.001, SPEED_MAX)
    else throw new RangeError(`expected start, speed or since in the clock, got "${part}"`)
  }
  return setting
}

/** The text that `parseClock` reads back. */
export function formatClock({ start, since, speed }: ClockSetting): string {
  return `start=${new Date(start).toISOString()},speed=${speed},since=${since}`
}

function instant(value: string): number {
  const at = Date.parse(value)
  if (Number.isNaN(at) || !/(Z|[+-]\d\d:\d\d)$/.test(value))
    throw new RangeError(`expected a time with its zone in clock start, got "${value}"`)
  return at
}

function finite(key: string, value: string, min: number, max: number): number {
  const number = Number(value)
  if (!(value.trim() !== '' && number >= min && number <= max))
    throw new RangeError(`expected clock ${key} from ${min} to ${max}, got "${value}"`)
  return number
}
