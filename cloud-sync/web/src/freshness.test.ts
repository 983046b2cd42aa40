import { expect, test } from 'vitest'
import { isOverdue, qualityMark } from './freshness.ts'

const latest = { at: 1_000, n: 0, value: 5, quality: 'good', reason: undefined, received: 1_000, stored: 1_000 } as const

test('a value is overdue after two of its intervals; what never came is not overdue but absent', () => {
  expect(isOverdue(latest, 300, 1_600)).toBe(false)
  expect(isOverdue(latest, 300, 1_601)).toBe(true)
  expect(isOverdue(null, 300, 9_999)).toBe(false)
})

test('zero is a value, null is none, and a suspect value says so', () => {
  expect(qualityMark({ ...latest, value: 0 })).toBeNull()
  expect(qualityMark({ ...latest, value: null, quality: 'bad' })).toBe('no-data')
  expect(qualityMark({ ...latest, quality: 'suspect' })).toBe('suspect')
  expect(qualityMark(null)).toBe('no-data')
})
