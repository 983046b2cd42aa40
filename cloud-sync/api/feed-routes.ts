import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { errorAnswers } from './error-handler.ts'
import type { Feed } from './feed.ts'
import { NoQuery } from './query.ts'

/**
 * Server-sent events as a plain stream that fastify pipes. @fastify/sse is left aside: it serialises for each client anew, bounds no client's
 * queue, and a send that waits for a client which then closes never settles.
 */
export const feedRoutes: FastifyPluginAsyncTypebox<{ feed: Feed }> = async (app, { feed }) => {
  app.addHook('onReady', async () => feed.start())
  app.addHook('preClose', async () => feed.close())
  app.get(
    '/api/feed',
    {
      // A HEAD would hold a client's place and read nothing.
      exposeHeadRoute: false,
      schema: {
        summary: 'Changes as they happen (text/event-stream): hello, readings, alert, station, gateway',
        description:
          'hello { now, speed, resync } comes first; with resync true everything before it may have been missed. readings { rows } come at most ' +
          'each 200 ms; alert is an alert; station { id } and gateway { id } changed. A comment comes each 15 s.',
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 40 })) }),
        querystring: NoQuery,
        produces: ['text/event-stream'],
        response: { 200: Type.Unsafe<Readable>({ type: 'string' }), 503: errorAnswers[503] },
      },
    },
    async ({ headers }, reply) => {
      const stream = await feed.join(headers['last-event-id'])
      // The connection ends with the stream, or closing the server would wait for it.
      return reply
        .headers({
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
          connection: 'close',
        })
        .send(stream)
    },
  )
}
