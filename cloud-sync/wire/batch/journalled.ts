import type { Reading } from '#devices'

/** A reading with what the journal adds: it never changes once it was sent. */
export interface JournalledReading extends Reading {
  readonly seq: number
  /** 0, 1, 2 … among the rows of one (device, point, at). */
  readonly n: number
  /** Version of the device's profile, which knows the decimals. */
  readonly hash: string
  readonly commit: Commit
}

/** One group commit of the journal: relates site time and machine time, so that a clock can be corrected later. */
export interface Commit {
  /** Names one run of the gateway's process. */
  readonly boot: string
  /** Journal time: epoch ms UTC, site clock. */
  readonly journalled: number
  /** Monotonic machine milliseconds in this boot. */
  readonly mono: number
}
