import { expect, test } from 'vitest'
import { LINXI, levelCmOf } from './basin.ts'
import { stormRiver } from './river.ts'

test('a step counts from its end', () => {
  const river = stormRiver({ depthMm: 120 })
  expect(river.tips(144.999)).toBe(river.tips(140))
  expect(river.tips(145)).toBeGreaterThan(river.tips(140))
  expect(river.levelCm(299.9)).toBe(river.levelCm(295))
})

test('before the storm and long after it the river is at its base flow, and the counter keeps its total', () => {
  const river = stormRiver({ depthMm: 120 })
  for (const minute of [-100, 0, 2000, 1e6]) expect(river.levelCm(minute)).toBe(levelCmOf(LINXI.baseFlowM3s))
  expect([river.tips(-100), river.tips(0), river.tips(360), river.tips(1e6)]).toEqual([0, 0, 240, 240])
})

test('a storm that repeats counts on, and the second flood rides on the first one’s recession', () => {
  const once = stormRiver({ depthMm: 120.3 })
  const river = stormRiver({ depthMm: 120.3, repeatMin: 660 })
  for (let minute = 0; minute < 660; minute += 5) expect(river.levelCm(minute)).toBe(once.levelCm(minute))
  expect(river.tips(660 * 10)).toBe(2406)
  expect(river.flowM3s(660 + 50)).toBeCloseTo(once.flowM3s(50) + once.flowM3s(710) - LINXI.baseFlowM3s, 9)
  expect(river.flowM3s(660 * 7 + 50)).toBeCloseTo(river.flowM3s(660 + 50), 9)
})

test.each([300, 662])('refuses to repeat after %i minutes', (repeatMin) => {
  expect(() => stormRiver({ depthMm: 120, repeatMin })).toThrow(`got ${repeatMin}`)
})
