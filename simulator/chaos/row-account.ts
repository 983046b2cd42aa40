import type { Feed } from './fed-row.ts'

const OFFERED = 1
const ACCEPTED = 2
const GROWTH = 2

/**
 * What one fed gateway was given, kept outside the system under test: which rows were offered to its journal, and of which it then said that
 * they are on disk. An offered row that was never accepted is in doubt: it may be stored or not.
 */
export class RowAccount {
  readonly feed: Feed
  #flags = new Uint8Array(65_536)
  #next = 0

  constructor(feed: Feed) {
    this.feed = feed
  }

  /** The first row that was never offered. */
  get next(): number {
    return this.#next
  }

  get accepted(): number {
    return this.#flags.subarray(0, this.#next).reduce((sum, flag) => sum + (flag & ACCEPTED ? 1 : 0), 0)
  }

  offer(first: number, last: number): void {
    while (last >= this.#flags.length) {
      const grown = new Uint8Array(this.#flags.length * GROWTH)
      grown.set(this.#flags)
      this.#flags = grown
    }
    for (let k = first; k <= last; k++) this.#flags[k] = OFFERED
    this.#next = Math.max(this.#next, last + 1)
  }

  accept(first: number, last: number): void {
    for (let k = first; k <= last; k++) this.#flags[k] = OFFERED | ACCEPTED
  }

  isOffered(k: number): boolean {
    return ((this.#flags[k] ?? 0) & OFFERED) !== 0
  }

  isAccepted(k: number): boolean {
    return ((this.#flags[k] ?? 0) & ACCEPTED) !== 0
  }
}
