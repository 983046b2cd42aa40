import type { FastifyInstance } from 'fastify'

const policy = (styles: string) =>
  `default-src 'self'; script-src 'self'; style-src ${styles}; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`

/** Pages run their own scripts and styles only, and nobody frames them. */
export const PAGE_POLICY = policy("'self'")
/** Swagger's page writes style attributes. */
export const DOCS_POLICY = policy("'self' 'unsafe-inline'")

export const SECURITY_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Every answer, also of an error, carries them. */
export function secureAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    if (request.url.startsWith('/api/') || request.url.startsWith('/health')) reply.header('cache-control', 'no-store')
  })
}
