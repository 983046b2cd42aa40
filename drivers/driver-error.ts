/**
 * Why a line has no answer.
 * - `timeout`: the device said nothing in time.
 * - `unreachable`: there is no connection, or it ended before the answer.
 * - `overloaded`: too many requests wait for the line already.
 * - `stopped`: the caller's signal, or the line's own end.
 * - `configuration`: a setting that can never work; thrown before anything opens.
 */
export type DriverErrorCode = 'timeout' | 'unreachable' | 'overloaded' | 'stopped' | 'configuration'

/** What this room throws; callers switch on `code`. */
export class DriverError extends Error {
  override readonly name = 'DriverError'
  readonly code: DriverErrorCode

  constructor(code: DriverErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
