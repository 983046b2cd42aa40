import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Bucket, Records, RecordTables, ShownSeries } from '#cloud/store'
import { ApiError } from './api-error.ts'
import { errorAnswers } from './error-handler.ts'
import { loadPointFacts, type PointFacts, shownValue } from './point-facts.ts'
import { Id, Query, TimeQuery } from './query.ts'
import { BucketsView, type BucketView, RowsView } from './series-view.ts'
import type { RowView } from './station-view.ts'

/** Rows or buckets in one answer. */
export const SERIES_ANSWER_MAX = 50_000
const DAY_MS = 86_400_000

export const pointRange = {
  device: Id,
  point: Id,
  from: TimeQuery('first instant, epoch ms'),
  to: TimeQuery('first instant after the range, epoch ms'),
}

const SeriesQuery = Query({
  ...pointRange,
  step: Type.Optional(Type.Integer({ minimum: 1, maximum: 400 * DAY_MS, description: 'ms; given: buckets of this width' })),
  limit: Type.Integer({ minimum: 1, maximum: SERIES_ANSWER_MAX, default: 10_000 }),
})

export const seriesRoutes: FastifyPluginAsyncTypebox<{ records: Records; series: ShownSeries }> = async (
  app,
  { records, series },
) => {
  app.get(
    '/api/series',
    {
      schema: {
        summary: 'Values of a point in a time range, as they are or thinned to buckets',
        querystring: SeriesQuery,
        response: { 200: Type.Union([RowsView, BucketsView]), ...errorAnswers },
      },
    },
    async ({ query: { step, ...range } }) => {
      const facts = await findPoint(records.db, range)
      const { device, point, unit, decimals, meaning } = facts
      const head = { device, point, unit, decimals, meaning }
      if (step === undefined) {
        const { rows, truncated } = await series.range(range)
        const shown = rows.flatMap(({ hash, received: _, ...row }): RowView[] => {
          const value = shownValue(facts, hash, row.value)
          return value === undefined ? [] : [{ ...row, value }]
        })
        return { ...head, truncated, omitted: rows.length - shown.length, rows: shown }
      }
      const { rows, truncated } = await series.buckets({ ...range, step })
      const known = rows.filter(({ hash }) => facts.versions.has(hash))
      return { ...head, truncated, omitted: rows.length - known.length, step, rows: mergeVersions(known, facts) }
    },
  )
}

/** @throws ApiError `not-found`, or `invalid` for a range that ends before it begins */
export async function findPoint(
  db: Kysely<RecordTables>,
  { device, point, from, to }: { readonly device: string; readonly point: string; readonly from: number; readonly to: number },
): Promise<PointFacts> {
  if (from >= to) throw new ApiError('invalid', `expected from before to, got ${from} and ${to}`)
  const [facts] = await loadPointFacts(db, { point: { device, point } })
  if (facts === undefined) throw new ApiError('not-found', `expected a known device and point, got "${device}" and "${point}"`)
  return facts
}

/** Buckets of one time and several profile versions become one, in the decimals that are shown. */
export function mergeVersions(buckets: readonly Bucket[], facts: PointFacts): BucketView[] {
  const merged: BucketView[] = []
  for (const { hash, ...bucket } of buckets) {
    const factor = 10 ** (facts.decimals - (facts.versions.get(hash) ?? facts.decimals))
    const scaled = (count: number | null) => (count === null ? null : count * factor)
    const view = { ...bucket, min: scaled(bucket.min), max: scaled(bucket.max), last: scaled(bucket.last) }
    const before = merged.at(-1)
    if (before?.at === view.at) merged[merged.length - 1] = joined(before, view)
    else merged.push(view)
  }
  return merged
}

function joined(a: BucketView, b: BucketView): BucketView {
  const of = (pick: (...counts: number[]) => number, ...counts: (number | null)[]) => {
    const known = counts.filter((count) => count !== null)
    return known.length === 0 ? null : pick(...known)
  }
  return {
    at: a.at,
    min: of(Math.min, a.min, b.min),
    max: of(Math.max, a.max, b.max),
    last: b.last ?? a.last,
    count: a.count + b.count,
    suspect: a.suspect + b.suspect,
  }
}
