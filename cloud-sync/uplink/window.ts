import type { Lane, Ranges } from '#wire'
import { LinkRate } from './link-rate.ts'
import type { OutgoingBatch } from './outbox.ts'

/** Bytes that may be under way: what the link carries in this time, beyond its own. More would make an alarm wait behind backlog. */
const WINDOW_MS = 1500
/** The least that may be under way, so that a slow start still measures something. */
const WINDOW_BYTES_MIN = 4 * 1024
/** The most, whatever the rate. */
const WINDOW_BYTES_MAX = 4 * 1024 * 1024
/** One batch of readings is no more than the link carries in this time, so that what overtakes it waits no longer. */
const BATCH_MS = 500
/** The least that a batch is bounded to: smaller ones compress badly. */
const BATCH_BYTES_MIN = 4 * 1024
/** Batches that the broker has not taken. */
const UNTAKEN_MAX = 16
/** Without an acknowledgement for this long a batch counts as lost on the way. */
export const ACK_WAIT_MS = 10_000

/** A batch under way. */
export interface Sent {
  readonly lane: Lane
  readonly first: number
  readonly last: number
  readonly rows: number
  readonly bytes: number
  readonly sentAt: number
  /** What was acknowledged when it was sent, and when the last of it was. */
  readonly mark: { readonly bytes: number; readonly at: number }
  /** The broker has it. */
  isTaken: boolean
  /** While it was under way a smaller one that went after it was acknowledged. */
  isPassed: boolean
}

/** What is under way and not acknowledged yet. Times are monotonic machine milliseconds. */
export class Window {
  readonly #sent = new Map<string, Sent>()
  readonly #rate = new LinkRate()
  #bytes = 0
  #untaken = 0
  #credit = Number.POSITIVE_INFINITY
  #creditAt = 0
  /** Doubles with each window that is acknowledged; begins again where a batch was lost. */
  #opened = WINDOW_BYTES_MIN

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that may be under way now. */
  get limit(): number {
    const { bytesPerMs, tripMs } = this.#rate
    const byRate = Math.max(WINDOW_BYTES_MIN, bytesPerMs * (WINDOW_MS + tripMs))
    return Math.min(WINDOW_BYTES_MAX, this.#opened, byRate, this.#credit > 0 ? this.#credit : Number.POSITIVE_INFINITY)
  }

  /** Bytes of one batch at the link's rate; the least where that is not known. */
  get batchBytes(): number {
    return Math.max(BATCH_BYTES_MIN, this.#rate.bytesPerMs * BATCH_MS)
  }

  /** As measured; 0: not known. */
  get bytesPerSecond(): number {
    return Math.round(this.#rate.bytesPerMs * 1000)
  }

  /** Whether anything more may go in the lane: alarms always, events also without credit. */
  hasRoom(lane: Lane): boolean {
    return this.fits(lane, 1)
  }

  /** Whether a batch of so many bytes may go; one is always under way, however small the window. */
  fits(lane: Lane, bytes: number): boolean {
    if (lane === 'alarm') return true
    if (lane === 'reading' && this.#credit <= 0) return false
    return this.#untaken < UNTAKEN_MAX && (this.#bytes === 0 || this.#bytes + bytes <= this.limit)
  }

  /** Whether the batch is under way already. */
  holds({ lane, first }: OutgoingBatch): boolean {
    return this.#sent.has(`${lane} ${first}`)
  }

  /** @returns what is to be called once the broker has it */
  add({ lane, first, last, rows, bytes }: OutgoingBatch, now: number): () => void {
    const mark = this.#rate.mark(now, this.#sent.size === 0)
    const sent: Sent = { lane, first, last, rows, bytes: bytes.length, sentAt: now, mark, isTaken: false, isPassed: false }
    this.#sent.set(`${lane} ${first}`, sent)
    this.#bytes += bytes.length
    this.#untaken += 1
    return () => this.#take(sent)
  }

  /** Takes an acknowledgement: forgets the batches it covers, and learns the rate. @returns those batches */
  settle(lane: Lane, ranges: Ranges, credit: number, now: number): readonly Sent[] {
    const settled: Sent[] = []
    const isFull = this.#bytes >= this.limit / 2
    for (const sent of this.#sent.values()) {
      if (sent.lane !== lane || !ranges.some(([first, last]) => first <= sent.first && last >= sent.last)) continue
      settled.push(sent)
      this.#forget(sent)
    }
    this.#credit = credit
    this.#creditAt = now
    const [newest] = settled.slice(-1)
    if (!newest) return settled
    for (const left of this.#sent.values()) if (left.sentAt <= newest.sentAt && left.bytes > newest.bytes) left.isPassed = true
    const freed = settled.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#rate.learn(freed, newest, now, isFull)
    this.#opened = Math.min(WINDOW_BYTES_MAX, this.#opened + freed)
    return settled
  }

  /** Batches that have waited too long for their acknowledgement; they are no longer under way. */
  expire(now: number): Sent[] {
    // A cloud that was full and says nothing more is asked with one batch.
    if (this.#credit === 0 && now - this.#creditAt >= ACK_WAIT_MS) this.#credit = 1
    const expired = [...this.#sent.values()].filter(({ sentAt }) => now - sentAt >= ACK_WAIT_MS)
    for (const sent of expired) this.#forget(sent)
    if (expired.length > 0) this.#opened = WINDOW_BYTES_MIN
    return expired
  }

  /** What the broker has not taken. */
  untaken(): Sent[] {
    return [...this.#sent.values()].filter(({ isTaken }) => !isTaken)
  }

  /** Nothing is under way any more, and so much may follow. */
  clear(credit: number): void {
    for (const sent of this.#sent.values()) this.#forget(sent)
    this.#credit = credit
  }

  #take(sent: Sent): void {
    if (sent.isTaken) return
    sent.isTaken = true
    this.#untaken -= 1
  }

  #forget(sent: Sent): void {
    this.#sent.delete(`${sent.lane} ${sent.first}`)
    this.#bytes -= sent.bytes
    this.#take(sent)
  }
}
