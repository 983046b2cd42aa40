/** `measure` cannot tell yet how long the frame is. */
export const INCOMPLETE = 0
/** No frame starts here: the next byte is tried. */
export const NO_FRAME = -1

/**
 * The length of the frame that starts at `from`; or `INCOMPLETE`; or minus the number of bytes that certainly start none (`NO_FRAME`: one).
 * Must not depend on bytes behind that length, and must tell within a bound of its own whether a frame can still come.
 */
export type Measure = (bytes: Uint8Array, from: number) => number

/** The frame at `from`, all of its bytes being there; undefined if its check does not hold. Must copy what it keeps of `bytes`. */
export type Take<T> = (bytes: Uint8Array, from: number, length: number) => T | undefined

/** What cuts a stream: every protocol has one. */
export interface Splitter<T> {
  /** Bytes that belonged to no frame, so far. */
  readonly droppedBytes: number
  /** Bytes of a frame that is not complete yet. */
  readonly pendingBytes: number
  /** The frames that this chunk completes. */
  push(chunk: Uint8Array): T[]
  /** Forgets an incomplete frame, as after a new connection; its bytes count as dropped. */
  reset(): void
}

/**
 * Cuts a byte stream into frames. Where none starts, one byte is dropped and counted and the next is tried, so that a stream falls back into
 * step after noise. Holds less than one frame of the greatest length that `measure` tells.
 */
export class FrameSplitter<T> implements Splitter<T> {
  readonly #take: Take<T>
  #measure: Measure
  #pending: Uint8Array = EMPTY
  #dropped = 0

  constructor(measure: Measure, take: Take<T>) {
    this.#measure = measure
    this.#take = take
  }

  get droppedBytes(): number {
    return this.#dropped
  }

  get pendingBytes(): number {
    return this.#pending.length
  }

  push(chunk: Uint8Array): T[] {
    const bytes = joined(this.#pending, chunk)
    const frames: T[] = []
    let from = 0
    while (from < bytes.length) {
      const length = this.#measure(bytes, from)
      if (length === INCOMPLETE || from + length > bytes.length) break
      const frame = length < 0 ? undefined : this.#take(bytes, from, length)
      if (frame === undefined) {
        const skipped = length < 0 ? Math.min(-length, bytes.length - from) : 1
        from += skipped
        this.#dropped += skipped
      } else {
        frames.push(frame)
        from += length
      }
    }
    this.#pending = from === bytes.length ? EMPTY : new Uint8Array(bytes.subarray(from))
    return frames
  }

  reset(measure = this.#measure): void {
    this.#dropped += this.#pending.length
    this.#pending = EMPTY
    this.#measure = measure
  }
}

const EMPTY = new Uint8Array()

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  // Not as a Buffer: its slice is a view, and who reads into one buffer again and again would change a frame already given.
  if (first.length === 0) return new Uint8Array(second.buffer, second.byteOffset, second.length)
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
