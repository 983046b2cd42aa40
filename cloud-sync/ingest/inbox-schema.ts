import { copyWhole, type Sqlite } from '#cloud/store'
import { IngestError } from './ingest-error.ts'
import { LANE_SCHEMA } from './lane-ledger.ts'

/** Version of the inbox's file; older code refuses a newer file by name. */
export const INBOX_SCHEMA = 2

/** As release 0.1 made it. */
const FIRST = `
CREATE TABLE batch (id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, rows INTEGER NOT NULL, received INTEGER NOT NULL, refused TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE refused (id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  why TEXT NOT NULL, received INTEGER NOT NULL, bytes BLOB, UNIQUE (gateway, epoch, lane, first, last));
${LANE_SCHEMA}`

/**
 * `hello`: which release a gateway is of. `boot`: in which order its runs came. `doubt`: epochs whose numbers cannot be trusted. `closed`: epochs that
 * another one follows. `unreadable`:
 * messages without a head, bounded. `damage`: batches of this file that the disk has changed.
 */
const SECOND = `
CREATE INDEX batch_seqs ON batch (gateway, epoch, lane, last);
CREATE TABLE hello (gateway TEXT PRIMARY KEY, schema INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE boot (id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, epoch TEXT NOT NULL, boot TEXT NOT NULL, UNIQUE (gateway, epoch, boot));
CREATE TABLE doubt (gateway TEXT NOT NULL, epoch TEXT NOT NULL, why TEXT NOT NULL, at INTEGER NOT NULL, fenced INTEGER NOT NULL,
  PRIMARY KEY (gateway, epoch)) WITHOUT ROWID;
CREATE TABLE closed (gateway TEXT NOT NULL, epoch TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (gateway, epoch)) WITHOUT ROWID;
CREATE TABLE unreadable (id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, received INTEGER NOT NULL, why TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE damage (batch INTEGER PRIMARY KEY, why TEXT NOT NULL, noticed INTEGER NOT NULL);
`
const STEPS = [FIRST, SECOND]

/**
 * Brings the inbox's schema up to date, all of it or nothing; a file that holds data is first copied whole to `<file>.before-<version>`. A reader
 * changes nothing.
 * @throws IngestError `version`
 */
export function updateInbox(db: Sqlite, file: string, isReadonly: boolean): void {
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version === INBOX_SCHEMA) return
  if (version > INBOX_SCHEMA || isReadonly)
    throw new IngestError(
      'version',
      `expected inbox version ${INBOX_SCHEMA} in ${file}, got ${version}${version < INBOX_SCHEMA ? ': its writer brings it up to date' : ' of a newer release'}`,
    )
  if (version > 0) copyWhole(db, file, `${file}.before-${INBOX_SCHEMA}`)
  db.transaction(() => {
    for (const step of STEPS.slice(version)) db.exec(step)
    db.pragma(`user_version = ${INBOX_SCHEMA}`)
  })()
}
