/** Frames that a peer may send at once, beyond what comes with time. */
export const FRAMES_BURST_MAX = 200
/** Frames a second that a peer may send for long: an image in many packets is sent no faster over any radio. */
export const FRAMES_PER_SECOND_MAX = 50

/** How many frames one peer has sent, against how many it may. */
export class FrameRate {
  #left = FRAMES_BURST_MAX
  #at: number

  /** @param at machine time in milliseconds */
  constructor(at: number) {
    this.#at = at
  }

  /** Counts frames that came. @returns machine milliseconds until the peer may send more; 0: it may at once */
  take(count: number, at: number): number {
    this.#left = Math.min(FRAMES_BURST_MAX, this.#left + ((at - this.#at) * FRAMES_PER_SECOND_MAX) / 1000) - count
    this.#at = at
    return this.#left >= 0 ? 0 : (-this.#left * 1000) / FRAMES_PER_SECOND_MAX
  }

  /** Whether a frame may come now. */
  has(at: number): boolean {
    return this.take(0, at) === 0 && this.#left >= 1
  }
}
