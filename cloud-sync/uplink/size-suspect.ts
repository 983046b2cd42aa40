import type { Lane } from '#wire'
import type { Sent } from './window.ts'

/** So often the same batch must have failed as the largest of those that did. */
const STRIKES = 2
/** The same, where as large a one was acknowledged before. */
const STRIKES_OF_KNOWN_SIZE = 4
/** Smaller pieces are not tried: every broker takes these. */
const PIECE_BYTES_MIN = 512

/** A batch that is to be sealed anew in pieces of at most so many bytes. */
export interface Suspicion {
  readonly lane: Lane
  readonly first: number
  readonly bytesMax: number
  /** That its size is the reason is more than a guess: from now on no batch is larger. */
  readonly isBound: boolean
}

/**
 * Finds batches that do not get through because they are too large for the broker. One broker ends the connection at them, another takes and drops
 * them; both look like a bad link, but a bad link does not choose the largest again and again.
 */
export class SizeSuspect {
  #suspect: { readonly lane: Lane; readonly first: number; strikes: number } | null = null
  #acknowledgedBytes = 0

  /** Batches that were acknowledged. */
  clear(sent: readonly Sent[]): void {
    for (const { lane, first, bytes } of sent) {
      this.#acknowledgedBytes = Math.max(this.#acknowledgedBytes, bytes)
      if (this.#suspect?.lane === lane && this.#suspect.first === first) this.#suspect = null
    }
  }

  /** Batches that failed together: untaken at the end of a connection, or taken and never acknowledged. */
  judge(failed: readonly Sent[]): Suspicion | null {
    const largest = failed.reduce<Sent | null>((most, sent) => (most === null || sent.bytes > most.bytes ? sent : most), null)
    if (largest === null || largest.rows < 2 || largest.bytes <= PIECE_BYTES_MIN) return null
    const { lane, first, bytes, isTaken, isPassed } = largest
    if (this.#suspect?.lane !== lane || this.#suspect.first !== first) this.#suspect = { lane, first, strikes: 0 }
    this.#suspect.strikes += 1
    const isLarger = bytes > this.#acknowledgedBytes
    if (this.#suspect.strikes < (isLarger ? STRIKES : STRIKES_OF_KNOWN_SIZE)) return null
    this.#suspect = null
    const isProven = isTaken ? isPassed : this.#acknowledgedBytes > 0
    if (isProven) this.#acknowledgedBytes = Math.min(this.#acknowledgedBytes, bytes - 1)
    return { lane, first, bytesMax: Math.max(PIECE_BYTES_MIN, bytes >> 1), isBound: isLarger && isProven }
  }
}
