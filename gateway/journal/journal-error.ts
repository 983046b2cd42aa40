/** What the journal cannot answer: callers switch on `code`. */
export type JournalErrorCode = 'version' | 'durability' | 'full' | 'closed' | 'failed'

export class JournalError extends Error {
  readonly code: JournalErrorCode
  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
