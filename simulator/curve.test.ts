import { expect, test } from 'vitest'
import { curveExtremes, curveSignal, STORM_POINTS, stormSignal } from './curve.ts'
import { stormRiver } from './water/river.ts'

const HOUR = 3_600_000

test('a linear curve goes to its end and stays there', () => {
  const battery = curveSignal({ kind: 'linear', from: 12.9, perHour: -0.5, until: 12 })
  expect([-HOUR, 0, HOUR, 1.8 * HOUR, 100 * HOUR].map(battery)).toEqual([12.9, 12.9, 12.4, 12, 12])
  expect(curveSignal({ kind: 'linear', from: 5, perHour: 0, until: 9 })(HOUR)).toBe(5)
  expect(curveSignal({ kind: 'linear', from: 5, perHour: 1, until: 4 })(HOUR)).toBe(5)
})

test('a sine goes round its mean in its period', () => {
  const curve = { kind: 'sine', mean: 20, amplitude: 5, period: '4h', phase: 0.25 } as const
  expect([0, 1, 2, 3, 4].map((hour) => Math.round(Number(curveSignal(curve)(hour * HOUR))))).toEqual([25, 20, 15, 20, 25])
  expect(curveExtremes(curve)).toEqual([15, 25])
})

test('points follow the storm by their name, others do not', () => {
  const river = stormRiver({ depthMm: 120 })
  const at = (minute: number) => STORM_POINTS.map((point) => stormSignal(river, point)?.(minute * 60_000))
  expect(at(370)).toEqual([120, 36.62, 2.33, river.flowM3s(370)])
  expect(at(0)).toEqual([0, 30.44, 0.46, 8])
  expect(stormSignal(river, 'battery')).toBeUndefined()
})
