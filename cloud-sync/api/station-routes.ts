import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Records } from '#cloud/store'
import { ApiError } from './api-error.ts'
import { errorAnswers } from './error-handler.ts'
import { Id, NoQuery } from './query.ts'
import type { RuleBook } from './rule-book.ts'
import { StationView } from './station-view.ts'
import { loadStations } from './stations.ts'

export const stationRoutes: FastifyPluginAsyncTypebox<{ records: Records; rules: RuleBook }> = async (
  app,
  { records, rules },
) => {
  app.get(
    '/api/stations',
    { schema: { summary: 'All stations', querystring: NoQuery, response: { 200: Type.Array(StationView), ...errorAnswers } } },
    async () => loadStations(records.db, rules),
  )
  app.get(
    '/api/stations/:id',
    {
      schema: {
        summary: 'One station',
        params: Type.Object({ id: Id }),
        querystring: NoQuery,
        response: { 200: StationView, ...errorAnswers },
      },
    },
    async ({ params: { id } }) => {
      const [station] = await loadStations(records.db, rules, id)
      if (station === undefined) throw new ApiError('not-found', `expected the id of a station, got "${id}"`)
      return station
    },
  )
}
