import { sql } from 'kysely'
import { openRecords, type Records } from '#cloud/store'
import { type Lane, SyncError } from '#wire'
import { decodeBatch } from '#wire/decode'
import { Inbox } from './inbox.ts'

/** Dead letters in one answer. */
export const DEAD_LETTERS_MAX = 200
/** Rows of one letter that are shown. */
const SAMPLE_ROWS_MAX = 5

/** The ways a row or a message ends beside the road. */
export const DEAD_LETTER_KINDS = ['refused', 'unreadable', 'damaged', 'parked'] as const

/** Something that came and is in no series and no event: nothing vanishes unseen. */
export interface DeadLetter {
  /**
   * `refused`: rows that can never be stored, told to their gateway. `unreadable`: a message without a head. `damaged`: a batch that the cloud's disk
   * has changed. `parked`: a row that the series store refused, or of a device that another gateway described.
   */
  readonly kind: (typeof DEAD_LETTER_KINDS)[number]
  /** Names it in its kind. */
  readonly id: number
  /** Null: a row that was parked without it. */
  readonly gateway: string | null
  readonly epoch: string | null
  readonly lane: Lane | null
  /** Seqs, inclusive; null where it has none. */
  readonly first: number | null
  readonly last: number | null
  readonly why: string
  /** When it came: epoch ms, site time; of a row that release 0.1 parked, the machine's time of that. */
  readonly received: number
  /** Bytes that are kept of it. */
  readonly bytes: number
  /** The first of its rows, as far as they can be read: plain data. */
  readonly sample: readonly unknown[]
}

export interface DeadLetterPage {
  /** Newest first. */
  readonly letters: readonly DeadLetter[]
  /** For the next page; null: this is the last one. */
  readonly next: string | null
}

/** Where a page begins: behind the letter that the page before ended with. */
export interface DeadLetterQuery {
  readonly after?: string | null
  /** At most `DEAD_LETTERS_MAX`. */
  readonly limit: number
}

/** A letter before its rows are looked at. */
interface Found extends Omit<DeadLetter, 'sample'> {
  readonly sample: () => readonly unknown[]
}

type Place = readonly [received: number, kind: number, id: number]

/** Reads what ended beside the road, beside the processes that write it. @throws StoreError, IngestError where there are no files */
export async function deadLetters(
  files: { readonly inbox: string; readonly records: string },
  { after = null, limit }: DeadLetterQuery,
): Promise<DeadLetterPage> {
  using inbox = new Inbox(files.inbox, { readonly: true })
  await using records = await openRecords(files.records, { readonly: true })
  const count = Math.min(Math.max(1, limit), DEAD_LETTERS_MAX)
  const place = parsePlace(after)
  const found = [
    ...refusedOf(inbox, place, count),
    ...unreadableOf(inbox, place, count),
    ...damagedOf(inbox, place, count),
    ...(await parkedOf(records, place, count)),
  ].sort((a, b) => compare(placeOf(b), placeOf(a)))
  const letters = found.slice(0, count).map((letter): DeadLetter => ({ ...letter, sample: letter.sample() }))
  const last = found[count - 1]
  return { letters, next: last !== undefined && found.length > count ? placeOf(last).join('-') : null }
}

/** How many there are of each kind. */
export async function countDeadLetters(inbox: Inbox, records: Records): Promise<Record<DeadLetter['kind'], number>> {
  const of = (table: string) => inbox.sqlite.prepare<[], number>(`SELECT COUNT(*) FROM ${table}`).pluck().get() ?? 0
  const { parked } = await records.db
    .selectFrom('parked')
    .select(({ fn }) => fn.countAll<number>().as('parked'))
    .executeTakeFirstOrThrow()
  return { refused: of('refused'), unreadable: of('unreadable'), damaged: of('damage'), parked }
}

function refusedOf({ sqlite }: Inbox, place: Place, count: number): Found[] {
  type Row = {
    id: number
    gateway: string
    epoch: string
    lane: Lane
    first: number
    last: number
    why: string
    received: number
    bytes: Buffer | null
  }
  const rows = sqlite
    .prepare<unknown[], Row>(`SELECT * FROM refused WHERE (received, ?, id) < (?, ?, ?) ORDER BY received DESC, id DESC LIMIT ?`)
    .all(kindOf('refused'), ...place, count + 1)
  return rows.map(({ bytes, ...row }) => ({
    kind: 'refused',
    ...row,
    bytes: bytes?.length ?? 0,
    sample: () => sampleOf(bytes ?? batchWith(sqlite, row), row.first, row.last),
  }))
}

function unreadableOf({ sqlite }: Inbox, place: Place, count: number): Found[] {
  type Row = { id: number; gateway: string; why: string; received: number; bytes: Buffer }
  const rows = sqlite
    .prepare<unknown[], Row>(
      `SELECT * FROM unreadable WHERE (received, ?, id) < (?, ?, ?) ORDER BY received DESC, id DESC LIMIT ?`,
    )
    .all(kindOf('unreadable'), ...place, count + 1)
  return rows.map(({ bytes, ...row }) => ({
    kind: 'unreadable',
    ...row,
    epoch: null,
    lane: null,
    first: null,
    last: null,
    bytes: bytes.length,
    sample: () => [{ hex: bytes.subarray(0, 64).toString('hex') }],
  }))
}

function damagedOf({ sqlite }: Inbox, place: Place, count: number): Found[] {
  type Row = {
    id: number
    gateway: string
    epoch: string
    lane: Lane
    first: number
    last: number
    why: string
    received: number
    bytes: number
  }
  const rows = sqlite
    .prepare<unknown[], Row>(
      `SELECT id, gateway, epoch, lane, first, last, why, noticed AS received, LENGTH(bytes) AS bytes FROM damage JOIN batch ON id = batch
       WHERE (noticed, ?, id) < (?, ?, ?) ORDER BY noticed DESC, id DESC LIMIT ?`,
    )
    .all(kindOf('damaged'), ...place, count + 1)
  return rows.map((row) => ({ kind: 'damaged', ...row, sample: () => [] }))
}

async function parkedOf({ db }: Records, [received, kind, id]: Place, count: number): Promise<Found[]> {
  const rows = await db
    .selectFrom('parked')
    .selectAll()
    .select(({ fn, ref }) => [sql<number>`rowid`.as('id'), fn.coalesce(ref('received'), ref('parked')).as('came')])
    .where(sql<boolean>`(coalesce(received, parked), ${kindOf('parked')}, rowid) < (${received}, ${kind}, ${id})`)
    .orderBy(sql`coalesce(received, parked)`, 'desc')
    .orderBy(sql`rowid`, 'desc')
    .limit(count + 1)
    .execute()
  return rows.map(({ id: row, gateway, why, came, device, point, at, n, value, hash }) => ({
    kind: 'parked',
    id: row,
    gateway,
    epoch: null,
    lane: 'reading',
    first: null,
    last: null,
    why,
    received: came,
    bytes: value.length,
    sample: () => [{ device, point, at, n, value: JSON.parse(value), hash }],
  }))
}

/** The batch that a refused row came in with others. */
function batchWith(
  sqlite: Inbox['sqlite'],
  { gateway, epoch, lane, first }: { gateway: string; epoch: string; lane: string; first: number },
): Buffer | null {
  const statement = sqlite.prepare<unknown[], Buffer>(
    'SELECT bytes FROM batch WHERE gateway = ? AND epoch = ? AND lane = ? AND last >= ? AND first <= ? ORDER BY last LIMIT 1',
  )
  return statement.pluck().get(gateway, epoch, lane, first, first) ?? null
}

function sampleOf(bytes: Buffer | null, first: number, last: number): readonly unknown[] {
  if (bytes === null) return []
  try {
    const rows: readonly { readonly seq: number }[] = decodeBatch(bytes).rows
    return rows.filter(({ seq }) => seq >= first && seq <= last).slice(0, SAMPLE_ROWS_MAX)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return [{ hex: bytes.subarray(0, 64).toString('hex') }]
  }
}

function kindOf(kind: DeadLetter['kind']): number {
  return DEAD_LETTER_KINDS.indexOf(kind)
}

function placeOf({ received, kind, id }: Pick<DeadLetter, 'received' | 'kind' | 'id'>): Place {
  return [received, kindOf(kind), id]
}

function parsePlace(text: string | null): Place {
  const [received, kind, id] = text?.split('-').map(Number) ?? []
  const isPlace = [received, kind, id].every((part) => Number.isSafeInteger(part))
  return isPlace && received !== undefined && kind !== undefined && id !== undefined
    ? [received, kind, id]
    : [Number.MAX_SAFE_INTEGER, 0, 0]
}

function compare(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}
