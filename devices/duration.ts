import { Type } from 'typebox'

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time as people write it in a file: `500ms`, `60s`, `10m`, `3h`, `1d`. */
export const Duration = (options: { default?: string; description?: string } = {}) =>
  Type.String({ pattern: '^[1-9][0-9]{0,5}(ms|s|m|h|d)$', ...options })

/** Milliseconds of a text that `Duration` accepted. */
export function durationMs(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  if (count === undefined || unit === undefined) throw new RangeError(`expected a duration such as 60s, got "${text}"`)
  return Number(count) * UNITS[unit as keyof typeof UNITS]
}
