import { type Batch, countOf, type EventBody, type EventKind, encodeBatch, type LossRecord, type Ranges } from '#wire'
import type { LaneName } from './lane-ledger.ts'

/** The epoch of what the cloud itself says of a gateway; no journal has it. */
export const CLOUD_EPOCH = '0000000000000000'
/** Ranges of one loss record. */
const LOSS_RANGES_MAX = 500

/** What the cloud has to say of a gateway: events like the gateway's own, in the inbox like its batches, so that every reader meets them in order. */
export class CloudEvents {
  readonly #nextSeq: () => number
  readonly #put: (batch: Batch, bytes: Uint8Array, received: number) => void

  /** @param nextSeq never given before, also where an older copy of the inbox was put in its place: what was told under it is a fact for ever */
  constructor(nextSeq: () => number, put: (batch: Batch, bytes: Uint8Array, received: number) => void) {
    this.#nextSeq = nextSeq
    this.#put = put
  }

  /** Inside the inbox's transaction. @param at site time */
  tell(gateway: string, kind: EventKind, body: EventBody, at: number): void {
    const seq = this.#nextSeq()
    const event = { id: `cloud-${gateway}-${seq}`, kind, at, body }
    const batch: Batch = { gateway, epoch: CLOUD_EPOCH, lane: 'event', first: seq, last: seq, rows: [{ seq, event }] }
    this.#put(batch, encodeBatch(batch), at)
  }

  /** Declares rows lost, in as many records as their ranges take. */
  tellLoss({ gateway, epoch, lane }: LaneName, seqs: Ranges, why: string, at: number): void {
    for (let from = 0; from < seqs.length; from += LOSS_RANGES_MAX) {
      const part = seqs.slice(from, from + LOSS_RANGES_MAX)
      const loss: LossRecord = { epoch, lane, seqs: part, count: countOf(part), why }
      this.tell(gateway, 'loss', { ...loss }, at)
    }
  }
}
