import type { Records, RefusedRow, SeriesStore } from '#cloud/store'
import type { Inbox } from './inbox.ts'
import { Owners } from './owners.ts'
import { AHEAD_MAX_MS } from './refusal.ts'
import { rowsOf, writeRows } from './series-writer.ts'

/** Batches that are written together. */
const STEP_BATCHES_MAX = 32
/** Refused rows that are told by name. */
const NAMED_MAX = 100

export interface RefillOptions {
  readonly inbox: Inbox
  readonly series: SeriesStore
  /** Tells whose device is whose; null: there are none yet. */
  readonly records: Records | null
  /** Rows with `from <= at < to`, observe time, epoch ms. */
  readonly from: number
  readonly to: number
}

export interface Refilled {
  /** Batches that were looked through. */
  readonly batches: number
  /** Rows that are in the series store now, whether they were before or not. */
  readonly rows: number
  /** Rows that the series store refuses. */
  readonly refused: number
  /** The first of them. */
  readonly named: readonly RefusedRow[]
}

/**
 * Writes a time range of the inbox into the series store again, in the order in which it came. What is there already stays as it is.
 * @throws StoreError of the series store; doing it again goes on from the beginning and changes nothing twice
 */
export async function refill({ inbox, series, records, from, to }: RefillOptions, stop: AbortSignal): Promise<Refilled> {
  const isWanted = (at: number) => at >= from && at < to
  const owners = new Owners()
  const named: RefusedRow[] = []
  let [batches, rows, refused] = [0, 0, 0]
  // A row may have come before its time by as much as a clock may be ahead.
  for (let cursor = inbox.idBefore(from - AHEAD_MAX_MS); !stop.aborted; ) {
    const entries = inbox.after(cursor, STEP_BATCHES_MAX)
    const last = entries.at(-1)
    if (last === undefined) break
    const wanted = rowsOf(records ? (await owners.part(records.db, entries)).own : entries, isWanted)
    const refusals = await writeRows(series, wanted)
    named.push(...refusals.slice(0, NAMED_MAX - named.length))
    batches += entries.length
    rows += wanted.length - refusals.length
    refused += refusals.length
    cursor = last.id
  }
  return { batches, rows, refused, named }
}
