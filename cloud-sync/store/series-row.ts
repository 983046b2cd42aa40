import { QUALITIES, REASONS, type Value } from '#devices'
import type { SeriesRow, SeriesValue } from './series.ts'
import { StoreError } from './store-error.ts'

/** Series time is `at`·10⁶ ns + n, so n has six digits. */
export const N_MAX = 999_999

/** A value as SQLite keeps it, with whether its integer is a truth value. */
export type StoredValue = readonly [value: number | string | null, isState: 0 | 1]

/** Columns `at, n, value, is_state, quality, reason, received, hash` of a row as it was read. */
export type StoredRow = readonly [number, number, number | string | null, 0 | 1, number, number | null, number, string]

/** @throws StoreError `invalid` for what no store could give back as it was */
export function checkRow({ device, point, at, n, value }: SeriesRow): void {
  const where = `${device} ${point} at ${at}`
  if (!Number.isSafeInteger(at)) throw new StoreError('invalid', `expected a time in whole ms, got ${where}`)
  if (!(Number.isInteger(n) && n >= 0 && n <= N_MAX))
    throw new StoreError('invalid', `expected n from 0 to ${N_MAX}, got ${n} for ${where}`)
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new StoreError('invalid', `expected a whole count, got ${value} for ${where}`)
}

export function storeValue(value: Value): StoredValue {
  return typeof value === 'boolean' ? [value ? 1 : 0, 1] : [value, 0]
}

/** Codes are places in the vocabulary's lists, which only grow at their ends. */
export function storeQuality({ quality, reason }: SeriesRow): readonly [quality: number, reason: number | null] {
  return [QUALITIES.indexOf(quality), reason === undefined ? null : REASONS.indexOf(reason)]
}

export function readRow([at, n, value, isState, quality, reason, received, hash]: StoredRow): SeriesValue {
  const known = reason === null ? undefined : REASONS[reason]
  return {
    at,
    n,
    value: isState === 1 ? value === 1 : value,
    quality: QUALITIES[quality] ?? 'bad',
    ...(known && { reason: known }),
    received,
    hash,
  }
}
