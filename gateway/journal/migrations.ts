import type Database from 'better-sqlite3'
import { commitSum, laneSum, seriesSum, stateSum } from './row-sums.ts'

/** Version of the journal file; older code refuses a newer file by name. */
export const JOURNAL_SCHEMA = 2

/** What each version adds to the one before it; inside one transaction, after a whole copy of what was there. A new file goes through all. */
export const MIGRATIONS: Readonly<Record<number, (db: Database.Database) => void>> = { 1: toFirst, 2: toSecond }

function toFirst(db: Database.Database): void {
  db.exec(`
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lane (lane TEXT PRIMARY KEY, issued INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, device TEXT NOT NULL, point TEXT NOT NULL, hash TEXT NOT NULL,
  at INTEGER NOT NULL, value BLOB, UNIQUE (device, point, hash));
CREATE TABLE late (series INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, value BLOB, PRIMARY KEY (series, at, n)) WITHOUT ROWID;
CREATE TABLE "commit" (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, journalled INTEGER NOT NULL, mono INTEGER NOT NULL);
CREATE TABLE reading (seq INTEGER PRIMARY KEY, series INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, value BLOB,
  quality INTEGER NOT NULL, reason INTEGER NOT NULL, "commit" INTEGER NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE notice (lane TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (lane, seq)) WITHOUT ROWID;
CREATE TABLE fact (id TEXT PRIMARY KEY, kind TEXT NOT NULL, device TEXT, at INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX fact_kind ON fact (kind, at);
CREATE TABLE batch (lane TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (lane, first)) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE aside (lane TEXT NOT NULL, seq INTEGER NOT NULL, why TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (lane, seq)) WITHOUT ROWID;
`)
}

/**
 * Checksums also of what is not a row of the outbox: a damaged name would bring good values under a wrong device, a damaged state would be
 * judged with. The journal time of what is kept for a bounded time. And what waits for its time, and commits whose time nobody knew.
 */
function toSecond(db: Database.Database): void {
  db.exec(`
ALTER TABLE lane ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE series ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "commit" ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN journalled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE late ADD COLUMN journalled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE aside RENAME TO aside_1;
CREATE TABLE aside (id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL, why TEXT NOT NULL, body TEXT NOT NULL,
  journalled INTEGER NOT NULL, UNIQUE (epoch, lane, seq));
UPDATE state SET journalled = (SELECT COALESCE(MAX(journalled), 0) FROM "commit");
UPDATE late SET journalled = (SELECT COALESCE(MAX(journalled), 0) FROM "commit");
INSERT INTO aside (epoch, lane, seq, why, body, journalled)
  SELECT COALESCE((SELECT value FROM meta WHERE key = 'epoch'), ''), lane, seq, why, body, (SELECT COALESCE(MAX(journalled), 0) FROM "commit")
  FROM aside_1;
DROP TABLE aside_1;
CREATE TABLE held (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, journalled INTEGER NOT NULL, mono INTEGER NOT NULL, rows INTEGER NOT NULL,
  body TEXT NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE doubtful ("commit" INTEGER PRIMARY KEY);
`)
  db.function('lane_sum', { deterministic: true }, laneSum)
  db.function('series_sum', { deterministic: true }, seriesSum)
  db.function('commit_sum', { deterministic: true }, commitSum)
  db.function('state_sum', { deterministic: true }, stateSum)
  db.exec(`
UPDATE lane SET sum = lane_sum(lane, issued);
UPDATE series SET sum = series_sum(id, device, point, hash);
UPDATE "commit" SET sum = commit_sum(id, boot, journalled, mono);
UPDATE state SET sum = state_sum(key, body);
`)
}
