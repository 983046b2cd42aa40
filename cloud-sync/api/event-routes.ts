import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Records } from '#cloud/store'
import { LANES } from '#wire'
import { errorAnswers } from './error-handler.ts'
import { Time } from './nullable.ts'
import { Id, Query } from './query.ts'

/** Events in one answer. */
export const EVENTS_MAX = 1_000

const EventView = Type.Object({
  id: Type.Integer({ description: 'rises in the order of storing' }),
  gateway: Type.String(),
  lane: Type.Enum([...LANES]),
  seq: Type.Integer(),
  kind: Type.String(),
  at: Time,
  device: Type.Optional(Type.String()),
  body: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
  received: Type.Integer({ description: 'site time the cloud took it' }),
})

const EventsQuery = Query({
  after: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: 'id of the last event that is known',
  }),
  limit: Type.Integer({ minimum: 1, maximum: EVENTS_MAX, default: 100 }),
  kind: Type.Optional(Id),
})

export const eventRoutes: FastifyPluginAsyncTypebox<{ records: Records }> = async (app, { records }) => {
  app.get(
    '/api/events',
    {
      schema: {
        summary: 'Events of the sites, in the order of storing',
        querystring: EventsQuery,
        response: { 200: Type.Array(EventView), ...errorAnswers },
      },
    },
    async ({ query: { after, limit, kind } }) => {
      const rows = await records.db
        .selectFrom('event')
        .select(['id', 'gateway', 'lane', 'seq', 'kind', 'at', 'device', 'body', 'received'])
        .where('id', '>', after)
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind ?? ''))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ device, body, ...row }) => ({ ...row, ...(device !== null && { device }), body: JSON.parse(body) }))
    },
  )
}
