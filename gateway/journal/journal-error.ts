/**
 * What the journal cannot answer: callers switch on `code`.
 * - `unreadable`: its file cannot be opened, or is none of ours.
 * - `version`: a newer file, or an unsafe SQLite. `durability`: a commit would not be on disk.
 * - `busy`: another process writes it. `foreign`: it is another gateway's.
 * - `full`: the disk is full; tried again. `failed`: the disk refuses for another reason; tried again.
 * - `closed`: it was closed. `ended`: its thread died; nothing can be written any more.
 */
export const JOURNAL_ERROR_CODES = [
  'unreadable',
  'version',
  'durability',
  'busy',
  'foreign',
  'full',
  'failed',
  'closed',
  'ended',
] as const
export type JournalErrorCode = (typeof JOURNAL_ERROR_CODES)[number]

export class JournalError extends Error {
  readonly code: JournalErrorCode
  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What a call to the file threw, as whoever called it has to see it. */
export function journalErrorOf({ code, message }: { readonly code: string; readonly message: string }): JournalError {
  return new JournalError(code === 'SQLITE_FULL' ? 'full' : 'failed', message)
}
