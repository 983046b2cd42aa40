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
  #next: number
  /** When this process heard of each row, epoch ms; only of rows that the site's clock stamps. */
  readonly #heardAt: number[] = []

  /** @param from the first row to be offered */
  constructor(feed: Feed, from = 0) {
    this.feed = feed
    this.#next = from
  }

  /** What several processes under one name were given, each rows of its own. */
  static together(accounts: readonly [RowAccount, ...RowAccount[]]): RowAccount {
    if (accounts.length === 1) return accounts[0]
    const sum = new RowAccount(accounts[0].feed)
    for (const account of accounts) {
      for (let k = 0; k < account.next; k++) {
        if (account.isAccepted(k)) sum.accept(k, k)
        else if (account.isOffered(k)) sum.offer(k, k)
      }
    }
    return sum
  }

  /** The first row that was never offered. */
  get next(): number {
    return this.#next
  }

  get accepted(): number {
    return this.#flags.subarray(0, this.#next).reduce((sum, flag) => sum + (flag & ACCEPTED ? 1 : 0), 0)
  }

  /** When a row was taken, as far as this process knows: it heard of it right after. */
  heardAt(k: number): number {
    return this.#heardAt[k] ?? Number.NaN
  }

  offer(first: number, last: number): void {
    if (this.feed.isClocked) for (let k = first; k <= last; k++) this.#heardAt[k] = Date.now()
    this.#mark(first, last, OFFERED)
  }

  accept(first: number, last: number): void {
    this.#mark(first, last, OFFERED | ACCEPTED)
  }

  isOffered(k: number): boolean {
    return ((this.#flags[k] ?? 0) & OFFERED) !== 0
  }

  isAccepted(k: number): boolean {
    return ((this.#flags[k] ?? 0) & ACCEPTED) !== 0
  }

  #mark(first: number, last: number, flags: number): void {
    while (last >= this.#flags.length) {
      const grown = new Uint8Array(this.#flags.length * GROWTH)
      grown.set(this.#flags)
      this.#flags = grown
    }
    this.#flags.fill(flags, first, last + 1)
    this.#next = Math.max(this.#next, last + 1)
  }
}
