/** The cloud's inbox, its readers and the audit. */
export { type AuditedLane, type AuditReport, audit } from './audit.ts'
export { auditFiles } from './audit-files.ts'
export type { InboxEntry } from './batch-table.ts'
export {
  countDeadLetters,
  DEAD_LETTER_KINDS,
  DEAD_LETTERS_MAX,
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  deadLetters,
} from './dead-letters.ts'
export { Inbox } from './inbox.ts'
export { INBOX_SCHEMA } from './inbox-schema.ts'
export { Ingest, type IngestOptions, type IngestState } from './ingest.ts'
export { IngestError } from './ingest-error.ts'
export { Owners } from './owners.ts'
export { Reader, type ReaderOptions, type ReaderWork } from './reader.ts'
export { type Refilled, type RefillOptions, refill } from './refill.ts'
export { type RefillFilesOptions, refillFiles } from './refill-files.ts'
export { SeriesKeeper, type SeriesKeeperOptions } from './series-keeper.ts'
export { SeriesWriter } from './series-writer.ts'
