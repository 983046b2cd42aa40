import { type OpenedSqlite, type OpenOptions, openLocked, type Sqlite } from '#cloud/store'
import { type Ack, addRange, type Lane, missingFrom, type Ranges, renewal, type Status, SyncError } from '#wire'
import { type BatchHead, decodeBatchHead } from '#wire/decode'
import { BatchTable, type DamagedBatch, type InboxEntry } from './batch-table.ts'
import { CLOUD_EPOCH } from './cloud-events.ts'
import { type Doubt, Doubts } from './doubts.ts'
import { INBOX_SCHEMA, updateInbox } from './inbox-schema.ts'
import { IngestError } from './ingest-error.ts'
import { type Answer, Intake } from './intake.ts'
import { type LaneAccount, LaneLedger, type LaneName } from './lane-ledger.ts'
import { Unreadable } from './unreadable.ts'

/** Batches that no reader has read yet; beyond it gateways are asked to keep theirs. */
export const UNREAD_BYTES_MAX = 1024 * 1024 * 1024
/** Bytes that a gateway may have under way, as it is told with each acknowledgement. */
const CREDIT_BYTES = 4 * 1024 * 1024

/** Ranges and refusals that batches share in one answer: a gateway reads no more than 1,000 of each, and a broker takes no more than 96 KiB. */
const ACK_ENTRIES_MAX = 500

/** A batch as it came from the broker. */
export interface Delivery {
  /** From the topic, which the broker guards. */
  readonly gateway: string
  readonly bytes: Uint8Array
  /** Receive time: epoch ms, site clock. */
  readonly received: number
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
  /** Batches of a later wire version: neither taken nor refused, their gateways keep them until this cloud is brought up to date. */
  ahead: number
  /** Batches whose numbers cannot be trusted, not taken. */
  fenced: number
  /** Batches that the disk has damaged. */
  damaged: number
}

/**
 * The cloud's inbox: batches as they came, durable before they are acknowledged. A batch's row, the seqs received and any refusal commit in
 * one transaction; then the acknowledgement may go.
 */
export class Inbox implements Disposable {
  readonly counters: InboxCounters = { batches: 0, duplicates: 0, refused: 0, unreadable: 0, ahead: 0, fenced: 0, damaged: 0 }
  /** Rows of each lane, without refused ones, ever. */
  readonly rows: Record<Lane, number>
  readonly #file: OpenedSqlite
  readonly #isReadonly: boolean
  readonly #batches: BatchTable
  readonly #lanes: LaneLedger
  readonly #doubts: Doubts
  readonly #unreadable: Unreadable
  readonly #intake: Intake
  #entries: InboxEntry[] = []

  /**
   * @param options `readonly`: beside its writer, for an audit; `open`: on another disk than this machine's
   * @throws IngestError `version` for a newer file, `damaged`; StoreError `locked` where another process writes it.
   */
  constructor(file: string, options: OpenOptions = {}) {
    this.#isReadonly = options.readonly ?? false
    const opened = openWhole(file, options)
    try {
      const db = opened.sqlite
      updateInbox(db, file, this.#isReadonly)
      this.#batches = new BatchTable(db)
      this.rows = this.#batches.rowsUpTo(Number.MAX_SAFE_INTEGER)
      this.#lanes = new LaneLedger(db)
      this.#doubts = new Doubts(db)
      this.#unreadable = new Unreadable(db)
      const [batches, lanes, doubts] = [this.#batches, this.#lanes, this.#doubts]
      const onEntry = (entry: InboxEntry) => void this.#entries.push(entry)
      this.#intake = new Intake({ db, batches, lanes, doubts, counters: this.counters, onEntry })
    } catch (error) {
      opened[Symbol.dispose]()
      throw damageOf(error, file) ?? error
    }
    this.#file = opened
  }

  /**
   * Takes deliveries in one transaction and returns what may be acknowledged once it is committed, which it is.
   * @param cursor id of the last batch that every reader has read: what lies beyond counts as unread
   */
  take(deliveries: readonly Delivery[], cursor: number): AddressedAck[] {
    const acks = new Map<string, AddressedAck>()
    const isFull = this.#batches.unreadBytes(cursor, UNREAD_BYTES_MAX) >= UNREAD_BYTES_MAX
    const credit = isFull ? 0 : CREDIT_BYTES
    this.#transact(() => {
      for (const delivery of deliveries) {
        const head = this.#headOf(delivery)
        if (head === null) continue
        const answer = isFull ? { ranges: [], refused: [] } : this.#answer(head, delivery)
        const { gateway, epoch, lane } = head
        if (answer === null) {
          const renew = this.#renewalOf(gateway, epoch, delivery.received)
          if (renew) acks.set(`${gateway} ${epoch}`, { gateway, ack: renew })
          continue
        }
        const key = `${gateway} ${epoch} ${lane}`
        const last = acks.get(key)
        const entries = answer.ranges.length + answer.refused.length
        if (last && entries + last.ack.ranges.length + last.ack.refused.length > ACK_ENTRIES_MAX) {
          // Too much for one: what was said so far goes by itself.
          acks.delete(key)
          acks.set(`${key} ${acks.size}`, last)
        }
        const known = acks.get(key)?.ack ?? { epoch, lane, ranges: [], refused: [], credit }
        const ranges = answer.ranges.reduce<Ranges>((sum, [first, last]) => addRange(sum, first, last), known.ranges)
        const refused = [...known.refused, ...answer.refused]
        acks.set(key, { gateway, ack: { ...known, ranges: ranges.map(([first, last]) => [first, last]), refused } })
      }
    })
    return [...acks.values()]
  }

  /** Whether it would take something: there is room, and the disk takes a commit. */
  isOpen(cursor: number): boolean {
    if (this.#batches.unreadBytes(cursor, UNREAD_BYTES_MAX) >= UNREAD_BYTES_MAX) return false
    try {
      this.sqlite.pragma(`user_version = ${INBOX_SCHEMA}`)
      return true
    } catch {
      return false
    }
  }

  /** What is answered where nothing can be taken: keep what you have. */
  hold(deliveries: readonly Delivery[]): AddressedAck[] {
    const acks = new Map<string, AddressedAck>()
    for (const { gateway, bytes } of deliveries) {
      try {
        const { epoch, lane } = decodeBatchHead(bytes)
        acks.set(`${gateway} ${epoch} ${lane}`, { gateway, ack: { epoch, lane, ranges: [], refused: [], credit: 0 } })
      } catch (error) {
        if (!(error instanceof SyncError)) throw error
      }
    }
    return [...acks.values()]
  }

  /**
   * Hears a gateway's hello: how far it has numbered its rows, and which run of it speaks.
   * @param isHeard rows of it came since this cloud listens
   * @returns what is to be answered: it shall begin a new epoch; or null
   */
  hear(
    gateway: string,
    status: Pick<Status, 'epoch' | 'lanes'> & Partial<Status>,
    at = 0,
    { isRetained = false, isHeard = false }: { readonly isRetained?: boolean; readonly isHeard?: boolean } = {},
  ): Ack | null {
    const { epoch, lanes, boot, schema, online } = status
    this.#transact(() => {
      const seen = (lane: Lane) => this.#lanes.of({ gateway, epoch, lane }).issued
      if (online && boot !== undefined && schema !== undefined) {
        const doubt = this.#doubts.hear(gateway, { ...status, online, boot, schema } as Status, { isRetained, isHeard, seen })
        if (doubt) this.#intake.doubt(doubt, at)
      }
      for (const [lane, { issued }] of Object.entries(lanes)) this.#lanes.issue({ gateway, epoch, lane: lane as Lane }, issued)
    })
    return this.#renewalOf(gateway, epoch, at)
  }

  /** What is held against an epoch, or null. */
  doubtOf(gateway: string, epoch: string): Doubt | null {
    return this.#doubts.of(gateway, epoch)
  }

  /** How many epochs are fenced. */
  get fencedEpochs(): number {
    return this.#doubts.fenced
  }

  /** Whether a gateway understands more than release 0.1 did. */
  renews(gateway: string): boolean {
    return this.#doubts.renews(gateway)
  }

  /** Batches behind the cursor, oldest first. One that the disk has damaged is passed over, and its rows are declared lost. */
  after(cursor: number, limit: number): InboxEntry[] {
    for (let from = cursor; ; ) {
      const { entries, damaged } = this.#batches.after(from, limit)
      if (damaged.length > 0) {
        this.counters.damaged += damaged.length
        if (!this.#isReadonly)
          this.#transact(() => {
            for (const batch of damaged) this.#lose(batch)
          })
      }
      // None where there are more would be taken for the end.
      if (entries.length > 0 || damaged.length === 0) return entries
      from = damaged.at(-1)?.id ?? from
    }
  }

  /** The next batch gets a higher id than this one: whoever has read so far would never read what comes below. */
  beginAfter(id: number): void {
    this.#batches.beginAfter(id)
  }

  /** Ids of the readings' batches of an epoch that begin up to a seq, between two ids. */
  readingsOf(gateway: string, epoch: string, upTo: number, after: number, before: number, limit: number): number[] {
    return this.#batches.readingsOf(gateway, epoch, upTo, after, before, limit)
  }

  /** Id of the last batch before the first one received at this time or later. */
  idBefore(received: number): number {
    return this.#batches.idBefore(received)
  }

  /** Everything an audit needs, a row a lane of a gateway's epoch. */
  lanes(): readonly (LaneName & LaneAccount)[] {
    return this.#lanes.all()
  }

  /** Rows of each lane up to a batch, without the refused ones. */
  rowsUpTo(id: number): Record<Lane, number> {
    return this.#batches.rowsUpTo(id)
  }

  /** The highest id, 0 where it is empty. */
  get newest(): number {
    return this.#batches.newest
  }

  /** The database, for those who read beside it. */
  get sqlite(): Sqlite {
    return this.#file.sqlite
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]()
  }

  /** Everything or nothing; readers are told of what came to be. */
  #transact(work: () => void): void {
    const before = { ...this.counters }
    this.#entries = []
    try {
      this.#lanes.transact(work)
    } catch (error) {
      Object.assign(this.counters, before)
      throw error
    }
    for (const entry of this.#entries) {
      this.rows[entry.batch.lane] += entry.batch.rows.length
      this.#batches.remember(entry)
    }
  }

  #headOf({ gateway, bytes, received }: Delivery): BatchHead | null {
    let why = 'expected the gateway of the topic in the head'
    try {
      const head = decodeBatchHead(bytes)
      if (head.gateway === gateway && head.epoch !== CLOUD_EPOCH) return head
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      if (error.code === 'version') {
        this.counters.ahead += 1
        return null
      }
      why = error.message
    }
    this.counters.unreadable += 1
    this.#unreadable.put(gateway, bytes, why, received)
    return null
  }

  #answer(head: BatchHead, { bytes, received }: Delivery): Answer {
    const answer = this.#doubts.of(head.gateway, head.epoch)?.fenced ? null : this.#intake.put(head, bytes, received)
    if (answer === null) this.counters.fenced += 1
    return answer
  }

  #renewalOf(gateway: string, epoch: string, now: number): Ack | null {
    const doubt = this.#doubts.of(gateway, epoch)
    return doubt?.fenced ? renewal(epoch, now, doubt.why.slice(0, 200)) : null
  }

  #lose({ id, gateway, epoch, lane, first, last, leftOut, why }: DamagedBatch): void {
    const at = Number(this.sqlite.prepare('SELECT received FROM batch WHERE id = ?').pluck().get(id))
    this.sqlite.prepare('INSERT INTO damage VALUES (?, ?, ?)').run(id, why, at)
    const kept = leftOut.reduce<Ranges>((sum, seq) => addRange(sum, seq, seq), [])
    const name = { gateway, epoch, lane }
    const { received } = this.#lanes.of(name)
    // Seqs between the first and the last that were never here are not of this batch.
    const here = missingFrom(kept, first, last).flatMap(([from, to]) => complement(received, from, to))
    this.#intake.lose(name, here, `the cloud's disk damaged batch ${id}: ${why}`, at)
  }
}

/** The parts of [first, last] that the ranges hold. */
function complement(ranges: Ranges, first: number, last: number): Ranges {
  return missingFrom(missingFrom(ranges, first, last), first, last)
}

function openWhole(file: string, options: OpenOptions): OpenedSqlite {
  try {
    return openLocked(file, options)
  } catch (error) {
    throw damageOf(error, file) ?? error
  }
}

/** A new inbox in its place would acknowledge nothing that was lost, so none is made. */
function damageOf(error: unknown, file: string): IngestError | null {
  const isDamage =
    error instanceof SyntaxError ||
    (error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|NOTADB)/.test(String(error.code)))
  if (!isDamage) return null
  return new IngestError(
    'damaged',
    `expected a whole inbox in ${file}, got a damaged one (${error.message}): nothing was changed. Keep the file with its -wal beside it, put the newest backup in its place and start again; gateways send what they still have, and sluice audit names what is missing`,
    { cause: error },
  )
}
