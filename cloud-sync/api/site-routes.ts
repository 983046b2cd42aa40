import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Records } from '#cloud/store'
import type { Clock } from '#devices'
import { ApiError } from './api-error.ts'
import { errorAnswers } from './error-handler.ts'
import { Time } from './nullable.ts'
import { NoQuery } from './query.ts'

const Demo = Type.Object({ loops: Type.Boolean() })

const SiteView = Type.Object({
  name: Type.String(),
  version: Type.String(),
  zone: Type.String({ description: 'IANA name, as Asia/Shanghai' }),
  now: Type.Integer({ description: 'site time, epoch ms' }),
  speed: Type.Number({ description: 'site ms that pass in a machine ms' }),
  demo: Type.Unsafe<Static<typeof Demo> | null>({ ...Demo, type: ['object', 'null'] }),
})

/** What the site is called; read at every request, so that a demo may count its runs. */
export interface SiteFacts {
  readonly name: string
  readonly version: string
  /** IANA name. */
  readonly zone: string
  readonly demo: Readonly<Static<typeof Demo>> | null
}

const HealthView = Type.Object({
  ok: Type.Boolean(),
  now: Time,
  change: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'newest change in the records' }),
  feedClients: Type.Integer(),
  readers: Type.Array(Type.Object({ name: Type.String(), cursor: Type.Integer(), updated: Time })),
})

interface SiteOptions {
  readonly records: Records
  readonly site: SiteFacts
  readonly clock: Clock
  readonly feed: { readonly clients: number }
}

export const siteRoutes: FastifyPluginAsyncTypebox<SiteOptions> = async (app, { records, site, clock, feed }) => {
  app.get(
    '/api/site',
    { schema: { summary: 'The site and its time', querystring: NoQuery, response: { 200: SiteView, ...errorAnswers } } },
    async () => ({
      name: site.name,
      version: site.version,
      zone: site.zone,
      now: clock.now(),
      speed: clock.speed,
      demo: site.demo,
    }),
  )
  app.get(
    '/health',
    { schema: { summary: 'Whether the API can answer', querystring: NoQuery, response: { 200: HealthView, ...errorAnswers } } },
    async () => {
      try {
        const { db } = records
        const newest = await db
          .selectFrom('change')
          .select(({ fn }) => fn.max('id').as('id'))
          .executeTakeFirst()
        const readers = await db.selectFrom('reader').select(['name', 'cursor', 'updated']).orderBy('name').execute()
        return { ok: true, now: clock.now(), change: newest?.id ?? null, feedClients: feed.clients, readers }
      } catch (cause) {
        throw new ApiError('unavailable', 'expected readable records, got a fault', { cause })
      }
    },
  )
}
