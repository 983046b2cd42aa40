import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Page, Records, SeriesValue, ShownSeries } from '#cloud/store'
import {
  pushRain,
  RAIN_EMPTY,
  RAIN_GAP_MS,
  RAIN_STEP_MAX,
  RAIN_STEP_MAX_MS,
  type RainState,
  rainIntervals,
  rainStepEnd,
} from '#devices/water'
import { ApiError } from './api-error.ts'
import { errorAnswers } from './error-handler.ts'
import { type PointFacts, shownValue } from './point-facts.ts'
import { Query } from './query.ts'
import { findPoint, pointRange } from './series-routes.ts'
import { RainView } from './series-view.ts'

/** Intervals in one answer: a month of five minutes. */
export const RAIN_INTERVALS_MAX = 9_000
/** Totals read for one answer: two months of minutes. */
export const RAIN_ROWS_MAX = 90_000
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const RainQuery = Query({
  ...pointRange,
  step: Type.Integer({ minimum: MINUTE_MS, maximum: 366 * DAY_MS, description: 'ms; intervals lie as in +08:00' }),
})

export const rainRoutes: FastifyPluginAsyncTypebox<{ records: Records; series: ShownSeries }> = async (
  app,
  { records, series },
) => {
  app.get(
    '/api/rain',
    {
      schema: {
        summary: 'Rain of a counter by intervals that end in (from, to]',
        querystring: RainQuery,
        response: { 200: RainView, ...errorAnswers },
      },
    },
    async ({ query }) => {
      const { step, from, to } = query
      const facts = await findPoint(records.db, query)
      if (facts.meaning !== 'counter') throw new ApiError('invalid', `expected a point that is a counter, got a ${facts.meaning}`)
      if ((to - from) / step > RAIN_INTERVALS_MAX) {
        throw new ApiError('invalid', `expected at most ${RAIN_INTERVALS_MAX} intervals, got ${Math.ceil((to - from) / step)}`)
      }
      // The first interval may begin a step before the range, and its rain is counted from the total before it.
      const start = Math.max(0, from - step - gapMs(facts))
      const page = await series.range({
        device: facts.device,
        point: facts.point,
        from: start,
        to: to + RAIN_STEP_MAX_MS,
        limit: RAIN_ROWS_MAX,
      })
      const rows = rainIntervals(rainState(page, facts, to - start), step, from, to).map(({ at, sum, coveredMs }) => {
        return { at, sum: coveredMs > 0 ? sum : null, covered: coveredMs / step }
      })
      const known = rows.flatMap(({ sum }) => (sum === null ? [] : [sum]))
      const total = known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0)
      return { unit: facts.unit, decimals: facts.decimals, rows, total }
    },
  )
}

/** Only good totals count: what stands between them shows as a gap. */
function rainState({ rows, truncated }: Page<SeriesValue>, facts: PointFacts, keepMs: number): RainState {
  if (truncated) throw new ApiError('invalid', `expected a range of at most ${RAIN_ROWS_MAX} totals, got more`)
  const rule = {
    // The limit is given for counts of 0.1 mm.
    resetMax: RAIN_STEP_MAX * 10 ** (facts.decimals - 1),
    keepMs,
    gapMs: gapMs(facts),
    ...(facts.wraps !== null && { wraps: facts.wraps }),
  }
  let state = RAIN_EMPTY
  for (const { at, value, quality, hash } of rows) {
    const total = quality === 'good' ? shownValue(facts, hash, value) : null
    if (typeof total === 'number') state = pushRain(state, rainStepEnd(at, facts.everyMs), total, rule)
  }
  return state
}

function gapMs({ everyMs }: PointFacts): number {
  return Math.max(RAIN_GAP_MS, 2 * everyMs)
}
