import type { Statement } from 'better-sqlite3'
import { type OpenedSqlite, type OpenOptions, openLocked, type Sqlite } from '#cloud/store'
import {
  type Ack,
  addRange,
  type Batch,
  LANES,
  type Lane,
  missingFrom,
  type Ranges,
  rangesOf,
  type Status,
  SyncError,
} from '#wire'
import { type BatchHead, decodeBatch, decodeBatchHead } from '#wire/decode'
import { IngestError } from './ingest-error.ts'
import { LANE_SCHEMA, type LaneAccount, LaneLedger, type LaneName } from './lane-ledger.ts'
import { refusalOf } from './refusal.ts'

/** Version of the inbox's file; older code refuses a newer file by name. */
export const INBOX_SCHEMA = 1
/** Batches that no reader has read yet; beyond it gateways are asked to keep theirs. */
export const UNREAD_BYTES_MAX = 1024 * 1024 * 1024
/** Bytes that a gateway may have under way, as it is told with each acknowledgement. */
const CREDIT_BYTES = 4 * 1024 * 1024
/** Opened batches that are kept in memory for the readers, which come a moment later. */
const OPENED_MAX = 128

const SCHEMA = `
CREATE TABLE batch (id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, rows INTEGER NOT NULL, received INTEGER NOT NULL, refused TEXT NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE refused (id INTEGER PRIMARY KEY, gateway TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  why TEXT NOT NULL, received INTEGER NOT NULL, bytes BLOB, UNIQUE (gateway, epoch, lane, first, last));
${LANE_SCHEMA}`

/** A batch as it came from the broker. */
export interface Delivery {
  /** From the topic, which the broker guards. */
  readonly gateway: string
  readonly bytes: Uint8Array
  /** Receive time: epoch ms, site clock. */
  readonly received: number
}

/** A batch in the inbox, opened; rows that were refused are not among its rows. */
export interface InboxEntry {
  readonly id: number
  readonly received: number
  readonly batch: Batch
}

/** An acknowledgement and whom it is for. */
export interface AddressedAck {
  readonly gateway: string
  readonly ack: Ack
}

/** What the inbox met since it was opened. */
export interface InboxCounters {
  batches: number
  duplicates: number
  refused: number
  /** Messages of which not even the head can be read. */
  unreadable: number
}

/**
 * The cloud's inbox: batches as they came, durable before they are acknowledged. A batch's row, the seqs received and any refusal commit in
 * one transaction; then the acknowledgement may go.
 */
export class Inbox implements Disposable {
  readonly counters: InboxCounters = { batches: 0, duplicates: 0, refused: 0, unreadable: 0 }
  /** Rows of each lane, without refused ones, ever. */
  readonly rows: Record<Lane, number>
  readonly #db: Sqlite
  readonly #file: OpenedSqlite
  readonly #lanes: LaneLedger
  readonly #insert: Statement
  readonly #opened = new Map<number, InboxEntry>()
  #unreadBytes = 0

  /**
   * @param options `readonly`: beside its writer, for an audit; `open`: on another disk than this machine's
   * @throws IngestError `version` for a newer file; StoreError `locked` where another process writes it.
   */
  constructor(file: string, options: OpenOptions = {}) {
    const isReadonly = options.readonly ?? false
    this.#file = openLocked(file, options)
    this.#db = this.#file.sqlite
    const version = this.#db.pragma('user_version', { simple: true })
    if (version === 0 && !isReadonly) {
      this.#db.transaction(() => {
        this.#db.exec(SCHEMA)
        this.#db.pragma(`user_version = ${INBOX_SCHEMA}`)
      })()
    } else if (version !== INBOX_SCHEMA)
      throw new IngestError('version', `expected inbox version ${INBOX_SCHEMA} in ${file}, got ${version}`)
    this.rows = this.rowsUpTo(Number.MAX_SAFE_INTEGER)
    this.#lanes = new LaneLedger(this.#db)
    this.#insert = this.#db.prepare(
      'INSERT INTO batch (gateway, epoch, lane, first, last, rows, received, refused, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
  }

  /**
   * Takes deliveries in one transaction and returns what may be acknowledged once it is committed, which it is.
   * @param cursor id of the last batch that every reader has read: what lies beyond counts as unread
   */
  take(deliveries: readonly Delivery[], cursor: number): AddressedAck[] {
    const acks = new Map<string, AddressedAck>()
    const entries: InboxEntry[] = []
    const isFull = this.#measureUnread(cursor) >= UNREAD_BYTES_MAX
    this.#lanes.transact(() => {
      for (const delivery of deliveries) {
        const head = this.#headOf(delivery)
        if (head === null) continue
        const answer = isFull ? { ranges: [], refused: [] } : this.#put(head, delivery, entries)
        const key = `${head.gateway} ${head.epoch} ${head.lane}`
        const known = acks.get(key)?.ack ?? {
          epoch: head.epoch,
          lane: head.lane,
          ranges: [],
          refused: [],
          credit: isFull ? 0 : CREDIT_BYTES,
        }
        const ranges = answer.ranges.reduce<Ranges>((sum, [first, last]) => addRange(sum, first, last), known.ranges)
        acks.set(key, {
          gateway: head.gateway,
          ack: { ...known, ranges: ranges.map(([first, last]) => [first, last]), refused: [...known.refused, ...answer.refused] },
        })
      }
    })
    for (const entry of entries) this.#remember(entry)
    return [...acks.values()]
  }

  /** Batches behind the cursor, oldest first. */
  after(cursor: number, limit: number): InboxEntry[] {
    const ids = this.#db.prepare('SELECT id FROM batch WHERE id > ? ORDER BY id LIMIT ?').pluck().all(cursor, limit) as number[]
    return ids.map((id) => this.#opened.get(id) ?? this.#open(id))
  }

  /** Id of the last batch before the first one received at this time or later. */
  idBefore(received: number): number {
    const first = this.#db.prepare('SELECT MIN(id) FROM batch WHERE received >= ?').pluck().get(received) as number | null
    return first === null ? this.newest : first - 1
  }

  /** Keeps how far a gateway says it has numbered its rows. */
  putIssued(gateway: string, { epoch, lanes }: Pick<Status, 'epoch' | 'lanes'>): void {
    this.#lanes.transact(() => {
      for (const lane of LANES) this.#lanes.issue({ gateway, epoch, lane }, lanes[lane].issued)
    })
  }

  /** Everything an audit needs, a row a lane of a gateway's epoch. */
  lanes(): readonly (LaneName & LaneAccount)[] {
    return this.#lanes.all()
  }

  /** Rows of each lane up to a batch, without the refused ones. */
  rowsUpTo(id: number): Record<Lane, number> {
    const rows = this.#db
      .prepare('SELECT lane, SUM(rows - json_array_length(refused)) AS count FROM batch WHERE id <= ? GROUP BY lane')
      .all(id) as { lane: Lane; count: number }[]
    const of = (lane: Lane) => rows.find((row) => row.lane === lane)?.count ?? 0
    return { alarm: of('alarm'), event: of('event'), reading: of('reading') }
  }

  /** The highest id, 0 where it is empty. */
  get newest(): number {
    return (this.#db.prepare('SELECT MAX(id) FROM batch').pluck().get() as number | null) ?? 0
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
  }

  #headOf({ gateway, bytes }: Delivery): BatchHead | null {
    try {
      const head = decodeBatchHead(bytes)
      if (head.gateway === gateway) return head
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
    }
    this.counters.unreadable += 1
    return null
  }

  #put(head: BatchHead, { bytes, received }: Delivery, entries: InboxEntry[]): Pick<Ack, 'ranges' | 'refused'> {
    this.#lanes.issue(head, head.last)
    let batch: Batch
    try {
      batch = decodeBatch(bytes)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      this.#refuse(head, head.first, head.last, error.code, received, bytes)
      return { ranges: [], refused: [[head.first, head.last, error.code]] }
    }
    const refused = poisonOf(batch, received)
    const refusedSeqs = new Set(refused.map(({ seq }) => seq))
    const accepted = rangesOf(batch.rows.flatMap(({ seq }) => (refusedSeqs.has(seq) ? [] : [seq])))
    if (accepted.every(([first, last]) => this.#lanes.isKnown(head, first, last))) this.counters.duplicates += 1
    else {
      const { gateway, epoch, lane, first, last, rows } = head
      const { lastInsertRowid } = this.#insert.run(
        gateway,
        epoch,
        lane,
        first,
        last,
        rows,
        received,
        JSON.stringify([...refusedSeqs]),
        bytes,
      )
      this.counters.batches += 1
      this.rows[lane] += batch.rows.length - refused.length
      this.#unreadBytes += bytes.length
      this.#lanes.receive(head, accepted)
      entries.push({ id: Number(lastInsertRowid), received, batch: without(batch, refusedSeqs) })
    }
    for (const { seq, why } of refused) this.#refuse(head, seq, seq, why, received, null)
    // The whole span: what a thinned batch skips its gateway has no more, and its single rows would be more ranges than an answer holds.
    const taken = missingFrom(rangesOf(refused.map(({ seq }) => seq)), head.first, head.last)
    return { ranges: taken.map(([first, last]) => [first, last]), refused: refused.map(({ seq, why }) => [seq, seq, why]) }
  }

  #refuse(name: LaneName, first: number, last: number, why: string, received: number, bytes: Uint8Array | null): void {
    this.#lanes.refuse(name, [[first, last]])
    const { changes } = this.#db
      .prepare(
        'INSERT INTO refused (gateway, epoch, lane, first, last, why, received, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      .run(name.gateway, name.epoch, name.lane, first, last, why, received, bytes)
    if (changes > 0) this.counters.refused += last - first + 1
  }

  #open(id: number): InboxEntry {
    const { received, refused, bytes } = this.#db.prepare('SELECT received, refused, bytes FROM batch WHERE id = ?').get(id) as {
      received: number
      refused: string
      bytes: Buffer
    }
    return { id, received, batch: without(decodeBatch(bytes), new Set(JSON.parse(refused) as number[])) }
  }

  #remember(entry: InboxEntry): void {
    this.#opened.set(entry.id, entry)
    for (const id of this.#opened.keys()) {
      if (this.#opened.size <= OPENED_MAX) break
      this.#opened.delete(id)
    }
  }

  /** Counted while rows come; summed anew only when that count says full. */
  #measureUnread(cursor: number): number {
    if (this.#unreadBytes >= UNREAD_BYTES_MAX) {
      this.#unreadBytes =
        (this.#db.prepare('SELECT SUM(LENGTH(bytes)) FROM batch WHERE id > ?').pluck().get(cursor) as number | null) ?? 0
    }
    return this.#unreadBytes
  }
}

function poisonOf(batch: Batch, received: number): { seq: number; why: string }[] {
  if (batch.lane !== 'reading') return []
  return batch.rows.flatMap((row) => {
    const why = refusalOf(row, received)
    return why === null ? [] : [{ seq: row.seq, why }]
  })
}

function without(batch: Batch, seqs: ReadonlySet<number>): Batch {
  if (seqs.size === 0) return batch
  return batch.lane === 'reading'
    ? { ...batch, rows: batch.rows.filter(({ seq }) => !seqs.has(seq)) }
    : { ...batch, rows: batch.rows.filter(({ seq }) => !seqs.has(seq)) }
}
