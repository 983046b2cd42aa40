import type { Statement } from 'better-sqlite3'
import type { Sqlite } from '#cloud/store'
import { type Batch, type Lane, SyncError } from '#wire'
import { decodeBatch } from '#wire/decode'

/** Opened batches that are kept in memory for the readers, which come a moment later. */
const OPENED_MAX = 128

/** A batch in the inbox, opened; rows that were refused, or were there before, are not among its rows. */
export interface InboxEntry {
  readonly id: number
  readonly received: number
  readonly batch: Batch
}

/** A batch that the disk has changed: what it was when it came, and why it cannot be read. */
export interface DamagedBatch {
  readonly id: number
  readonly gateway: string
  readonly epoch: string
  readonly lane: Lane
  readonly first: number
  readonly last: number
  /** Seqs that were left out of it. */
  readonly leftOut: readonly number[]
  readonly why: string
}

interface StoredBatch {
  readonly id: number
  readonly gateway: string
  readonly epoch: string
  readonly lane: Lane
  readonly first: number
  readonly last: number
  readonly received: number
  readonly refused: string
  readonly bytes: Buffer
}

/** The batches of the inbox, as they came, in the order in which they came. */
export class BatchTable {
  readonly #db: Sqlite
  readonly #insert: Statement
  readonly #ids: Statement<[number, number], number>
  readonly #opened = new Map<number, InboxEntry>()
  #unreadBytes = 0
  /** Ids up to this one were given out, by this file or by the one that it replaces. */
  #floor = 0

  constructor(db: Sqlite) {
    this.#db = db
    this.#insert = db.prepare(
      'INSERT INTO batch (id, gateway, epoch, lane, first, last, rows, received, refused, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#ids = db
      .prepare<[number, number], number>(
        'SELECT id FROM batch WHERE id > ? AND id NOT IN (SELECT batch FROM damage) ORDER BY id LIMIT ?',
      )
      .pluck()
  }

  /** @param leftOut seqs that no reader is told of */
  insert(batch: Batch, bytes: Uint8Array, received: number, leftOut: ReadonlySet<number>): InboxEntry {
    const { gateway, epoch, lane, first, last, rows } = batch
    const refused = JSON.stringify([...leftOut])
    const { lastInsertRowid } = this.#insert.run(
      this.nextId,
      gateway,
      epoch,
      lane,
      first,
      last,
      rows.length,
      received,
      refused,
      bytes,
    )
    this.#unreadBytes += bytes.length
    return { id: Number(lastInsertRowid), received, batch: without(batch, leftOut) }
  }

  /** For the readers, once it is committed. */
  remember(entry: InboxEntry): void {
    this.#opened.set(entry.id, entry)
    for (const id of this.#opened.keys()) {
      if (this.#opened.size <= OPENED_MAX) break
      this.#opened.delete(id)
    }
  }

  /** Batches behind the cursor, oldest first; those that cannot be read are told apart. */
  after(cursor: number, limit: number): { readonly entries: InboxEntry[]; readonly damaged: DamagedBatch[] } {
    const entries: InboxEntry[] = []
    const damaged: DamagedBatch[] = []
    for (const id of this.#ids.all(cursor, limit)) {
      const entry = this.#opened.get(id) ?? this.#open(id)
      if ('why' in entry) damaged.push(entry)
      else entries.push(entry)
    }
    return { entries, damaged }
  }

  /** Ids of the readings' batches of an epoch that begin up to a seq, between two ids. */
  readingsOf(gateway: string, epoch: string, upTo: number, after: number, before: number, limit: number): number[] {
    const find = `SELECT id FROM batch WHERE gateway = ? AND epoch = ? AND lane = 'reading' AND first <= ? AND id > ? AND id < ? ORDER BY id LIMIT ?`
    return this.#db.prepare<unknown[], number>(find).pluck().all(gateway, epoch, upTo, after, before, limit)
  }

  /** Id of the last batch before the first one received at this time or later. */
  idBefore(received: number): number {
    const first = this.#db.prepare('SELECT MIN(id) FROM batch WHERE received >= ?').pluck().get(received) as number | null
    return first === null ? this.newest : first - 1
  }

  /** Rows of each lane up to a batch, without those that were left out. */
  rowsUpTo(id: number): Record<Lane, number> {
    const rows = this.#db
      .prepare(
        'SELECT lane, SUM(rows - iif(json_valid(refused), json_array_length(refused), 0)) AS count FROM batch WHERE id <= ? GROUP BY lane',
      )
      .all(id) as { lane: Lane; count: number }[]
    const of = (lane: Lane) => rows.find((row) => row.lane === lane)?.count ?? 0
    return { alarm: of('alarm'), event: of('event'), reading: of('reading') }
  }

  beginAfter(id: number): void {
    this.#floor = Math.max(this.#floor, id)
  }

  /** What the next batch will be. */
  get nextId(): number {
    return Math.max(this.newest, this.#floor) + 1
  }

  /** The highest id, 0 where it is empty. */
  get newest(): number {
    return (this.#db.prepare('SELECT MAX(id) FROM batch').pluck().get() as number | null) ?? 0
  }

  /** Bytes behind the cursor: counted while rows come; summed anew only when that count reaches the limit. */
  unreadBytes(cursor: number, limit: number): number {
    if (this.#unreadBytes >= limit) {
      this.#unreadBytes =
        (this.#db.prepare('SELECT SUM(LENGTH(bytes)) FROM batch WHERE id > ?').pluck().get(cursor) as number | null) ?? 0
    }
    return this.#unreadBytes
  }

  #open(id: number): InboxEntry | DamagedBatch {
    const stored = this.#db.prepare('SELECT * FROM batch WHERE id = ?').get(id) as StoredBatch
    const { gateway, epoch, lane, first, last, received, refused, bytes } = stored
    let leftOut: number[] = []
    const damaged = (why: string): DamagedBatch => ({ id, gateway, epoch, lane, first, last, leftOut, why })
    try {
      leftOut = JSON.parse(refused) as number[]
      const batch = decodeBatch(bytes)
      const isItself =
        batch.gateway === gateway && batch.epoch === epoch && batch.lane === lane && batch.first === first && batch.last === last
      return isItself
        ? { id, received, batch: without(batch, new Set(leftOut)) }
        : damaged('its head is not that under which it was stored')
    } catch (error) {
      if (error instanceof SyncError || error instanceof SyntaxError) return damaged(error.message)
      throw error
    }
  }
}

function without(batch: Batch, seqs: ReadonlySet<number>): Batch {
  if (seqs.size === 0) return batch
  return batch.lane === 'reading'
    ? { ...batch, rows: batch.rows.filter(({ seq }) => !seqs.has(seq)) }
    : { ...batch, rows: batch.rows.filter(({ seq }) => !seqs.has(seq)) }
}
