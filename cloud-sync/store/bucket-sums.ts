import type { Bucket } from './series.ts'

/** Columns `at, value, suspect, hash`; the value is null for a text as well. */
export type BucketInput = readonly [at: number, value: number | null, suspect: 0 | 1, hash: string]

/** Folds rows in the order of (at, n) into buckets of `step` ms. */
export class BucketSums {
  readonly #step: number
  readonly #rows: { -readonly [Key in keyof Bucket]: Bucket[Key] }[] = []
  constructor(step: number) {
    this.#step = step
  }

  get rows(): readonly Bucket[] {
    return this.#rows
  }

  add([at, value, suspect, hash]: BucketInput): void {
    const bucket = this.#bucket(Math.floor(at / this.#step) * this.#step, hash)
    if (value === null) return
    bucket.min = bucket.min === null ? value : Math.min(bucket.min, value)
    bucket.max = bucket.max === null ? value : Math.max(bucket.max, value)
    bucket.last = value
    bucket.count++
    bucket.suspect += suspect
  }

  /** Versions may alternate within one bucket, so all of the newest time are looked at. */
  #bucket(at: number, hash: string) {
    for (let index = this.#rows.length - 1; this.#rows[index]?.at === at; index--) {
      const known = this.#rows[index]
      if (known?.hash === hash) return known
    }
    const bucket = { at, hash, min: null, max: null, last: null, count: 0, suspect: 0 }
    this.#rows.push(bucket)
    return bucket
  }
}
