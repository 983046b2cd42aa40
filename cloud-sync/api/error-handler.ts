import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { Type } from 'typebox'
import { StoreError } from '#cloud/store'
import { ApiError, type ApiErrorCode, STATUS } from './api-error.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** Body of every answer that is not 200. */
export const ErrorView = Type.Object(
  { code: Type.String({ description: 'invalid, not-found, overloaded, unavailable or internal' }), message: Type.String() },
  { description: 'what was expected and what came' },
)

/** For the `response` of a route's schema. */
export const errorAnswers = { 400: ErrorView, 404: ErrorView, 503: ErrorView }

/**
 * The one place where an error becomes an answer. What is no caller's fault is logged here, once, and told without its insides.
 * @param page the pages' index.html, which says in a person's language that there is nothing here; null where no pages are built
 */
export function answerErrors(app: FastifyInstance, log: Logger, page: string | null): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const code = codeOf(error)
    const isOurs = error instanceof ApiError && error.cause === undefined
    if ((code === 'internal' || code === 'unavailable') && !isOurs)
      log.error({ err: error, url: request.url }, 'request without an answer')
    const message =
      code === 'internal' ? 'expected an answer, got a fault of the server: its log says more' : messageOf(error, request)
    return refuse(reply, code, message)
  })
  app.setNotFoundHandler(({ method, url, headers }, reply) => {
    // A person who follows a wrong link sees the page's own words; a program gets JSON.
    const isForPeople = method === 'GET' && !url.startsWith('/api') && (headers.accept ?? '').includes('text/html')
    if (isForPeople && page !== null)
      return reply.code(STATUS['not-found']).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page)
    return refuse(reply, 'not-found', `expected a known path, got ${method} ${url.split('?')[0]}`)
  })
}

/** For a URL that fastify cannot even route: no hook and no handler sees it. */
export function refuseUrl(error: FastifyError, _request: unknown, reply: FastifyReply): void {
  refuse(reply.headers(SECURITY_HEADERS), 'invalid', error.message)
}

function refuse(reply: FastifyReply, code: ApiErrorCode, message: string): FastifyReply {
  return reply.code(STATUS[code]).header('cache-control', 'no-store').send({ code, message })
}

function codeOf(error: FastifyError): ApiErrorCode {
  if (error instanceof ApiError) return error.code
  if (error instanceof StoreError && error.code === 'invalid') return 'invalid'
  if (error instanceof StoreError || error.code?.startsWith('SQLITE_BUSY')) return 'unavailable'
  return error.statusCode !== undefined && error.statusCode < 500 ? 'invalid' : 'internal'
}

function messageOf(error: FastifyError, { query }: FastifyRequest): string {
  const [fault] = error.validation ?? []
  if (fault === undefined) return error.message
  const where = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'request')
  const { keyword, params } = fault
  if (keyword === 'additionalProperties') return `expected a known key in the ${where}, got ${show(params.additionalProperty)}`
  if (keyword === 'required') return `expected the key ${show(params.missingProperty)} in the ${where}, got none`
  const key = fault.instancePath.slice(1)
  const expected =
    keyword === 'enum'
      ? `be one of ${[params.allowedValues].flat().join(', ')}`
      : (fault.message ?? 'be valid').replace(/^must /, '')
  const got =
    where === 'query' && typeof query === 'object' && query !== null ? new Map(Object.entries(query)).get(key) : undefined
  return `expected ${key} to ${expected}${got === undefined ? '' : `, got ${show(got)}`}`
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'nothing'
}
