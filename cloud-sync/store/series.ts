import type { Quality, Reason, Value } from '#devices'

/** One stored value of a point. */
export interface SeriesValue {
  /** Observe time, epoch ms UTC, site clock. */
  readonly at: number
  /** 0, 1, 2 … among the rows of one (device, point, at). */
  readonly n: number
  /** A count of 10^-decimals of the profile version `hash`, a state, a text or null. */
  readonly value: Value
  readonly quality: Quality
  readonly reason?: Reason
  /** When the cloud took it, epoch ms, site clock. */
  readonly received: number
  /** Version of the profile that tells the value's unit and decimals. */
  readonly hash: string
}

export interface SeriesRow extends SeriesValue {
  readonly device: string
  readonly point: string
}

/** Rows of one point with `from <= at < to`, at most `limit`. */
export interface SeriesQuery {
  readonly device: string
  readonly point: string
  readonly from: number
  readonly to: number
  readonly limit: number
}

export interface BucketsQuery extends SeriesQuery {
  /** Width of a bucket in ms; buckets begin at whole multiples of it since the epoch. */
  readonly step: number
}

/** The values of one bucket, numbers and states (false 0, true 1) only: null where it holds rows without any, so that a gap stays a gap. */
export interface Bucket {
  /** Where the bucket begins. */
  readonly at: number
  /** Counts of two profile versions are never mixed: where the version changes, two buckets begin at one time. */
  readonly hash: string
  readonly min: number | null
  readonly max: number | null
  /** The newest by (at, n). */
  readonly last: number | null
  /** Rows that have a value. */
  readonly count: number
  /** How many of them are suspect. */
  readonly suspect: number
}

/** `truncated`: the limit ended it; ask again from the last `at`. */
export interface Page<T> {
  readonly rows: readonly T[]
  readonly truncated: boolean
}

/** A row that the store will never take as it is, with the store's own words. */
export interface RefusedRow {
  readonly row: SeriesRow
  readonly why: string
}

/** What the writer left in the store, to see whether it still is what it was. */
export interface SeriesMark {
  /** Names one life of the store: a store that was wiped begins another. */
  readonly life: string
  /** Everything up to this batch of the inbox is in the store. */
  readonly reached: number
}

/** Rows in one write. */
export const SERIES_ROWS_MAX = 10_000
/** Rows or buckets in one answer. */
export const SERIES_LIMIT_MAX = 100_000

/**
 * Measurements, append-only. A store may be wiped and refilled from the inbox at any time: the same rows in any order and any number of times
 * give an equal store.
 */
export interface SeriesStore extends AsyncDisposable {
  /**
   * Durable when it resolves: all rows but those it returns, which the store refuses for good. The same value again under the same
   * (device, point, at, n) is nothing; another value there is kept under the next free n as `suspect`, reason `conflict`: nothing is ever
   * overwritten. When it throws, some rows may be written; the same rows are to be written again.
   * @throws StoreError `invalid` or `readonly` before anything is written, `unavailable`
   */
  write(rows: readonly SeriesRow[]): Promise<readonly RefusedRow[]>
  /** Ascending by (at, n). */
  range(query: SeriesQuery): Promise<Page<SeriesValue>>
  /** Ascending; a bucket without rows is absent. */
  buckets(query: BucketsQuery): Promise<Page<Bucket>>
  /** Rows in the store. */
  count(): Promise<number>
  /** The mark; a store that has none is given one with a new life, `reached` 0. @throws StoreError `readonly`, `unavailable` */
  mark(): Promise<SeriesMark>
  /**
   * Says how far its writer has come. It leaves the life as it is, so that a store that was wiped a moment ago is not taken for the old one.
   * @throws StoreError `readonly`, `unavailable`
   */
  setReached(reached: number): Promise<void>
  /** Names one run of the store's server; null where there is none, or it does not say. @throws StoreError `unavailable` */
  server(): Promise<string | null>
}
