import type { Lane, Ranges } from '#wire'
import type { OutgoingBatch } from './outbox.ts'

/** Bytes that may be under way: what the cloud acknowledges in this time. More would make an alarm wait behind backlog. */
const WINDOW_MS = 1500
/** The least that may be under way, so that a slow start still measures something. */
const WINDOW_BYTES_MIN = 4 * 1024
/** The most, whatever the rate. */
const WINDOW_BYTES_MAX = 4 * 1024 * 1024
/** Weight of a new measurement of the rate. */
const RATE_WEIGHT = 0.3
/** Without an acknowledgement for this long a batch counts as lost on the way. */
export const ACK_WAIT_MS = 10_000

interface Sent {
  readonly lane: Lane
  readonly first: number
  readonly last: number
  readonly bytes: number
  readonly sentAt: number
}

/** What is under way and not acknowledged yet. Times are monotonic machine milliseconds. */
export class Window {
  readonly #sent = new Map<string, Sent>()
  #bytes = 0
  #credit = Number.POSITIVE_INFINITY
  /** Bytes a millisecond that acknowledgements have freed. */
  #rate = 0
  #freedAt: number | null = null

  /** True when one more batch of readings may go. */
  get isOpen(): boolean {
    const limit = Math.min(WINDOW_BYTES_MAX, Math.max(WINDOW_BYTES_MIN, this.#rate * WINDOW_MS))
    return this.#credit > 0 && this.#bytes < limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether the batch is under way already. */
  holds({ lane, first }: OutgoingBatch): boolean {
    return this.#sent.has(`${lane} ${first}`)
  }

  add({ lane, first, last, bytes }: OutgoingBatch, now: number): void {
    this.#sent.set(`${lane} ${first}`, { lane, first, last, bytes: bytes.length, sentAt: now })
    this.#bytes += bytes.length
    this.#freedAt ??= now
  }

  /** Takes an acknowledgement: forgets the batches it covers and learns the rate. */
  settle(lane: Lane, ranges: Ranges, credit: number, now: number): void {
    let freed = 0
    for (const [key, sent] of this.#sent) {
      if (sent.lane !== lane || !ranges.some(([first, last]) => first <= sent.first && last >= sent.last)) continue
      this.#sent.delete(key)
      freed += sent.bytes
    }
    this.#bytes -= freed
    this.#credit = credit
    if (freed === 0) return
    const elapsed = Math.max(1, now - (this.#freedAt ?? now))
    this.#rate = this.#rate === 0 ? freed / elapsed : this.#rate * (1 - RATE_WEIGHT) + (freed / elapsed) * RATE_WEIGHT
    this.#freedAt = this.#sent.size > 0 ? now : null
  }

  /** Lanes with a batch that has waited too long for its acknowledgement; those batches are no longer under way. */
  expire(now: number): Lane[] {
    const lanes = new Set<Lane>()
    for (const [key, sent] of this.#sent) {
      if (now - sent.sentAt < ACK_WAIT_MS) continue
      this.#sent.delete(key)
      this.#bytes -= sent.bytes
      lanes.add(sent.lane)
    }
    return [...lanes]
  }
}
