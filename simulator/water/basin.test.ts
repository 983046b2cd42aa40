import { expect, test } from 'vitest'
import { directFlow, LINXI, levelCmOf, runoffOf, unitFlow, velocityOf } from './basin.ts'
import { routeReservoir } from './reservoir.ts'
import { stormRiver } from './river.ts'
import { stormRain, tipsOf } from './storm.ts'

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

test('the canonical storm has the 15-minute rain of the worked table', () => {
  const rain = stormRain(120)
  const quarters = Array.from({ length: 24 }, (_, quarter) => sum(rain.slice(quarter * 3, quarter * 3 + 3)).toFixed(1)).join(' ')
  expect(quarters).toBe('1.7 1.8 2.0 2.3 2.6 3.1 3.8 5.3 9.2 31.1 15.2 8.0 5.6 4.4 3.7 3.2 2.8 2.5 2.3 2.1 2.0 1.9 1.8 1.7')
  expect(sum(rain)).toBeCloseTo(120, 9)
})

test('a gauge carries what does not fill its bucket', () => {
  expect([0, 0.49, 0.5, 0.99, 1, 119.9999999999].map((mm) => tipsOf(mm, 0.5))).toEqual([0, 0, 1, 1, 2, 240])
})

test('one millimetre of runoff leaves the basin as one millimetre', () => {
  const m3 = sum(Array.from({ length: 6000 }, (_, step) => unitFlow(LINXI, step / 10) * 6))
  expect(m3 / (LINXI.areaKm2 * 1000)).toBeCloseTo(1, 3)
})

test.each([
  { depthMm: 90, runoff: '38.9', flow: '381.9', at: 375, levelCm: 3490 },
  { depthMm: 120, runoff: '63.0', flow: '617.2', at: 370, levelCm: 3662 },
])('a storm of $depthMm mm makes the runoff and the peak of the worked table', ({ depthMm, runoff, flow, at, levelCm }) => {
  const river = stormRiver({ depthMm })
  const flows = Array.from({ length: 200 }, (_, step) => river.flowM3s(step * 5))
  const peak = Math.max(...flows)
  expect(sum(runoffOf(stormRain(depthMm), LINXI.curveNumber)).toFixed(1)).toBe(runoff)
  expect([peak.toFixed(1), flows.indexOf(peak) * 5, levelCmOf(peak)]).toEqual([flow, at, levelCm])
})

test('the reservoir fills as in the worked table', () => {
  const basin = { areaKm2: 60, peakHours: 1.8, curveNumber: 78, baseFlowM3s: 2 }
  const runoff = runoffOf(stormRain(120), basin.curveNumber)
  const inflow = (minute: number) => basin.baseFlowM3s + directFlow(basin, runoff, minute)
  const states = routeReservoir({ bed: 60, storageFactor: 0.06, crest: 74, crestWidthM: 40, weir: 1.7 }, 72.5, inflow, 900)
  const top = states.reduce((highest, state) => (state.level > highest.level ? state : highest))
  expect(states[0]?.storage.toFixed(2)).toBe('9.38')
  expect(states.find(({ level }) => level >= 73)?.minute).toBe(245)
  expect(states.find(({ level }) => level >= 74)?.minute).toBe(345)
  expect([top.level.toFixed(2), top.minute, top.storage.toFixed(2), top.outflowM3s.toFixed(0)]).toEqual([
    '74.66',
    515,
    '12.89',
    '36',
  ])
  expect(Math.max(...states.map(({ minute }) => inflow(minute))).toFixed(0)).toBe('289')
})

test('the stream runs faster as it rises, and stands still without flow', () => {
  expect([0, 8, 617.2].map((flow) => velocityOf(flow).toFixed(2))).toEqual(['0.00', '0.46', '2.33'])
})
