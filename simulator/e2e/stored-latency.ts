import type { FeedMessage } from './cloud-client.ts'
import { keyOf, type Reconciled } from './reconcile.ts'

export interface StoredLatency {
  /** Machine time at which the row was committed in the cloud. */
  readonly stored: number
  /** From the answer on the wire until then. */
  readonly ms: number
}

/** The latency of every row that the feed told of. */
export function storedLatencies(feed: readonly FeedMessage[], { origin }: Reconciled): StoredLatency[] {
  type Row = { device: string; point: string; at: number; n: number; stored: number }
  return feed.flatMap(({ event, data }) => {
    if (event !== 'readings') return []
    return (data as { rows: Row[] }).rows.flatMap((row) => {
      const served = origin.get(keyOf(row))
      return served ? [{ stored: row.stored, ms: row.stored - served.t }] : []
    })
  })
}
