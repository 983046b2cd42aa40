import fastify, { type FastifyInstance } from 'fastify'
import type { GatewayStatus } from './gateway.ts'

/** The technician's console: what this box knows of itself. */
export function buildConsole(status: () => GatewayStatus): FastifyInstance {
  const app = fastify({ logger: false })
  app.get('/status', async () => status())
  app.get('/health', async (_, reply) => {
    const { journal } = status()
    // Without the broker the site works on, as it is meant to; without its journal it does not.
    return reply.code(journal.isFailing ? 503 : 200).send({ ok: !journal.isFailing })
  })
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ code: 'not-found', message: `expected /status or /health, got ${request.url}` }),
  )
  return app
}
