import type { LossRecord, SiteEvent } from '#wire'
import { countOf, mergeRanges, type Ranges, rangesOf } from '#wire/batch'
import { insertEvent, updateEvent } from './outbox-rows.ts'
import type { Statements } from './statements.ts'

/** Ranges in one loss record; another begins beyond. */
const LOSS_RANGES_MAX = 200

/** A row that is given up. */
export interface LostRow {
  readonly seq: number
  readonly device: string
  readonly at: number
}

interface OpenRecord {
  readonly id: string
  /** In the lane `event`. */
  readonly seq: number
  readonly losses: Losses
}

interface Losses {
  readonly seqs: Ranges
  readonly from: number
  readonly to: number
  readonly devices: Readonly<Record<string, number>>
}

export interface LossBookOptions {
  readonly sql: Statements
  readonly epoch: () => string
  /** Gives out the next seq of the lane `event`. */
  readonly issue: () => number
}

/**
 * Writes down which readings were given up, inside the transaction that deletes them. A record grows as long as it was not sealed into a batch,
 * so that a long outage leaves few of them; and it is one for all devices, because whole rounds go, which are one range, and of one device many.
 */
export class LossBook {
  readonly #options: LossBookOptions
  readonly #open = new Map<string, OpenRecord>()

  constructor(options: LossBookOptions) {
    this.#options = options
  }

  /** @param now site time */
  record(rows: readonly LostRow[], why: string, now: number): void {
    const { sql, epoch, issue } = this.#options
    const losses = lossesOf(rows)
    const open = this.#open.get(why)
    const grown = open && this.#isUnsent(open) ? merge(open.losses, losses) : null
    if (open && grown && grown.seqs.length <= LOSS_RANGES_MAX) {
      updateEvent(sql, 'event', open.seq, this.#eventOf(open.id, grown, why, now))
      this.#open.set(why, { ...open, losses: grown })
      return
    }
    for (const part of cut(rows, losses)) {
      // A seq is given up once, so its record's name is its own.
      const id = `loss-${epoch()}-reading-${part.seqs[0]?.[0]}`
      const seq = issue()
      insertEvent(sql, 'event', seq, this.#eventOf(id, part, why, now))
      this.#open.set(why, { id, seq, losses: part })
    }
  }

  /** A transaction did not come to be: what it began is not there. */
  forget(): void {
    this.#open.clear()
  }

  #eventOf(id: string, { seqs, from, to, devices }: Losses, why: string, at: number): SiteEvent {
    const [device, ...others] = Object.keys(devices)
    const whose = device !== undefined && others.length === 0 ? { device } : { devices }
    const loss: LossRecord = {
      epoch: this.#options.epoch(),
      lane: 'reading',
      seqs,
      count: countOf(seqs),
      why,
      ...whose,
      from,
      to,
    }
    return { id, kind: 'loss', at, ...('device' in whose && whose), body: { ...loss } }
  }

  #isUnsent({ seq }: OpenRecord): boolean {
    const sql = `SELECT 1 AS one FROM notice WHERE lane = 'event' AND seq = ?
      AND NOT EXISTS (SELECT 1 FROM batch WHERE lane = 'event' AND first <= ? AND last >= ?)`
    return this.#options.sql.get(sql, seq, seq, seq) !== undefined
  }
}

function lossesOf(rows: readonly LostRow[]): Losses {
  const devices: Record<string, number> = {}
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { device, at } of rows) {
    devices[device] = (devices[device] ?? 0) + 1
    from = Math.min(from, at)
    to = Math.max(to, at)
  }
  return { seqs: rangesOf(rows.map(({ seq }) => seq).sort((a, b) => a - b)), from, to, devices }
}

function merge(one: Losses, other: Losses): Losses {
  const devices: Record<string, number> = { ...one.devices }
  for (const [device, count] of Object.entries(other.devices)) devices[device] = (devices[device] ?? 0) + count
  const seqs = mergeRanges([...one.seqs, ...other.seqs])
  return { seqs, from: Math.min(one.from, other.from), to: Math.max(one.to, other.to), devices }
}

/** As many records as the ranges need. */
function cut(rows: readonly LostRow[], losses: Losses): Losses[] {
  if (losses.seqs.length <= LOSS_RANGES_MAX) return [losses]
  const end = losses.seqs[LOSS_RANGES_MAX - 1]?.[1] ?? 0
  return [
    lossesOf(rows.filter(({ seq }) => seq <= end)),
    ...cut(
      rows.filter(({ seq }) => seq > end),
      lossesOf(rows.filter(({ seq }) => seq > end)),
    ),
  ]
}
