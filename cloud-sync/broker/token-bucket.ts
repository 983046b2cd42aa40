/** So much at once, and so much a second afterwards. Whoever takes more than is there owes it, and waits. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #most: number
  #tokens: number
  #at: number

  /** @param now machine ms */
  constructor({ perSecond, most }: { readonly perSecond: number; readonly most: number }, now: number) {
    this.#perSecond = perSecond
    this.#most = most
    this.#tokens = most
    this.#at = now
  }

  /** True when nothing is owed or missing: it may be forgotten. */
  isFull(now: number): boolean {
    this.#refill(now)
    return this.#tokens >= this.#most
  }

  /** Takes what has come already. @returns after how many ms more may come; 0: at once */
  take(count: number, now: number): number {
    this.#refill(now)
    this.#tokens -= count
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#perSecond) * 1000)
  }

  /** Takes one where there is one. */
  takeOne(now: number): boolean {
    this.#refill(now)
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  #refill(now: number): void {
    this.#tokens = Math.min(this.#most, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
  }
}
