/** What a store cannot answer: callers switch on `code`. */
export type StoreErrorCode =
  /** No file, where only reading was asked for; no server program, where one was to be started. */
  | 'missing'
  /** Another process, or another part of this one, writes the file. */
  | 'locked'
  /** The file's schema is from a later version of the project. */
  | 'newer'
  /** The file's schema is from an earlier version, and only its writer may migrate it. */
  | 'older'
  /** The database library cannot keep what it promises. */
  | 'unsafe'
  /** A write on a store that was opened for reading. */
  | 'readonly'
  /** A value that the store does not take. */
  | 'invalid'
  /** The store's server is not reached, answers with a fault of its own, or does not let us in: the same may be tried again. */
  | 'unavailable'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
