import type { Clock } from '#devices'
import type { ClockStepped } from '#wire'
import { HOLD_MS_MAX, type Timekeeper, type TimeSpan } from './journal/index.ts'

/** Site time before this day is that of a clock that was never set: no release of this gateway is older. */
export const CLOCK_FLOOR = Date.UTC(2026, 0, 1)
/** Site time and machine time that part by more than this, times the speed, between two looks: the clock was set. */
const STEP_MS = 1000
/** The cloud's time and ours may differ by this, times the speed, and by the round trip. */
const AGREED_MS = 2000
/** How far the clock may lie behind the newest commit at a start: two processes' clocks are never quite one. */
const BEHIND_MS = 5000
/** An answer that took longer says too little about the time. */
const ROUND_TRIP_MS_MAX = 10_000
/** A reading's own time tells to which side of a step it belongs, for so long after the step. */
const LATE_MS = 60_000
/** Both clocks are read within this, or read again: a process that was held in between would take it for a step. */
const READ_MS_MAX = 50
/** Spans that wait for the cloud's time; what is older stays as it was flagged. */
const SPANS_MAX = 100

/** How far a span was off, found out later. */
export interface ClockFinding {
  readonly fromMono: number
  readonly toMono: number
  readonly deltaMs: number
  /** Rows may have gone out with other times, flagged or not. */
  readonly isSent: boolean
}

export interface ClockTrustOptions {
  readonly clock: Clock
  /** `cloud`: nothing is believed before the cloud has confirmed it in this boot. */
  readonly source: 'system' | 'cloud'
  /** Site time of the newest commit of the boots before, or null. */
  readonly newest: number | null
}

/** A stretch of machine time without a step: one offset between the two times holds in it. */
class Span implements TimeSpan {
  readonly fromMono: number
  toMono: number | null = null
  deltaMs: number | null
  /** Site time at machine time 0. */
  offsetMs: number
  readonly #speed: number

  constructor(fromMono: number, offsetMs: number, deltaMs: number | null, speed: number) {
    this.fromMono = fromMono
    this.offsetMs = offsetMs
    this.deltaMs = deltaMs
    this.#speed = speed
  }

  siteAt(mono: number): number {
    return this.offsetMs + mono * this.#speed
  }
}

/**
 * Whether site time can be believed. It cannot where a start finds it before the release or before the newest row, after a step against
 * machine time, and where the cloud's time is another. The cloud's time settles it, also for the spans before, since machine time never
 * steps: how far each was off is then known.
 */
export class ClockTrust implements Timekeeper {
  readonly #clock: Clock
  /** 1, or more for a clock that runs faster. */
  readonly #scale: number
  #current: Span
  /** Those that the cloud's time has not confirmed, oldest first. */
  #open: Span[]
  /** Those that it has confirmed. */
  #settled: Span[] = []
  /** The span before, while readings of it may still come. */
  #before: Span | null = null
  #unknownSince: number | null
  /** Site time at machine time 0 by the cloud, by the answer that was under way for the shortest time. */
  #truth: { readonly offsetMs: number; readonly errorMs: number } | null = null
  #steps: Omit<ClockStepped, 'boot'>[] = []

  constructor({ clock, source, newest }: ClockTrustOptions) {
    this.#clock = clock
    this.#scale = Math.max(1, clock.speed)
    const { site, mono } = this.#read()
    const isFallen = site < CLOCK_FLOOR || (newest !== null && site < newest - BEHIND_MS * this.#scale)
    const isKnown = source === 'system' && !isFallen
    this.#current = new Span(0, site - mono * clock.speed, isKnown ? 0 : null, clock.speed)
    this.#open = [this.#current]
    this.#unknownSince = isKnown ? null : mono
  }

  /** Whether the times that rows get now are right. */
  get isTrusted(): boolean {
    return this.#current.deltaMs !== null
  }

  /** What is added to site time; null: it is not known. */
  get deltaMs(): number | null {
    return this.#current.deltaMs
  }

  /** The spans whose times are known, oldest first. */
  get settled(): readonly Pick<TimeSpan, 'fromMono' | 'toMono' | 'deltaMs'>[] {
    return this.#settled.map(({ fromMono, toMono, deltaMs }) => ({ fromMono, toMono, deltaMs }))
  }

  /** Whether rows of a doubtful time wait still for it to become known. */
  get isHolding(): boolean {
    return this.#unknownSince !== null && this.#clock.mono() - this.#unknownSince < HOLD_MS_MAX
  }

  spanOf(at: number): TimeSpan {
    const before = this.#before
    if (before?.toMono == null) return this.#current
    const mono = this.#clock.mono()
    if (mono - before.toMono > LATE_MS) {
      this.#before = null
      return this.#current
    }
    // Taken before the step and told after it: nearer to the time before.
    const distance = (span: Span, now: number) => Math.abs(span.siteAt(now) - at)
    return distance(before, before.toMono) < distance(this.#current, mono) ? before : this.#current
  }

  /** Compares the two times: to be called before rows are stamped, and each second. */
  look(): void {
    const { site, mono } = this.#read()
    const { speed } = this.#clock
    const offsetMs = site - mono * speed
    if (Math.abs(offsetMs - this.#current.offsetMs) <= STEP_MS * this.#scale) {
      this.#current.offsetMs = offsetMs
      return
    }
    const before = Math.round(this.#current.siteAt(mono))
    const span = this.#begin(mono, offsetMs, null)
    this.#unknownSince ??= mono
    if (this.#steps.length < SPANS_MAX) this.#steps.push({ mono: span.fromMono, before, after: site })
  }

  /** The steps since the last call. */
  takeSteps(): readonly Omit<ClockStepped, 'boot'>[] {
    const steps = this.#steps
    this.#steps = []
    return steps
  }

  /**
   * Takes the cloud's time.
   * @param sentAt machine time at which that was sent which it answers
   * @returns what is known now of the spans of this boot that is not what rows were given
   */
  hear(cloudNow: number, sentAt: number): ClockFinding[] {
    this.look()
    const { speed } = this.#clock
    const mono = this.#clock.mono()
    const tripMs = mono - sentAt
    if (!(tripMs >= 0 && tripMs <= ROUND_TRIP_MS_MAX)) return []
    const truth = this.#sharpen(cloudNow + (tripMs * speed) / 2 - mono * speed, (tripMs * speed) / 2)
    const bound = AGREED_MS * this.#scale + tripMs * speed
    const deltaOf = ({ offsetMs }: Span) => (Math.abs(truth - offsetMs) <= bound ? 0 : Math.round(truth - offsetMs))
    if (this.#open.length === 0) {
      // It crept away: what was stamped since the last agreement was not off by more than the bound.
      const { offsetMs, deltaMs } = this.#current
      if (Math.abs(truth - offsetMs - (deltaMs ?? 0)) <= bound) return []
      this.#begin(mono, offsetMs, deltaOf(this.#current))
    }
    const findings: ClockFinding[] = []
    const isHolding = this.isHolding
    for (const span of this.#open) {
      const deltaMs = deltaOf(span)
      const toMono = span.toMono ?? Math.max(span.fromMono, Math.ceil(mono))
      if (span.deltaMs !== deltaMs)
        findings.push({ fromMono: span.fromMono, toMono, deltaMs, isSent: span.deltaMs !== null || !isHolding })
      span.deltaMs = deltaMs
    }
    this.#settled = [...this.#settled, ...this.#open].slice(-SPANS_MAX)
    this.#open = []
    this.#unknownSince = null
    return findings
  }

  /** Of two answers that agree the one that was under way for less time says it better. */
  #sharpen(offsetMs: number, errorMs: number): number {
    const known = this.#truth
    const isBetter = known === null || errorMs <= known.errorMs || Math.abs(offsetMs - known.offsetMs) > errorMs + known.errorMs
    this.#truth = isBetter ? { offsetMs, errorMs } : known
    return this.#truth.offsetMs
  }

  #begin(mono: number, offsetMs: number, deltaMs: number | null): Span {
    const fromMono = Math.max(Math.ceil(mono), this.#current.fromMono + 1)
    this.#current.toMono = fromMono - 1
    this.#before = this.#current
    this.#current = new Span(fromMono, offsetMs, deltaMs, this.#clock.speed)
    this.#open = [...this.#open, this.#current].slice(-SPANS_MAX)
    return this.#current
  }

  #read(): { readonly site: number; readonly mono: number } {
    for (let left = 3; ; left--) {
      const before = this.#clock.mono()
      const site = this.#clock.now()
      const mono = this.#clock.mono()
      if (mono - before <= READ_MS_MAX || left === 0) return { site, mono }
    }
  }
}
