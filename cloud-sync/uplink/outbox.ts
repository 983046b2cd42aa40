import type { Ack, Lane } from '#wire'

/** A batch as it goes out; sealed once, so that sending it again sends the same bytes. */
export interface OutgoingBatch {
  readonly lane: Lane
  readonly first: number
  readonly last: number
  readonly rows: number
  readonly bytes: Uint8Array
}

/** What the uplink needs of a journal: it sends and settles, and remembers nothing itself. */
export interface Outbox {
  /** The life of the numbers; where it changes, the next connection says so. */
  readonly epoch: string
  readonly boot: string
  /** Highest seq given out, lowest not acknowledged (0: none) and waiting rows of each lane. */
  readonly lanes: Readonly<Record<Lane, { readonly issued: number; readonly oldest: number; readonly waiting: number }>>
  /**
   * The first batch with waiting rows behind `after`, up to `until`: one sealed before, as it is, or rows sealed now, at most so many in at most
   * so many bytes. Null where nothing waits there.
   */
  next(lane: Lane, after: number, until?: number, rowsMax?: number, bytesMax?: number): Promise<OutgoingBatch | null>
  /** Seals the batch with this row anew, in pieces of at most so many bytes: one that never arrives as it is. */
  reseal(lane: Lane, seq: number, bytesMax: number): Promise<void>
  /** Frees exactly what the acknowledgement names. */
  settle(ack: Ack): Promise<void>
  /** Begins a new epoch, where this one is still the outbox's. */
  renew(epoch: string, why: string): Promise<void>
  /** Calls after each commit. */
  onCommit(listener: () => void): Disposable
}
