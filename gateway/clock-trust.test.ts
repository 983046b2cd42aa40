import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Clock, manualClock } from '#devices'
import { ClockTrust } from './clock-trust.ts'
import { HOLD_MS_MAX } from './journal/index.ts'

const TRUTH = Date.UTC(2026, 10, 1)
const HOUR = 3_600_000

/** Machine time passes as it should, whatever is done to the site's. */
function settable(offBy = 0): Clock & { off: number; pass(ms: number): void; readonly truth: number } {
  let mono = 0
  return {
    ...manualClock(0),
    off: offBy,
    get truth() {
      return TRUTH + mono
    },
    now() {
      return TRUTH + mono + this.off
    },
    mono: () => mono,
    pass(ms) {
      mono += ms
    },
  }
}
const open = (clock: Clock, options = {}) => new ClockTrust({ clock, source: 'system', newest: null, ...options })

test('a clock is believed from the start, and a source of cloud not before the cloud has confirmed it', () => {
  const clock = settable()
  expect(open(clock).isTrusted).toBe(true)
  const trust = open(clock, { source: 'cloud' })
  expect(trust.isTrusted).toBe(false)
  clock.pass(20)
  expect(trust.hear(clock.truth, clock.mono() - 20)).toEqual([{ fromMono: 0, toMono: 20, deltaMs: 0, isSent: false }])
  expect(trust.isTrusted).toBe(true)
})

test('a start before the release, or before the newest row, is not believed', () => {
  expect(open(settable(-TRUTH)).isTrusted).toBe(false)
  expect(open(settable(), { newest: TRUTH + 60_000 }).isTrusted).toBe(false)
  expect(open(settable(), { newest: TRUTH + 1000 }).isTrusted).toBe(true)
})

test('a step is noticed and told; what passes by itself is none', () => {
  const clock = settable()
  const trust = open(clock)
  for (let second = 0; second < 1000; second++) {
    clock.pass(1000)
    clock.off += 0.5
    trust.look()
  }
  expect(trust.takeSteps()).toEqual([])
  clock.off += HOUR
  clock.pass(1000)
  trust.look()
  expect(trust.isTrusted).toBe(false)
  expect(trust.takeSteps()).toEqual([{ mono: 1_001_000, before: clock.truth + 500, after: clock.truth + 500 + HOUR }])
  expect(trust.takeSteps()).toEqual([])
})

test('the cloud settles every span of the boot, since machine time never steps', () => {
  const clock = settable(-HOUR)
  const trust = open(clock)
  clock.pass(5000)
  trust.look()
  clock.off = 2 * HOUR
  trust.look()
  clock.pass(5000)
  clock.off = 0
  trust.look()
  clock.pass(5000)
  expect(trust.hear(clock.truth - 100, clock.mono() - 200)).toEqual([
    { fromMono: 0, toMono: 4999, deltaMs: HOUR, isSent: true },
    { fromMono: 5000, toMono: 9999, deltaMs: -2 * HOUR, isSent: false },
    { fromMono: 10_000, toMono: 15_000, deltaMs: 0, isSent: false },
  ])
  expect([trust.isTrusted, trust.deltaMs, trust.isHolding]).toEqual([true, 0, false])
})

test('a clock that crept away from the cloud is corrected from now on', () => {
  const clock = settable()
  const trust = open(clock)
  expect(trust.hear(clock.truth, clock.mono())).toEqual([])
  for (let second = 0; second < 100; second++) {
    clock.pass(1000)
    clock.off += 50
    trust.look()
  }
  expect(trust.hear(clock.truth, clock.mono())).toEqual([])
  expect(trust.deltaMs).toBe(-5000)
  expect(trust.hear(clock.truth, clock.mono())).toEqual([])
})

test('an answer that was long under way says nothing', () => {
  const clock = settable(HOUR)
  const trust = open(clock)
  clock.pass(20_000)
  expect(trust.hear(clock.truth, 0)).toEqual([])
})

test('a doubtful time is waited for ten minutes of machine time, however often the clock steps', () => {
  const clock = settable(-TRUTH)
  const trust = open(clock)
  for (let passed = 0; passed < HOLD_MS_MAX; passed += 10_000) {
    expect(trust.isHolding).toBe(true)
    clock.off += HOUR
    trust.look()
    clock.pass(10_000)
  }
  expect([trust.isHolding, trust.isTrusted]).toEqual([false, false])
})

test('a row is given to the span it was taken in, also right after the step', () => {
  const clock = settable()
  const trust = open(clock)
  const before = trust.spanOf(clock.now())
  clock.pass(1000)
  const taken = clock.now()
  clock.off = HOUR
  trust.look()
  clock.pass(300)
  expect(trust.spanOf(taken)).toBe(before)
  expect(trust.spanOf(clock.now())).not.toBe(before)
})

test('whatever the steps, what the cloud settles brings every look back to the truth', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: -86_400_000, max: 86_400_000 })), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(steps, (list) => {
      const clock = settable()
      const trust = open(clock)
      const looks: { readonly mono: number; readonly site: number; readonly truth: number }[] = []
      for (const [ms, step] of list) {
        clock.pass(ms)
        clock.off += step
        trust.look()
        looks.push({ mono: clock.mono(), site: clock.now(), truth: clock.truth })
      }
      clock.pass(1)
      const findings = trust.hear(clock.truth, clock.mono())
      for (const { mono, site, truth } of looks) {
        const deltaMs = findings.find(({ fromMono, toMono }) => fromMono <= mono && mono <= toMono)?.deltaMs ?? 0
        expect(Math.abs(site + deltaMs - truth)).toBeLessThanOrEqual(2001)
      }
    }),
  )
})
