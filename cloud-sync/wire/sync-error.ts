/** What the sync layer cannot answer: callers switch on `code`. */
export type SyncErrorCode = 'malformed' | 'checksum' | 'version' | 'too-large' | 'unreachable' | 'timeout'

export class SyncError extends Error {
  readonly code: SyncErrorCode
  constructor(code: SyncErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
