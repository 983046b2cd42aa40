import type { PointView, Threshold } from './api/views.ts'

/** Where a value stands among its limits: the furthest one it has passed and the next one before it. Distances are counts, never negative. */
export interface LimitNote {
  readonly passed: { readonly limit: Threshold; readonly by: number } | null
  readonly next: { readonly limit: Threshold; readonly by: number } | null
}

export function limitNote({ latest, thresholds }: Pick<PointView, 'latest' | 'thresholds'>): LimitNote {
  const value = latest?.value
  if (typeof value !== 'number') return { passed: null, next: null }
  const distances = thresholds
    .map((limit) => ({ limit, by: limit.direction === 'above' ? value - limit.value : limit.value - value }))
    .sort((a, b) => a.by - b.by)
  const passed = distances.find(({ by }) => by >= 0) ?? null
  const next = distances.findLast(({ by }) => by < 0)
  return { passed, next: next ? { limit: next.limit, by: -next.by } : null }
}
