/** Weight of a new measurement of the rate. */
const RATE_WEIGHT = 0.3

/** What was acknowledged when a batch went, and since when no more was. */
export interface RateMark {
  readonly bytes: number
  readonly at: number
}

/**
 * How many bytes the link carries, measured over a whole trip: from the last acknowledgement before a batch went to its own. Acknowledgements
 * that come together then say no more than those that come apart. Times are monotonic machine milliseconds.
 */
export class LinkRate {
  #acknowledged = 0
  #at = 0
  #bytesPerMs = 0
  #tripMs = Number.POSITIVE_INFINITY

  /** 0: not known. */
  get bytesPerMs(): number {
    return this.#bytesPerMs
  }

  /** The shortest time from sending to acknowledgement; 0: not known. */
  get tripMs(): number {
    return Number.isFinite(this.#tripMs) ? this.#tripMs : 0
  }

  /** @param isFirst nothing else is under way */
  mark(now: number, isFirst: boolean): RateMark {
    if (isFirst) this.#at = now
    return { bytes: this.#acknowledged, at: this.#at }
  }

  /** @param isFull whether the link was what limited it: where more could have been sent, it carries at the least so much */
  learn(
    freed: number,
    { mark, sentAt }: { readonly mark: RateMark; readonly sentAt: number },
    now: number,
    isFull: boolean,
  ): void {
    this.#acknowledged += freed
    this.#at = now
    this.#tripMs = Math.min(this.#tripMs, now - sentAt)
    const rate = (this.#acknowledged - mark.bytes) / Math.max(1, now - mark.at)
    if (this.#bytesPerMs === 0) this.#bytesPerMs = rate
    else if (isFull || rate > this.#bytesPerMs) this.#bytesPerMs += (rate - this.#bytesPerMs) * RATE_WEIGHT
  }
}
