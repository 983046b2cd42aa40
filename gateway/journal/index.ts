/** The site's journal: what is written here survives until the cloud has it. */
export { Journal } from './journal.ts'
export { JOURNAL_SCHEMA } from './journal-database.ts'
export { JournalError, type JournalErrorCode } from './journal-error.ts'
export { type Entry, JournalFile, type LaneStates, type SealedBatch } from './journal-file.ts'
export type { VersionedReading } from './series-memory.ts'
