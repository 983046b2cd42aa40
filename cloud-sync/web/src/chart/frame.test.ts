import { describe, expect, test } from 'vitest'
import { WINDOWS } from '../address.ts'
import { barMs, lineStepMs, movingFrame, zoomFrame } from './frame.ts'

const M = 60_000

test('bars are of 5, 15 or 60 minutes by the length of the window', () => {
  expect(Object.values(WINDOWS).map((span) => barMs(span) / M)).toEqual([5, 5, 15, 60])
})

test('a moving frame ends with the bar in which it is now, so that it moves by whole bars', () => {
  const now = Date.UTC(2026, 6, 1, 10, 7)
  const { from, to } = movingFrame(now, WINDOWS['1h'])
  expect(new Date(to).toISOString()).toBe('2026-07-01T10:10:00.000Z')
  expect(to - from).toBe(WINDOWS['1h'])
  expect(movingFrame(now + 60_000, WINDOWS['1h'])).toEqual({ from, to, barMs: 5 * M })
})

test('a dragged-out part is widened to whole bars', () => {
  expect(zoomFrame({ from: 7 * M, to: 34 * M })).toEqual({ from: 5 * M, to: 35 * M, barMs: 5 * M })
})

describe('thinning', () => {
  test('is not asked for while the rows themselves are few', () => {
    expect(lineStepMs(WINDOWS['24h'], 5 * M)).toBeNull()
  })

  test('keeps a line of seconds below its limit', () => {
    expect(lineStepMs(WINDOWS['1h'], 1_000)).toBe(5_000)
    expect(lineStepMs(WINDOWS['24h'], 1_000)).toBe(300_000)
  })
})
