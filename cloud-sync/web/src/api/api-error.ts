/**
 * Why the page did not get what it asked for. `unreachable`: no answer; `timeout`: none in time; `contract`: an answer of another shape;
 * `forbidden`, `not-found`, `refused`: the server said so (403, 404, other 4xx); `unavailable`: the server could not (5xx).
 */
export type ApiErrorCode = 'unreachable' | 'timeout' | 'contract' | 'forbidden' | 'not-found' | 'refused' | 'unavailable'

export class ApiError extends Error {
  readonly code: ApiErrorCode
  /** What to tell the person who repairs it: path, status, the server's own code. */
  readonly detail: string

  constructor(code: ApiErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.name = 'ApiError'
    this.code = code
    this.detail = detail
  }
}
