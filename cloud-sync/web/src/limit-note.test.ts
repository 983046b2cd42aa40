import { expect, test } from 'vitest'
import type { Grade } from './api/views.ts'
import { limitNote } from './limit-note.ts'

const latest = (value: number | null) =>
  ({ at: 0, n: 0, value, quality: 'good', reason: undefined, received: 0, stored: 0 }) as const
const limit = (grade: Grade, value: number) => ({ rule: 'r', grade, value, direction: 'above' as const })
const above = [limit('blue', 33), limit('yellow', 35), limit('orange', 37)]

test('a value between limits has passed the highest below it and has the next before it', () => {
  const note = limitNote({ latest: latest(36), thresholds: above })
  expect(note).toMatchObject({ passed: { limit: { value: 35 }, by: 1 }, next: { limit: { value: 37 }, by: 1 } })
})

test('a value on a limit has reached it', () => {
  expect(limitNote({ latest: latest(37), thresholds: above })).toMatchObject({
    passed: { limit: { value: 37 }, by: 0 },
    next: null,
  })
})

test('limits for low values count downwards', () => {
  const below = above.map((limit) => ({ ...limit, direction: 'below' as const }))
  expect(limitNote({ latest: latest(34), thresholds: below })).toMatchObject({
    passed: { limit: { value: 35 }, by: 1 },
    next: { limit: { value: 33 } },
  })
})

test('no data and no limits say nothing', () => {
  expect(limitNote({ latest: latest(null), thresholds: above })).toEqual({ passed: null, next: null })
  expect(limitNote({ latest: latest(36), thresholds: [] })).toEqual({ passed: null, next: null })
})
