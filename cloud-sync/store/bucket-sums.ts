import type { Bucket } from './series.ts'

/** Columns `at, value, suspect`; the value is null for a text as well. */
export type BucketInput = readonly [at: number, value: number | null, suspect: 0 | 1]

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

  add([at, value, suspect]: BucketInput): void {
    const start = at - (at % this.#step)
    let bucket = this.#rows.at(-1)
    if (bucket?.at !== start) {
      bucket = { at: start, min: null, max: null, last: null, count: 0, suspect: 0 }
      this.#rows.push(bucket)
    }
    if (value === null) return
    bucket.min = bucket.min === null ? value : Math.min(bucket.min, value)
    bucket.max = bucket.max === null ? value : Math.max(bucket.max, value)
    bucket.last = value
    bucket.count++
    bucket.suspect += suspect
  }
}
