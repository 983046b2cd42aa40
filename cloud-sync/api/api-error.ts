/** What the API cannot answer: pages switch on `code`. */
export type ApiErrorCode = 'invalid' | 'not-found' | 'overloaded' | 'unavailable' | 'internal'

/** HTTP status of each code. */
export const STATUS: Readonly<Record<ApiErrorCode, number>> = {
  invalid: 400,
  'not-found': 404,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
}

export class ApiError extends Error {
  readonly code: ApiErrorCode
  constructor(code: ApiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
