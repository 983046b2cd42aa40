import { openLocked, openRecords, type Records, type Sqlite } from '#cloud/store'
import {
  comparePlaces,
  DEAD_LETTER_KINDS,
  type DeadLetter,
  type DeadLetterKind,
  type Found,
  placeOf,
  rankOf,
  type Search,
} from './dead-letter.ts'
import { damagedOf, epochsOf, refusedOf, unreadableOf } from './inbox-letters.ts'
import { updateInbox } from './inbox-schema.ts'
import { lossesOf, parkedOf } from './record-letters.ts'

/** Dead letters in one answer. */
export const DEAD_LETTERS_MAX = 200

export interface DeadLetterPage {
  /** Newest first. */
  readonly letters: readonly DeadLetter[]
  /** How many there are of each kind, of the gateway that was asked for or of all. */
  readonly counts: Readonly<Record<DeadLetterKind, number>>
  /** Gateways that have any. */
  readonly gateways: readonly string[]
  /** `before` of the next page; null: this is the last one. */
  readonly next: string | null
}

export interface DeadLetterQuery {
  readonly kind?: DeadLetterKind
  readonly gateway?: string
  /** Id of the last letter that is known. */
  readonly before?: string
  /** At most `DEAD_LETTERS_MAX`. */
  readonly limit: number
}

/** Reads what ended beside the road, beside the processes that write it. @throws StoreError, IngestError where there are no files */
export async function deadLetters(
  files: { readonly inbox: string; readonly records: string },
  { kind, gateway, before, limit }: DeadLetterQuery,
): Promise<DeadLetterPage> {
  using inbox = openLocked(files.inbox, { readonly: true })
  updateInbox(inbox.sqlite, files.inbox, true)
  await using records = await openRecords(files.records, { readonly: true })
  const count = Math.min(Math.max(1, limit), DEAD_LETTERS_MAX)
  const search = { gateway: gateway ?? null, before: placeOf(before), limit: count + 1 }
  const found: DeadLetter[] = []
  for (const one of kind ? [kind] : DEAD_LETTER_KINDS)
    found.push(...(await sources[one](inbox.sqlite, records, search)).map((letter) => letterOf(one, letter)))
  found.sort((a, b) => comparePlaces(placeOf(b.id), placeOf(a.id)))
  const letters = found.slice(0, count)
  const tally = await countLetters(inbox.sqlite, records)
  return {
    letters,
    counts: sumOf(tally.filter((part) => gateway === undefined || part.gateway === gateway)),
    gateways: [...new Set(tally.flatMap((part) => part.gateway ?? []))].sort(),
    next: found.length > count ? (letters.at(-1)?.id ?? null) : null,
  }
}

/** One call a kind, so that a page of one kind reads one table. */
const sources: Readonly<Record<DeadLetterKind, (inbox: Sqlite, records: Records, search: Search) => Promise<Found[]>>> = {
  refused: async (inbox, _, search) => refusedOf(inbox, search),
  unreadable: async (inbox, _, search) => unreadableOf(inbox, search),
  damaged: async (inbox, _, search) => damagedOf(inbox, search),
  parked: (_, records, search) => parkedOf(records, search),
  epoch: async (inbox, _, search) => epochsOf(inbox, search),
  loss: (_, records, search) => lossesOf(records, search),
}

interface Tally {
  readonly kind: DeadLetterKind
  readonly gateway: string | null
  readonly count: number
}

async function countLetters(inbox: Sqlite, { db }: Records): Promise<Tally[]> {
  const statement = inbox.prepare<[], Tally>(`
    SELECT 'refused' AS kind, gateway, COUNT(*) AS count FROM refused GROUP BY gateway
    UNION ALL SELECT 'unreadable', gateway, COUNT(*) FROM unreadable GROUP BY gateway
    UNION ALL SELECT 'damaged', gateway, COUNT(*) FROM damage JOIN batch ON id = batch GROUP BY gateway
    UNION ALL SELECT 'epoch', gateway, COUNT(*) FROM doubt GROUP BY gateway`)
  const count = (table: 'parked' | 'event') =>
    db
      .selectFrom(table)
      .select(({ fn }) => ['gateway', fn.countAll<number>().as('count')])
      .groupBy('gateway')
  const parked = await count('parked').execute()
  const losses = await count('event').where('kind', '=', 'loss').execute()
  return [
    ...statement.all(),
    ...parked.map((part) => ({ kind: 'parked' as const, ...part })),
    ...losses.map((part) => ({ kind: 'loss' as const, ...part })),
  ]
}

function sumOf(tally: readonly Tally[]): Record<DeadLetterKind, number> {
  const counts = { refused: 0, unreadable: 0, damaged: 0, parked: 0, epoch: 0, loss: 0 }
  for (const { kind, count } of tally) counts[kind] += count
  return counts
}

function letterOf(kind: DeadLetterKind, { row, ...found }: Found): DeadLetter {
  return {
    ...{ epoch: null, lane: null, seqs: [], count: null, device: null, point: null, from: null, to: null },
    ...{ topic: null, fenced: null, sample: null, bytes: null },
    ...found,
    id: [found.at, rankOf(kind), row].join('-'),
    kind,
  }
}
