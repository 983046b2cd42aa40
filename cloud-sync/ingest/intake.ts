import type { Statement } from 'better-sqlite3'
import type { Sqlite } from '#cloud/store'
import { type Ack, addRange, type Batch, type JournalledEvent, LANES, missingFrom, type Ranges, rangesOf, SyncError } from '#wire'
import { type BatchHead, decodeBatch } from '#wire/decode'
import type { BatchTable, InboxEntry } from './batch-table.ts'
import { CloudEvents } from './cloud-events.ts'
import type { Doubt, Doubts } from './doubts.ts'
import type { LaneLedger, LaneName } from './lane-ledger.ts'
import { Overlap } from './overlap.ts'
import { Patience } from './patience.ts'
import { refusalsOf } from './refusal.ts'
import { renewedOf } from './told.ts'

/** Refusals that are kept to be looked at, the newest; each lane's account knows all of them. */
const REFUSALS_MAX = 100_000

/** What is said to a batch; null: nothing, because its numbers cannot be trusted. */
export type Answer = Pick<Ack, 'ranges' | 'refused'> | null

export interface IntakeParts {
  readonly db: Sqlite
  readonly batches: BatchTable
  readonly lanes: LaneLedger
  readonly doubts: Doubts
  readonly counters: { batches: number; duplicates: number; refused: number }
  /** Told what is in the transaction, to be given to the readers when it is through. */
  readonly onEntry: (entry: InboxEntry) => void
}

/** What a batch does to the inbox, inside its transaction: it is stored, known already, refused row by row, or doubted. */
export class Intake {
  readonly #parts: IntakeParts
  readonly #overlap: Overlap
  readonly #events: CloudEvents
  readonly #refusal: Statement
  readonly #forgetRefusals: Statement
  readonly #patience = new Patience()

  constructor(parts: IntakeParts) {
    this.#parts = parts
    this.#overlap = new Overlap(parts.db)
    this.#events = new CloudEvents(
      () => parts.batches.nextId,
      (batch, bytes, received) => this.#store(batch, bytes, received, new Set()),
    )
    this.#refusal = parts.db.prepare(
      'INSERT INTO refused (gateway, epoch, lane, first, last, why, received, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
    this.#forgetRefusals = parts.db.prepare('DELETE FROM refused WHERE id <= ?')
  }

  put(head: BatchHead, bytes: Uint8Array, received: number): Answer {
    const { lanes, counters } = this.#parts
    let batch: Batch
    try {
      batch = decodeBatch(bytes)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      // Its gateway has what was damaged on the way: it is asked to send again before its rows are given up.
      if (error.code === 'checksum' && this.#patience.waits(head)) return { ranges: [], refused: [] }
      lanes.issue(head, head.last)
      this.#refuse(head, [head.first, head.last], error.code, received, bytes)
      return { ranges: [], refused: [[head.first, head.last, error.code]] }
    }
    const known = new Set(knownOf(batch, lanes.of(head).received))
    const differing = known.size === 0 ? null : this.#overlap.differing(batch, bytes)
    if (differing !== null) {
      this.doubt({ ...head, why: `its numbers were given out twice: ${head.lane} ${differing} came with two contents` }, received)
      return null
    }
    lanes.issue(head, head.last)
    const refused = refusalsOf(batch, received)
    const isRefused = (seq: number) => refused.some(([first, last]) => seq >= first && seq <= last)
    const refusedSeqs = refused.length === 0 ? [] : batch.rows.flatMap(({ seq }) => (isRefused(seq) ? [seq] : []))
    const accepted = rangesOf(batch.rows.flatMap(({ seq }) => (refused.length > 0 && isRefused(seq) ? [] : [seq])))
    if (accepted.every(([first, last]) => lanes.isKnown(head, first, last))) counters.duplicates += accepted.length > 0 ? 1 : 0
    else {
      this.#store(batch, bytes, received, new Set([...refusedSeqs, ...known]))
      counters.batches += 1
      lanes.receive(head, accepted)
      if (batch.lane === 'event')
        for (const { seq, event } of batch.rows) if (!known.has(seq) && !isRefused(seq)) this.#hear(head, event, received)
    }
    for (const [first, last, why] of refused) this.#refuse(head, [first, last], why, received, accepted.length > 0 ? null : bytes)
    // The whole span: what a thinned batch skips its gateway has no more, and its single rows would be more ranges than an answer holds.
    const taken = missingFrom(
      refused.map(([first, last]) => [first, last]),
      head.first,
      head.last,
    )
    return { ranges: taken.map(([first, last]) => [first, last]), refused }
  }

  /** Keeps a doubt and tells it once. A gateway that cannot begin a new epoch is not fenced: what is not doubtful of it is taken. */
  doubt({ gateway, epoch, why, fenced }: Omit<Doubt, 'fenced'> & { readonly fenced?: boolean }, at: number): void {
    const { doubts } = this.#parts
    const doubt = { gateway, epoch, why, fenced: fenced ?? doubts.renews(gateway) }
    if (doubts.put(doubt, at)) this.#events.tell(gateway, 'gateway.cloned', { epoch, why, fenced: doubt.fenced }, at)
  }

  /** Rows that were here and cannot be read any more. */
  lose(name: LaneName, seqs: Ranges, why: string, at: number): void {
    this.#parts.lanes.lose(name, seqs)
    this.#events.tellLoss(name, seqs, why, at)
  }

  #store(batch: Batch, bytes: Uint8Array, received: number, leftOut: ReadonlySet<number>): void {
    const entry = this.#parts.batches.insert(batch, bytes, received, leftOut)
    this.#overlap.add(batch)
    this.#parts.onEntry(entry)
  }

  #hear({ gateway, epoch }: LaneName, { kind, body }: JournalledEvent['event'], at: number): void {
    const renewed = kind === 'journal.renewed' ? renewedOf(body) : null
    if (renewed === null) return
    const { lanes, doubts } = this.#parts
    const previous = renewed.previous ?? doubts.previous(gateway, epoch)
    if (previous === null || previous === epoch) return
    for (const lane of LANES) {
      const name = { gateway, epoch: previous, lane }
      lanes.issue(name, renewed.issued?.[lane] ?? 0)
      const { issued, received, refused } = lanes.of(name)
      const accounted = [...received, ...refused, ...(renewed.carried?.[lane] ?? [])]
      const held = accounted.reduce<Ranges>((sum, [first, last]) => addRange(sum, first, last), [])
      this.#events.tellLoss(name, missingFrom(held, 1, issued), renewed.why, at)
    }
    doubts.close(gateway, previous, at)
  }

  #refuse(
    name: LaneName,
    [first, last]: readonly [number, number],
    why: string,
    received: number,
    bytes: Uint8Array | null,
  ): void {
    const { lanes, counters } = this.#parts
    lanes.refuse(name, [[first, last]])
    const { gateway, epoch, lane } = name
    const { changes, lastInsertRowid } = this.#refusal.run(gateway, epoch, lane, first, last, why, received, bytes)
    if (changes === 0) return
    counters.refused += last - first + 1
    this.#forgetRefusals.run(Number(lastInsertRowid) - REFUSALS_MAX)
  }
}

function knownOf({ rows, first, last }: Batch, received: Ranges): number[] {
  const touching = received.filter(([from, to]) => from <= last && to >= first)
  if (touching.length === 0) return []
  const seqs: readonly { readonly seq: number }[] = rows
  return seqs.flatMap(({ seq }) => (touching.some(([from, to]) => seq >= from && seq <= to) ? [seq] : []))
}
