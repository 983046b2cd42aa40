import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Records } from '#cloud/store'
import { AlertView } from './alert-view.ts'
import { loadAlerts } from './alerts.ts'
import { ApiError } from './api-error.ts'
import { errorAnswers } from './error-handler.ts'
import { Id, NoQuery, Query } from './query.ts'
import type { RuleBook } from './rule-book.ts'

/** Alerts in one answer. */
export const ALERTS_MAX = 2_000

const AlertsQuery = Query({
  state: Type.Enum(['open', 'all'], { default: 'open' }),
  station: Type.Optional(Id),
  limit: Type.Integer({ minimum: 1, maximum: ALERTS_MAX, default: 500, description: 'open alerts come before cleared ones' }),
})

export const alertRoutes: FastifyPluginAsyncTypebox<{ records: Records; rules: RuleBook }> = async (app, { records, rules }) => {
  app.get(
    '/api/alerts',
    {
      schema: {
        summary: 'Alerts, newest first',
        querystring: AlertsQuery,
        response: { 200: Type.Array(AlertView), ...errorAnswers },
      },
    },
    async ({ query }) => loadAlerts(records.db, rules, query),
  )
  app.get(
    '/api/alerts/:id',
    {
      schema: {
        summary: 'One alert',
        params: Type.Object({ id: Id }),
        querystring: NoQuery,
        response: { 200: AlertView, ...errorAnswers },
      },
    },
    async ({ params: { id } }) => {
      const [alert] = await loadAlerts(records.db, rules, { ids: [id] })
      if (alert === undefined) throw new ApiError('not-found', `expected the id of an alert, got "${id}"`)
      return alert
    },
  )
}
