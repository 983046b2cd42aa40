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
  /** Holds what is pending, with room behind it, so that a frame that comes byte by byte is not copied for each of them. */
  #store: Uint8Array = EMPTY
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
    const bytes = this.#joined(chunk)
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
    this.#keep(bytes, from)
    return frames
  }

  reset(measure = this.#measure): void {
    this.#dropped += this.#pending.length
    this.#keep(EMPTY, 0)
    this.#measure = measure
  }

  /** What is pending and the chunk behind it: the chunk itself, or a part of the store. */
  #joined(chunk: Uint8Array): Uint8Array {
    const pending = this.#pending
    // Not as a Buffer: its slice is a view, and who reads into one buffer again and again would change a frame already given.
    if (pending.length === 0) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)
    const length = pending.length + chunk.length
    const hasRoom = pending.byteOffset + length <= this.#store.length
    const from = hasRoom ? pending.byteOffset : 0
    if (!hasRoom) {
      this.#store = new Uint8Array(2 * length)
      this.#store.set(pending)
    }
    this.#store.set(chunk, from + pending.length)
    return this.#store.subarray(from, from + length)
  }

  /** Keeps the bytes from there on: where they lie in the store, or a copy if they are the caller's or only a small part of it. */
  #keep(bytes: Uint8Array, from: number): void {
    const rest = bytes.subarray(from)
    const isKept = rest.buffer === this.#store.buffer && rest.length * ROOM >= this.#store.length
    if (!isKept) this.#store = rest.length === 0 ? EMPTY : new Uint8Array(rest)
    this.#pending = isKept ? rest : this.#store
  }
}

const EMPTY = new Uint8Array()
/** A store is at most so many times as long as what is pending in it. */
const ROOM = 4
