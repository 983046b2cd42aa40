import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import type { Logger } from 'pino'
import { type Records, type SeriesStore, showRevised } from '#cloud/store'
import type { Clock } from '#devices'
import type { Rule } from '#wire'
import { alertRoutes } from './alert-routes.ts'
import type { DeadLetters, LettersQuery } from './dead-letters.ts'
import { answerErrors, refuseUrl } from './error-handler.ts'
import { eventRoutes } from './event-routes.ts'
import { FEED_LIMITS, Feed, type FeedLimits } from './feed.ts'
import { feedRoutes } from './feed-routes.ts'
import { type AuditReport, gatewayRoutes } from './gateway-routes.ts'
import { letterRoutes } from './letter-routes.ts'
import { pages, readIndexPage } from './pages.ts'
import { rainRoutes } from './rain-routes.ts'
import { RuleBook } from './rule-book.ts'
import { DOCS_POLICY, secureAnswers } from './security-headers.ts'
import { seriesRoutes } from './series-routes.ts'
import { type SiteFacts, siteRoutes } from './site-routes.ts'
import { stationRoutes } from './station-routes.ts'

export interface ApiOptions {
  /** Opened for reading; whoever opened them closes them, after the app. */
  readonly records: Records
  readonly series: SeriesStore
  readonly rules: readonly Rule[]
  readonly clock: Clock
  readonly site: SiteFacts
  /** Folder of the built pages; without it the API stands alone. */
  readonly webRoot?: string
  readonly audit: () => Promise<AuditReport>
  /** What could not be stored, and why. */
  readonly deadLetters: (query: LettersQuery) => Promise<DeadLetters>
  /** The process's numbers in Prometheus' text format. */
  readonly metrics?: () => Promise<string>
  readonly log: Logger
  readonly feed?: Partial<FeedLimits>
}

/** Every request is a GET without a body. */
const BODY_BYTES_MAX = 1024
/** A request's headers must be there by then. */
const REQUEST_MS = 30_000

/** The cloud's HTTP side, reading only: API, live feed, its documentation at /docs, and the web pages. Not listening yet. */
export async function buildApi({
  records,
  series,
  clock,
  site,
  webRoot,
  audit,
  deadLetters,
  metrics,
  log,
  ...options
}: ApiOptions): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = log
  const app = fastify({
    loggerInstance,
    // A state is logged when it changes, and numbers that move are not log lines.
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: refuseUrl,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS,
    // A page that keeps its connection, or reads nothing, does not keep the server.
    forceCloseConnections: true,
    // An unknown key is refused, not taken away.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, useDefaults: true } },
  })
  const shown = showRevised(series, records.db)
  const rules = new RuleBook(options.rules)
  const feed = new Feed({ records, rules, clock, log, limits: { ...FEED_LIMITS, ...options.feed } })
  secureAnswers(app)
  answerErrors(app, log, readIndexPage(webRoot))
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice', version: site.version, description: 'What the cloud knows, for reading.' },
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY })
  await app.register(siteRoutes, { records, site, clock, feed })
  await app.register(stationRoutes, { records, rules })
  await app.register(seriesRoutes, { records, series: shown })
  await app.register(rainRoutes, { records, series: shown })
  await app.register(alertRoutes, { records, rules })
  await app.register(eventRoutes, { records })
  await app.register(gatewayRoutes, { records, audit })
  await app.register(letterRoutes, { deadLetters })
  await app.register(feedRoutes, { feed })
  if (metrics) {
    app.get('/metrics', { schema: { hide: true } }, async (_, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
    )
  }
  await app.register(pages, { webRoot })
  return app
}
