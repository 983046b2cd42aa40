import { crc32, deflateRawSync } from 'node:zlib'
import { encode } from 'cborg'
import type { SiteEvent } from '../event.ts'
import { encodeReadings } from './encode-columns.ts'
import type { JournalledReading } from './journalled.ts'
import type { Lane } from './lane.ts'
import { WIRE_VERSION } from './version.ts'

/** Rows in one batch. */
export const BATCH_ROWS_MAX = 1000
/** The whole message, compressed: it passes every broker's limit. */
export const BATCH_BYTES_MAX = 64 * 1024
/** Consecutive rows of one lane; `first` and `last` are their lowest and highest seq. */
export type Batch = {
  readonly gateway: string
  /** Names the life of one journal file. */
  readonly epoch: string
  readonly first: number
  readonly last: number
} & (
  | { readonly lane: 'reading'; readonly rows: readonly JournalledReading[] }
  | { readonly lane: Exclude<Lane, 'reading'>; readonly rows: readonly JournalledEvent[] }
)

export interface JournalledEvent {
  readonly seq: number
  readonly event: SiteEvent
}

/** Encodes a batch; the same rows always give the same bytes. See batch.cddl. */
export function encodeBatch(batch: Batch): Uint8Array {
  const { gateway, epoch, lane, first, last, rows } = batch
  const columns = batch.lane === 'reading' ? encodeReadings(batch.rows) : batch.rows.map(({ seq, event }) => [seq, event])
  const body = deflateRawSync(encode(columns))
  return encode({ v: WIRE_VERSION, gateway, epoch, lane, first, last, rows: rows.length, crc: crc32(body), body })
}
