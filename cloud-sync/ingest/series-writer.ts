import type { Kysely } from 'kysely'
import { putLatest, type RecordTables, recordChange, SERIES_ROWS_MAX, type SeriesRow, type SeriesStore } from '#cloud/store'
import type { InboxEntry } from './inbox.ts'
import type { ReaderWork } from './reader.ts'

/** Writes readings into the series store, then, with the cursor, the newest of each point. */
export class SeriesWriter implements ReaderWork {
  readonly name = 'series'
  readonly #series: SeriesStore

  constructor(series: SeriesStore) {
    this.#series = series
  }

  async prepare(entries: readonly InboxEntry[]): Promise<void> {
    const rows = rowsOf(entries)
    for (let from = 0; from < rows.length; from += SERIES_ROWS_MAX)
      await this.#series.write(rows.slice(from, from + SERIES_ROWS_MAX))
  }

  async record(trx: Kysely<RecordTables>, entries: readonly InboxEntry[]): Promise<void> {
    const rows = rowsOf(entries)
    if (rows.length === 0) return
    const stored = Date.now()
    const change = await recordChange(trx, 'readings', '', stored)
    await putLatest(
      trx,
      rows.map(({ value, reason, ...row }) => ({ ...row, value: JSON.stringify(value), reason: reason ?? null, stored, change })),
    )
  }
}

function rowsOf(entries: readonly InboxEntry[]): SeriesRow[] {
  return entries.flatMap(({ batch, received }) =>
    batch.lane === 'reading'
      ? batch.rows.map(({ device, point, at, n, value, quality, reason, hash }) => ({
          device,
          point,
          at,
          n,
          value,
          quality,
          ...(reason && { reason }),
          received,
          hash,
        }))
      : [],
  )
}
