import type { Kysely } from 'kysely'
import {
  type ForeignRow,
  parkRows,
  putLatest,
  type Records,
  type RecordTables,
  type RefusedRow,
  recordChange,
  SERIES_ROWS_MAX,
  type SeriesRow,
  type SeriesStore,
} from '#cloud/store'
import type { InboxEntry } from './batch-table.ts'
import type { Owners } from './owners.ts'
import type { ReaderWork } from './reader.ts'
import { AHEAD_MAX_MS } from './refusal.ts'

/** Writes readings into the series store, then, with the cursor, the newest of each point. */
export class SeriesWriter implements ReaderWork {
  readonly name = 'series'
  readonly #series: SeriesStore
  readonly #records: Records
  readonly #owners: Owners
  /** From `prepare` to `record`. */
  readonly #prepared = new WeakMap<
    readonly InboxEntry[],
    { readonly rows: readonly SeriesRow[]; readonly refused: readonly (RefusedRow | ForeignRow)[] }
  >()

  /** Rows kept aside since the start. */
  parked = 0

  constructor(series: SeriesStore, records: Records, owners: Owners) {
    this.#series = series
    this.#records = records
    this.#owners = owners
  }

  async prepare(entries: readonly InboxEntry[]): Promise<void> {
    const { own, foreign } = await this.#owners.part(this.#records.db, entries)
    const rows = rowsOf(own)
    this.#prepared.set(entries, { rows, refused: [...foreign, ...(await writeRows(this.#series, rows))] })
  }

  async record(trx: Kysely<RecordTables>, entries: readonly InboxEntry[]): Promise<void> {
    const { rows, refused } = this.#prepared.get(entries) ?? { rows: [], refused: [] }
    const stored = Date.now()
    await parkRows(trx, refused, stored)
    this.parked += refused.length
    if (rows.length === 0) return
    const change = await recordChange(trx, 'readings', '', stored)
    await putLatest(
      trx,
      newestOf(rows.filter(isOfNow)).map(({ device, point, at, n, value, quality, reason = null, received, hash }) => {
        return { device, point, at, n, value: JSON.stringify(value), quality, reason, received, stored, hash, change }
      }),
    )
  }
}

/** One whose time is not known is nobody's newest: of a clock that ran ahead it would stay so until its time has come. */
function isOfNow({ at, reason, received }: SeriesRow): boolean {
  return reason !== 'clock' && at <= received + AHEAD_MAX_MS
}

/** The readings of batches, in the order they came. @param isWanted by observe time; without it all */
export function rowsOf(entries: readonly InboxEntry[], isWanted?: (at: number) => boolean): SeriesRow[] {
  const rows: SeriesRow[] = []
  for (const { batch, received } of entries) {
    if (batch.lane !== 'reading') continue
    for (const { device, point, at, n, value, quality, reason, hash } of batch.rows) {
      if (isWanted && !isWanted(at)) continue
      const row = { device, point, at, n, value, quality, received, hash }
      rows.push(reason === undefined ? row : { ...row, reason })
    }
  }
  return rows
}

/** Writes any number of rows; one part is made while another is written. @returns those that the store refuses @throws StoreError */
export async function writeRows(series: SeriesStore, rows: readonly SeriesRow[]): Promise<RefusedRow[]> {
  const parts: Promise<readonly RefusedRow[]>[] = []
  for (let from = 0; from < rows.length; from += SERIES_ROWS_MAX)
    parts.push(series.write(rows.slice(from, from + SERIES_ROWS_MAX)))
  return (await Promise.all(parts)).flat()
}

/** Of each point the newest row by (at, n): a step's rows are many, its points are few. */
function newestOf(rows: readonly SeriesRow[]): SeriesRow[] {
  const devices = new Map<string, Map<string, SeriesRow>>()
  for (const row of rows) {
    let points = devices.get(row.device)
    if (points === undefined) {
      points = new Map()
      devices.set(row.device, points)
    }
    const known = points.get(row.point)
    if (known === undefined || row.at > known.at || (row.at === known.at && row.n > known.n)) points.set(row.point, row)
  }
  return [...devices.values()].flatMap((points) => [...points.values()])
}
