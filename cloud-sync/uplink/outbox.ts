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
  /** The first sealed batch of the lane that lies after `after`, or the waiting rows sealed now; null where nothing waits. */
  next(lane: Lane, after: number): Promise<OutgoingBatch | null>
  /** Frees exactly what the acknowledgement names. */
  settle(ack: Ack): Promise<void>
  /** Begins a new epoch, where this one is still the outbox's. */
  renew(epoch: string, why: string): Promise<void>
  /** Calls after each commit. */
  onCommit(listener: () => void): Disposable
}
