/** The cloud's inbox, its readers and the audit. */
export { type AuditedLane, type AuditReport, audit } from './audit.ts'
export { auditFiles } from './audit-files.ts'
export { INBOX_SCHEMA, Inbox, type InboxEntry } from './inbox.ts'
export { Ingest, type IngestOptions, type IngestState } from './ingest.ts'
export { IngestError } from './ingest-error.ts'
export { type Refilled, type RefillOptions, refill } from './refill.ts'
export { type RefillFilesOptions, refillFiles } from './refill-files.ts'
export { SeriesKeeper, type SeriesKeeperOptions } from './series-keeper.ts'
