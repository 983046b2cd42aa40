import { expect, test } from 'vitest'
import type { ServedPoint } from '#simulator'
import { reconcile, type StoredRow } from './reconcile.ts'

const served = (at: number, value: number): ServedPoint => ({ t: at, at, device: 'd', point: 'p', value })
const row = (at: number, value: number | null, n = 0): StoredRow => ({ device: 'd', point: 'p', at, n, value, quality: 'good' })

test('every served point is found once, a moment after it was served', () => {
  const result = reconcile([served(10, 1), served(20, 1), served(30, 2)], [row(31, 2), row(12, 1), row(21, 1)], 5)
  expect(result).toMatchObject({ produced: 3, stored: 3, lost: [], duplicates: [] })
  expect(result.origin.get('d p 12 0')?.at).toBe(10)
})

test('what is missing, doubled, changed or too late is named', () => {
  expect(reconcile([served(10, 1), served(20, 2)], [row(11, 1)], 5)).toMatchObject({ lost: [{ at: 20 }], duplicates: [] })
  expect(reconcile([served(10, 1)], [row(11, 1), row(11, 1, 1)], 5)).toMatchObject({ lost: [], duplicates: [{ n: 1 }] })
  expect(reconcile([served(10, 1)], [row(11, 3)], 5)).toMatchObject({ lost: [{ at: 10 }], duplicates: [{ value: 3 }] })
  expect(reconcile([served(10, 1)], [row(16, 1)], 5)).toMatchObject({ lost: [{ at: 10 }], duplicates: [{ at: 16 }] })
})

test('of two equal points the one that never came is missing, not the one before the row', () => {
  const result = reconcile([served(10, 1), served(13, 1), served(16, 1)], [row(14, 1), row(17, 1)], 5)
  expect(result).toMatchObject({ lost: [{ at: 10 }], duplicates: [] })
})

test('a row without a value was not served and counts as none', () => {
  expect(reconcile([], [row(11, null)], 5)).toMatchObject({ produced: 0, stored: 0, lost: [], duplicates: [] })
})
