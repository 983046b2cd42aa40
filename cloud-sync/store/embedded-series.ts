import { setImmediate as turn } from 'node:timers/promises'
import { Kysely, SqliteDialect } from 'kysely'
import { type BucketInput, BucketSums } from './bucket-sums.ts'
import { expectCurrent, migrate } from './migrate.ts'
import { SERIES_MIGRATIONS } from './migrations/index.ts'
import type {
  Bucket,
  BucketsQuery,
  Page,
  RefusedRow,
  SeriesMark,
  SeriesQuery,
  SeriesRow,
  SeriesStore,
  SeriesValue,
} from './series.ts'
import { checkLimit, checkStep, readRow, type StoredRow } from './series-row.ts'
import { SeriesWriter } from './series-writer.ts'
import type { Sqlite } from './sqlite.ts'
import { StoreError } from './store-error.ts'
import { type OpenedSqlite, type OpenOptions, openLocked } from './writer-lock.ts'

/** Width of a bucket of the key, see `migrations/series-0001-values.ts`. */
export const KEY_BUCKET_MS = 15 * 60_000
/** Rows folded into buckets before other work gets its turn: some 5 ms. */
const SCAN_ROWS_MAX = 10_000

/**
 * The series store that needs no server: one SQLite file.
 *
 * Commits are `synchronous=FULL`, though its rows could be had again from the inbox: the reader that writes here keeps its cursor in another
 * file, and a cursor that survives a power cut which its rows did not would skip them for ever.
 * @throws StoreError `missing` or `older` (readonly), `newer`, `locked`, `unsafe`
 */
export async function openEmbeddedSeries(file: string, options: OpenOptions = {}): Promise<SeriesStore> {
  const opened = openLocked(file, options)
  const { sqlite } = opened
  try {
    if (options.readonly) expectCurrent(sqlite, file, SERIES_MIGRATIONS)
    else await migrate(sqlite, new Kysely({ dialect: new SqliteDialect({ database: sqlite }) }), file, SERIES_MIGRATIONS)
    return new EmbeddedSeries(opened, options.readonly ?? false)
  } catch (error) {
    opened[Symbol.dispose]()
    throw error
  }
}

/** Rows of one series from (at, n) on; the chunks of a series come in order, so that SQLite sorts nothing. */
const RUN = `
  from chunk c join value v on v.bucket = c.bucket and v.series = c.series
  where c.series = ? and c.bucket between ? and ? and v.at >= ? and v.at < ?`

class EmbeddedSeries implements SeriesStore {
  readonly #sqlite: Sqlite
  readonly #opened: OpenedSqlite
  readonly #writer: SeriesWriter | undefined
  constructor(opened: OpenedSqlite, isReadonly: boolean) {
    this.#opened = opened
    this.#sqlite = opened.sqlite
    this.#writer = isReadonly ? undefined : new SeriesWriter(opened.sqlite, KEY_BUCKET_MS)
  }

  async write(rows: readonly SeriesRow[]): Promise<readonly RefusedRow[]> {
    if (this.#writer === undefined) throw new StoreError('readonly', 'expected a series store opened for writing')
    this.#writer.write(rows)
    return []
  }

  async range(query: SeriesQuery): Promise<Page<SeriesValue>> {
    const limit = checkLimit(query.limit)
    const series = this.#seriesOf(query)
    if (series === undefined) return { rows: [], truncated: false }
    const { from, to } = query
    const rows = this.#sqlite
      .prepare<unknown[], StoredRow>(
        `select v.at, v.n, v.value, v.is_state, v.quality, v.reason, v.received, (select hash from profile where id = v.profile)
        ${RUN} order by c.bucket, v.at, v.n limit ?`,
      )
      .raw()
      .all(series, keyBucket(from), keyBucket(to), from, to, limit + 1)
    return { rows: rows.slice(0, limit).map(readRow), truncated: rows.length > limit }
  }

  async buckets(query: BucketsQuery): Promise<Page<Bucket>> {
    const limit = checkLimit(query.limit)
    const sums = new BucketSums(checkStep(query.step))
    for await (const rows of this.#scan(query)) {
      for (const row of rows) sums.add(row)
      if (sums.rows.length > limit) break
    }
    return { rows: sums.rows.slice(0, limit), truncated: sums.rows.length > limit }
  }

  async count(): Promise<number> {
    return this.#sqlite.prepare<[], number>('select rows from total').pluck().get() ?? 0
  }

  async mark(): Promise<SeriesMark> {
    const mark = this.#sqlite.prepare<[], SeriesMark>('select life, reached from mark').get()
    if (mark === undefined) throw new StoreError('missing', 'expected the mark that the schema begins with, got none')
    return mark
  }

  async setReached(reached: number): Promise<void> {
    if (this.#writer === undefined) throw new StoreError('readonly', 'expected a series store opened for writing')
    this.#sqlite.prepare('update mark set reached = ?').run(reached)
  }

  async server(): Promise<null> {
    return null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#opened[Symbol.dispose]()
  }

  #seriesOf({ device, point }: SeriesQuery): number | undefined {
    return this.#sqlite
      .prepare<[string, string], number>('select id from series where device = ? and point = ?')
      .pluck()
      .get(device, point)
  }

  /** The rows of a query in runs, each read at once; other work gets its turn in between. */
  async *#scan(query: SeriesQuery): AsyncGenerator<readonly BucketInput[]> {
    const series = this.#seriesOf(query)
    if (series === undefined) return
    const statement = this.#sqlite
      .prepare<unknown[], [...BucketInput, number]>(
        `select v.at, case typeof(v.value) when 'text' then null else v.value end, v.quality = 1,
          (select hash from profile where id = v.profile), v.n
        ${RUN} and (v.at, v.n) > (?, ?) order by c.bucket, v.at, v.n limit ${SCAN_ROWS_MAX}`,
      )
      .raw()
    let [at, n] = [query.from, -1]
    for (;;) {
      const rows = statement.all(series, keyBucket(at), keyBucket(query.to), at, query.to, at, n)
      yield rows.map(([time, value, suspect, hash]) => [time, value, suspect, hash])
      const last = rows.at(-1)
      if (last === undefined || rows.length < SCAN_ROWS_MAX) return
      ;[at, n] = [last[0], last[4]]
      await turn()
    }
  }
}

/** Not left to SQLite, which is handed floats and would not divide to a whole number. */
const keyBucket = (at: number) => Math.floor(at / KEY_BUCKET_MS)
