import type { Kysely } from 'kysely'
import { BucketSums } from './bucket-sums.ts'
import type { Bucket, BucketsQuery, Page, SeriesQuery, SeriesStore, SeriesValue } from './series.ts'
import type { RecordTables } from './tables.ts'

/** What is shown of a series store. */
export type ShownSeries = Pick<SeriesStore, 'range' | 'buckets'>

/** A row at its true time counts its `n` from here, behind those that were stored with it. */
const N_REVISED = 500_000
/** Rows read at a time for buckets. */
const PAGE_ROWS = 10_000

/**
 * The series as people see it: a row whose time turned out to be wrong is shown once, at its true time. The store itself keeps every row as it came.
 * @param db the records, which know the rows that were revised
 */
export function showRevised(series: ShownSeries, db: Kysely<RecordTables>): ShownSeries {
  const shown: ShownSeries = {
    range: (query) => rangeOf(series, db, query),
    buckets: (query) => bucketsOf(series, db, query),
  }
  return shown
}

async function rangeOf(series: ShownSeries, db: Kysely<RecordTables>, query: SeriesQuery): Promise<Page<SeriesValue>> {
  if (!(await hasRevised(db, query))) return series.range(query)
  const { device, point, limit, to } = query
  const rows: SeriesValue[] = []
  let page: Page<SeriesValue> = { rows: [], truncated: true }
  let upper = to - 1
  // A page of which every row is shown elsewhere is no page.
  for (let [from, known] = [query.from, -1]; page.truncated && rows.length < limit; ) {
    page = await series.range({ device, point, from, to, limit })
    const fresh = page.rows.filter(({ at, n }) => at > from || n > known)
    const last = fresh.at(-1)
    const gone = await goneOf(db, { device, point, from, to: (page.truncated ? (last?.at ?? from) : to - 1) + 1 })
    rows.push(...fresh.filter(({ at, n }) => !gone.has(`${at} ${n}`)))
    if (!page.truncated || last === undefined) break
    upper = last.at
    ;[from, known] = [last.at, last.n]
  }
  if (!page.truncated) upper = to - 1
  const came = await cameOf(db, { device, point, from: query.from, to: upper + 1 }, limit + 1)
  const all = [...rows, ...came].sort((a, b) => a.at - b.at || a.n - b.n)
  return { rows: all.slice(0, limit), truncated: page.truncated || all.length > limit }
}

async function bucketsOf(series: ShownSeries, db: Kysely<RecordTables>, query: BucketsQuery): Promise<Page<Bucket>> {
  if (!(await hasRevised(db, query))) return series.buckets(query)
  const { device, point, step, limit } = query
  const { rows, truncated } = await series.buckets(query)
  const last = rows.at(-1)
  const to = truncated && last ? Math.min(query.to, last.at + step) : query.to
  const begins = new Set<number>()
  for (const at of await touchedBy(db, { device, point, from: query.from, to })) begins.add(Math.floor(at / step) * step)
  const counted = rows.filter(({ at }) => !begins.has(at))
  for (const begin of begins) {
    const sums = new BucketSums(step)
    const range = { device, point, from: Math.max(begin, query.from), to: Math.min(begin + step, to) }
    for await (const { at, value, quality, hash } of everyRow(series, db, range))
      sums.add([
        at,
        typeof value === 'boolean' ? Number(value) : typeof value === 'number' ? value : null,
        quality === 'suspect' ? 1 : 0,
        hash,
      ])
    counted.push(...sums.rows)
  }
  // Versions of one time stay in their order: a sort keeps it.
  counted.sort((a, b) => a.at - b.at)
  return { rows: counted.slice(0, limit), truncated: truncated || counted.length > limit }
}

type Range = Omit<SeriesQuery, 'limit'>

async function* everyRow(series: ShownSeries, db: Kysely<RecordTables>, range: Range): AsyncGenerator<SeriesValue> {
  for (let [from, known] = [range.from, -1]; ; ) {
    const { rows, truncated } = await rangeOf(series, db, { ...range, from, limit: PAGE_ROWS })
    const fresh = rows.filter(({ at, n }) => at > from || n > known)
    yield* fresh
    const last = fresh.at(-1)
    if (!truncated || last === undefined) return
    ;[from, known] = [last.at, last.n]
  }
}

const ofPoint = (db: Kysely<RecordTables>, { device, point }: Pick<Range, 'device' | 'point'>) =>
  db.selectFrom('revised').where('device', '=', device).where('point', '=', point)

async function hasRevised(db: Kysely<RecordTables>, { device, point }: Pick<Range, 'device' | 'point'>): Promise<boolean> {
  return (await ofPoint(db, { device, point }).select('at').limit(1).executeTakeFirst()) !== undefined
}

async function goneOf(db: Kysely<RecordTables>, range: Range): Promise<Set<string>> {
  const rows = await ofPoint(db, range).select(['at', 'n']).where('at', '>=', range.from).where('at', '<', range.to).execute()
  return new Set(rows.map(({ at, n }) => `${at} ${n}`))
}

async function cameOf(db: Kysely<RecordTables>, range: Range, limit: number): Promise<SeriesValue[]> {
  const rows = await ofPoint(db, range)
    .selectAll()
    .where('true_at', '>=', range.from)
    .where('true_at', '<', range.to)
    .orderBy('true_at')
    .orderBy('at')
    .orderBy('n')
    .limit(limit)
    .execute()
  // Rows of different times may come to one: each counts anew there, so that whoever pages by time and `n` loses none.
  let [time, count] = [Number.NaN, 0]
  return rows.map(({ true_at: at, value, quality, reason, received, hash }) => {
    count = at === time ? count + 1 : 0
    time = at
    const row = { at, n: N_REVISED + count, value: JSON.parse(value), quality, received, hash }
    return reason === null ? row : { ...row, reason }
  })
}

async function touchedBy(db: Kysely<RecordTables>, range: Range): Promise<number[]> {
  const { from, to } = range
  const gone = await ofPoint(db, range).select('at').where('at', '>=', from).where('at', '<', to).execute()
  const came = await ofPoint(db, range).select('true_at').where('true_at', '>=', from).where('true_at', '<', to).execute()
  return [...gone.map(({ at }) => at), ...came.map(({ true_at: at }) => at)]
}
