import { expect, test } from 'vitest'
import { storm } from './storm.ts'

const steps = storm(900)
const firstAt = (level: number) => steps.find((step) => step.level >= level)?.minute

test('the stage plays the canonical storm: the river reaches each limit in its known minute', () => {
  expect([3300, 3350, 3550, 3690].map(firstAt)).toEqual([215, 230, 295, undefined])
  expect(Math.max(...steps.map(({ level }) => level))).toBe(3662)
})

test('the gauge tips 120 mm in halves of a millimetre, most in the quarter of an hour after the peak begins', () => {
  expect(steps.reduce((sum, { rain }) => sum + rain, 0)).toBe(1200)
  expect(steps.every(({ rain }) => rain % 5 === 0)).toBe(true)
  const quarters = Array.from({ length: 24 }, (_, quarter) =>
    steps.slice(quarter * 3, quarter * 3 + 3).reduce((sum, { rain }) => sum + rain, 0),
  )
  expect(quarters.indexOf(Math.max(...quarters))).toBe(9)
})
