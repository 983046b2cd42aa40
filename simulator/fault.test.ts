import { expect, test } from 'vitest'
import { DELAY_MAX_MS, DeviceFaults } from './fault.ts'
import { seededRandom } from './random.ts'

const MIN = 60_000
const common = { device: 'D1', chance: 1 }

test('a fault of the scenario holds from its beginning up to its end', () => {
  const faults = new DeviceFaults([{ ...common, kind: 'silent', from: '1h', for: '10m' }], seededRandom(1))
  expect([59, 60, 69.99, 70].map((minute) => faults.at(minute * MIN))).toEqual([{}, { silent: true }, { silent: true }, {}])
})

test('faults at one time add up, and one without times holds for ever', () => {
  const faults = new DeviceFaults(
    [
      { ...common, kind: 'delay', delay: '500ms' },
      { ...common, kind: 'exception', code: 6, from: '5m' },
      { ...common, kind: 'garbage', from: '10m' },
    ],
    seededRandom(1),
  )
  expect(faults.at(0)).toEqual({ delayMs: 500 })
  expect(faults.at(5 * MIN)).toEqual({ delayMs: 500, exception: 6 })
  expect(faults.at(1e12)).toEqual({ delayMs: 500, exception: 6, garbage: true })
})

test('a fault is switched by hand, and away again', () => {
  const faults = new DeviceFaults([], seededRandom(1))
  faults.switch({ exception: 4, delayMs: 10 })
  expect(faults.at(0)).toEqual({ exception: 4, delayMs: 10 })
  faults.switch(null)
  expect(faults.at(0)).toEqual({})
})

test.each([{ delayMs: DELAY_MAX_MS + 1 }, { delayMs: -1 }, { exception: 0 }, { exception: 256 }])(
  'refuses the fault %o',
  (fault) => {
    expect(() => new DeviceFaults([], seededRandom(1)).switch(fault)).toThrow(RangeError)
  },
)

test('a chance strikes its share of the requests, the same ones for the same seed', () => {
  const strikes = (seed: number) => {
    const faults = new DeviceFaults([{ ...common, kind: 'silent', chance: 0.2 }], seededRandom(seed))
    return Array.from({ length: 2000 }, () => faults.at(0).silent === true)
  }
  expect(strikes(3)).toEqual(strikes(3))
  expect(strikes(3).filter(Boolean).length / 2000).toBeCloseTo(0.2, 1)
})
