import { type Ack, isInvitation, LANES, type Lane } from '#wire'
import type { OutgoingBatch } from './outbox.ts'

/** An answer that takes longer says too little about the time. */
const ANSWER_MS_MAX = 10_000

/**
 * Finds which answer of the cloud belongs to what was sent when, for it tells the cloud's time. Only a batch that was never sent before will do:
 * of another an old acknowledgement may be on its way. Times are monotonic machine milliseconds.
 */
export class TimeQuestion {
  /** The highest seq of each lane that was ever sent, or may have been. */
  #sentTo: Record<Lane, number> = { alarm: 0, event: 0, reading: 0 }
  #batch: { readonly lane: Lane; readonly first: number; readonly last: number; readonly sentAt: number } | null = null
  #statusAt: number | null = null

  /** A connection begins, in which rows up to these may have been sent. */
  begin(issued: Readonly<Record<Lane, { readonly issued: number }>>): void {
    for (const lane of LANES) this.#sentTo[lane] = issued[lane].issued
    this.#batch = null
    this.#statusAt = null
  }

  batch({ lane, first, last }: OutgoingBatch, now: number): void {
    if (first > this.#sentTo[lane] && (this.#batch === null || now - this.#batch.sentAt > ANSWER_MS_MAX))
      this.#batch = { lane, first, last, sentAt: now }
    this.#sentTo[lane] = Math.max(this.#sentTo[lane], last)
  }

  /** A status went that asks for an invitation. */
  status(now: number): void {
    if (this.#statusAt === null || now - this.#statusAt > ANSWER_MS_MAX) this.#statusAt = now
  }

  /** When that was sent which this answers; null where it answers nothing that was asked. */
  answered(ack: Ack): number | null {
    if (isInvitation(ack)) {
      const at = this.#statusAt
      this.#statusAt = null
      return at
    }
    const asked = this.#batch
    if (
      asked === null ||
      asked.lane !== ack.lane ||
      !ack.ranges.some(([first, last]) => first <= asked.first && last >= asked.last)
    )
      return null
    this.#batch = null
    return asked.sentAt
  }
}
