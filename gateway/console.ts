import fastify, { type FastifyInstance } from 'fastify'
import type { GatewayStatus } from './gateway.ts'
import { gatewayMetrics, measureRoom } from './metrics.ts'

export interface ConsoleOptions {
  readonly status: () => GatewayStatus
  readonly journalFile: string
  /** Machine time since the start, in seconds. */
  readonly upSeconds: () => number
}

/** The technician's console: what this box knows of itself. */
export function buildConsole({ status, journalFile, upSeconds }: ConsoleOptions): FastifyInstance {
  const app = fastify({ logger: false })
  app.get('/status', async () => status())
  app.get('/health', async (_, reply) => {
    const { journal } = status()
    // Without the broker the site works on, as it is meant to; without its journal it does not.
    return reply.code(journal.isFailing ? 503 : 200).send({ ok: !journal.isFailing })
  })
  app.get('/metrics', async (_, reply) => {
    const now = status()
    const read = now.devices.reduce((sum, { readings }) => sum + readings, 0)
    const room = await measureRoom(journalFile, read / upSeconds())
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await gatewayMetrics(now, room))
  })
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ code: 'not-found', message: `expected /status, /health or /metrics, got ${request.url}` }),
  )
  return app
}
