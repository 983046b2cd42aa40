import { QUALITIES, type Quality, REASONS, type Reason, type Value } from '#devices'
import { SERIES_LIMIT_MAX, SERIES_ROWS_MAX, type SeriesRow, type SeriesValue } from './series.ts'
import { StoreError } from './store-error.ts'

/** Series time is `at`·10⁶ ns + n, so n has six digits. */
export const N_MAX = 999_999

/** A value as SQLite keeps it, with whether its integer is a truth value. */
export type StoredValue = readonly [value: number | string | null, isState: 0 | 1]

/** Columns `at, n, value, is_state, quality, reason, received, hash` of a row as it was read. */
export type StoredRow = readonly [number, number, number | string | null, 0 | 1, number, number | null, number, string]

/** @throws StoreError `invalid` for more than one write may have, and for what no store could give back as it was */
export function checkRows(rows: readonly SeriesRow[]): void {
  if (rows.length > SERIES_ROWS_MAX)
    throw new StoreError('invalid', `expected at most ${SERIES_ROWS_MAX} rows, got ${rows.length}`)
  for (const row of rows) {
    const fault = faultOf(row)
    if (fault) throw new StoreError('invalid', `${fault} for ${row.device} ${row.point} at ${row.at}`)
  }
}

function faultOf({ at, n, value }: SeriesRow): string | undefined {
  if (!Number.isSafeInteger(at)) return `expected a time in whole ms, got ${at}`
  if (!(Number.isInteger(n) && n >= 0 && n <= N_MAX)) return `expected n from 0 to ${N_MAX}, got ${n}`
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return `expected a whole count, got ${value}`
  // A lone surrogate has no UTF-8: it would come back as another text.
  if (typeof value === 'string' && !value.isWellFormed()) return 'expected a text of whole characters'
  return undefined
}

/** @throws StoreError `invalid` */
export function checkLimit(limit: number): number {
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= SERIES_LIMIT_MAX)) {
    throw new StoreError('invalid', `expected a limit from 1 to ${SERIES_LIMIT_MAX}, got ${limit}`)
  }
  return limit
}

/** @throws StoreError `invalid` */
export function checkStep(step: number): number {
  if (!(Number.isSafeInteger(step) && step > 0)) throw new StoreError('invalid', `expected a step in whole ms, got ${step}`)
  return step
}

export function storeValue(value: Value): StoredValue {
  return typeof value === 'boolean' ? [value ? 1 : 0, 1] : [value, 0]
}

/** Codes are places in the vocabulary's lists, which only grow at their ends. */
export function storeQuality({
  quality,
  reason,
}: {
  readonly quality: Quality
  readonly reason?: Reason | undefined
}): readonly [quality: number, reason: number | null] {
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
