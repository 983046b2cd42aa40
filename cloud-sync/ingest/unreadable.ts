import type { Sqlite } from '#cloud/store'

/** Messages without a head that are kept, the newest: the oldest make room. */
export const UNREADABLE_MAX = 1000
/** Bytes that are kept of one. */
export const UNREADABLE_BYTES_MAX = 16 * 1024

/** Messages of which it cannot be said which rows they are: kept for a person to look at. */
export class Unreadable {
  readonly #db: Sqlite

  constructor(db: Sqlite) {
    this.#db = db
  }

  put(gateway: string, bytes: Uint8Array, why: string, received: number): void {
    const kept = bytes.subarray(0, UNREADABLE_BYTES_MAX)
    const cut = kept.length < bytes.length ? ` (the first ${kept.length} of ${bytes.length} bytes are kept)` : ''
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO unreadable (gateway, received, why, bytes) VALUES (?, ?, ?, ?)')
      .run(gateway, received, why + cut, kept)
    this.#db.prepare('DELETE FROM unreadable WHERE id <= ?').run(Number(lastInsertRowid) - UNREADABLE_MAX)
  }
}
