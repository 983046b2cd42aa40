import type { Clock } from '#devices'
import type { SimulatedTime } from './simulated-time.ts'

/** Site time at the beginning of every simulation. */
const START = Date.parse('2026-07-01T08:00:00+08:00')

/** The machine's wall clock under a process; it may be set wrong. */
export interface WallClock {
  /** What it is off by, milliseconds. */
  offsetMs: number
}

/**
 * One life of a process: its clock, and an end that comes without warning. What it has begun never goes on after that: its timers are gone, its
 * connections are cut, its files are closed.
 */
export class SimulatedProcess {
  readonly name: string
  readonly clock: Clock
  #isAlive = true
  readonly #ends = new Set<() => void>()

  constructor(name: string, time: SimulatedTime, wall: WallClock) {
    this.name = name
    const bornAt = time.mono
    this.clock = {
      now: () => Math.round(START + time.mono + wall.offsetMs),
      mono: () => time.mono - bornAt,
      speed: 1,
      after: (ms, call) => time.after(ms, () => void (this.#isAlive && call())),
    }
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Calls when it ends. */
  onEnd(call: () => void): () => void {
    this.#ends.add(call)
    return () => void this.#ends.delete(call)
  }

  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    for (const end of this.#ends) end()
    this.#ends.clear()
  }
}
