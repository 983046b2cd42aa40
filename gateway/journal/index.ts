/** The site's journal: what is written here survives until the cloud has it. */
export { type Disk, realDisk } from './disk.ts'
export { InlineJournal, type InlineOptions } from './inline-journal.ts'
export { Journal, type JournalOptions } from './journal.ts'
export { JournalError, type JournalErrorCode } from './journal-error.ts'
export { type Entry, JournalFile, type JournalFileOptions, type LaneStates, type SealedBatch } from './journal-file.ts'
export type { JournalStore, OpenStore, StoreOptions } from './journal-store.ts'
export { JOURNAL_SCHEMA } from './migrations.ts'
export type { VersionedReading } from './series-memory.ts'
