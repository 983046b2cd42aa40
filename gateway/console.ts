import fastify, { type FastifyInstance } from 'fastify'
import type { GatewayStatus } from './gateway-status.ts'
import { addLineRoutes, type LineRoutesOptions } from './line-routes.ts'

/** A technician's browser, a script and a scraper, with room to spare. */
export const CONNECTIONS_MAX = 64
/** A request has no body; whoever takes longer for it is no caller of ours. */
const REQUEST_MS_MAX = 10_000
/** A line's URL is a part of a path, encoded. */
const LINE_LENGTH_MAX = 1024

export interface ConsoleOptions extends LineRoutesOptions {
  readonly status: () => GatewayStatus
  readonly journalFile: string
  /** Machine time since the start, in seconds. */
  readonly upSeconds: () => number
}

/** The technician's console: what this box knows of itself. */
export function buildConsole({ status, journalFile, upSeconds, ...line }: ConsoleOptions): FastifyInstance {
  // A caller that never ends its request would hold up the stop of the site.
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_MS_MAX,
    routerOptions: { maxParamLength: LINE_LENGTH_MAX },
  })
  app.server.maxConnections = CONNECTIONS_MAX
  app.get('/status', async () => status())
  app.get('/health', async (_, reply) => {
    const { journal } = status()
    // Without the broker the site works on, as it is meant to; without its journal it does not.
    return reply.code(journal.isFailing ? 503 : 200).send({ ok: !journal.isFailing })
  })
  app.get('/metrics', async (_, reply) => {
    // Loaded when it is first asked for: many boxes never are.
    const { gatewayMetrics, measureRoom } = await import('./metrics.ts')
    const now = status()
    const read = now.devices.reduce((sum, { readings }) => sum + readings, 0)
    const room = await measureRoom(journalFile, now.journal.room, read / upSeconds())
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await gatewayMetrics(now, room))
  })
  addLineRoutes(app, line)
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ code: 'not-found', message: `expected /status, /health, /metrics or /lines, got ${request.url}` }),
  )
  return app
}
