import type { Ranges } from '#wire'

/** The ways a row or a message ends beside the road. */
export const DEAD_LETTER_KINDS = ['refused', 'unreadable', 'damaged', 'parked', 'epoch', 'loss'] as const
export type DeadLetterKind = (typeof DEAD_LETTER_KINDS)[number]

/** Something that is in no series and no event, or an epoch that is not trusted: nothing vanishes unseen. */
export interface DeadLetter {
  /** Unique; where a page begins that follows it. */
  readonly id: string
  /**
   * `refused`: rows that can never be stored, told to their gateway. `unreadable`: a message without a head. `damaged`: a batch that the cloud's disk
   * has changed. `parked`: a row that the series store refused, or of a device that another gateway described. `epoch`: a journal whose numbers were
   * given out twice. `loss`: rows that gateway or cloud declared lost.
   */
  readonly kind: DeadLetterKind
  /** When it came, or was noticed: epoch ms, site time; of a row that release 0.1 parked, the machine's time of that. */
  readonly at: number
  /** Null: a row that was parked without it. */
  readonly gateway: string | null
  readonly epoch: string | null
  readonly lane: string | null
  /** Inclusive; empty where there are none. */
  readonly seqs: Ranges
  /** Rows; null where nobody can say. */
  readonly count: number | null
  readonly why: string
  readonly device: string | null
  readonly point: string | null
  /** Observe times, where they are known. */
  readonly from: number | null
  readonly to: number | null
  /** Where a message came in. */
  readonly topic: string | null
  /** Of an epoch: nothing of it is taken any more. */
  readonly fenced: boolean | null
  /** The first of its rows as JSON, as far as they can be read. */
  readonly sample: string | null
  /** What is kept of a message that cannot be read, in hex. */
  readonly bytes: string | null
}

/** Where a letter stands among all: by time, then kind, then the id in its own table. */
export type Place = readonly [at: number, kind: number, id: number]

/** What a table is asked for. */
export interface Search {
  readonly gateway: string | null
  readonly before: Place
  readonly limit: number
}

/** A letter as its table has it: what it does not say is null. */
export type Found = Partial<DeadLetter> & Pick<DeadLetter, 'at' | 'gateway' | 'why'> & { readonly row: number }

/** The place that an id names; without one the end of time. */
export function placeOf(id: string | undefined): Place {
  const [at, kind, row] = id?.split('-').map(Number) ?? []
  const isPlace = [at, kind, row].every((part) => Number.isSafeInteger(part))
  return isPlace && at !== undefined && kind !== undefined && row !== undefined
    ? [at, kind, row]
    : [Number.MAX_SAFE_INTEGER, 0, 0]
}

/** Negative where the first is older. */
export function comparePlaces(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/** The number that a kind has in a place. */
export function rankOf(kind: DeadLetterKind): number {
  return DEAD_LETTER_KINDS.indexOf(kind)
}
