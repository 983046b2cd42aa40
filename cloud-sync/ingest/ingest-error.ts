/** What the ingest cannot answer: callers switch on `code`. */
export type IngestErrorCode = 'version' | 'full' | 'damaged'

export class IngestError extends Error {
  readonly code: IngestErrorCode
  constructor(code: IngestErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
