import { existsSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ApiError } from './api-error.ts'

/** Where the pages have a view of their own, besides `/`. */
export const PAGE_PATHS = ['/dead-letters'] as const

/** Files that carry a hash of their content in their name are the same for ever. */
const HASHED_FOLDER = `${sep}assets${sep}`

/** The pages' entry, or null where they are not built. */
export function readIndexPage(webRoot: string | undefined): string | null {
  const file = webRoot === undefined ? null : join(webRoot, 'index.html')
  return file !== null && existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** The built web pages. Where they are not built, `/` says so. */
export const pages: FastifyPluginAsyncTypebox<{ webRoot?: string | undefined }> = async (app, { webRoot }) => {
  if (webRoot === undefined || !existsSync(join(webRoot, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, async () => {
      throw new ApiError('unavailable', 'expected the web pages to be built, got none: the API is here, see /docs')
    })
    return
  }
  await app.register(fastifyStatic, {
    root: webRoot,
    dotfiles: 'ignore',
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes(HASHED_FOLDER) ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  for (const path of PAGE_PATHS) {
    app.get(path, { schema: { hide: true } }, (_, reply) => reply.sendFile('index.html'))
  }
}
