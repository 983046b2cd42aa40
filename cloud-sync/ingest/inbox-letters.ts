import type { Sqlite } from '#cloud/store'
import { type Lane, SyncError, topic } from '#wire'
import { decodeBatch } from '#wire/decode'
import { type Found, rankOf, type Search } from './dead-letter.ts'

/** Rows of one letter that are shown. */
const SAMPLE_ROWS_MAX = 5
/** Bytes of a refused batch that cannot be read, as its sample. */
const SAMPLE_BYTES_MAX = 64

interface Spanned {
  readonly row: number
  readonly gateway: string
  readonly epoch: string
  readonly lane: Lane
  readonly first: number
  readonly last: number
  readonly why: string
  readonly at: number
}

/** Rows that were refused by name. */
export function refusedOf(db: Sqlite, search: Search): Found[] {
  const rows = ask<Spanned & { bytes: Buffer | null }>(
    db,
    'SELECT id AS row, gateway, epoch, lane, first, last, why, received AS at, bytes FROM refused',
    { at: 'received', row: 'id', rank: rankOf('refused') },
    search,
  )
  return rows.map(({ first, last, bytes, ...row }) => ({
    ...row,
    seqs: [[first, last]],
    count: last - first + 1,
    ...sampleOf(bytes ?? batchWith(db, { ...row, first }), first, last),
  }))
}

/** Messages of which not even the head can be read. */
export function unreadableOf(db: Sqlite, search: Search): Found[] {
  const rows = ask<{ row: number; gateway: string; why: string; at: number; bytes: Buffer }>(
    db,
    'SELECT id AS row, gateway, why, received AS at, bytes FROM unreadable',
    { at: 'received', row: 'id', rank: rankOf('unreadable') },
    search,
  )
  return rows.map(({ bytes, ...row }) => ({ ...row, topic: topic(row.gateway, 'up'), bytes: bytes.toString('hex') }))
}

/** Batches that the cloud's disk has changed. */
export function damagedOf(db: Sqlite, search: Search): Found[] {
  const rows = ask<Spanned & { count: number }>(
    db,
    'SELECT id AS row, gateway, epoch, lane, first, last, rows AS count, why, noticed AS at FROM damage JOIN batch ON id = batch',
    { at: 'noticed', row: 'id', rank: rankOf('damaged') },
    search,
  )
  return rows.map(({ first, last, ...row }) => ({ ...row, seqs: [[first, last]] }))
}

/** Epochs whose numbers cannot be trusted. */
export function epochsOf(db: Sqlite, search: Search): Found[] {
  const numbered = 'SELECT *, ROW_NUMBER() OVER (ORDER BY at, gateway, epoch) AS row FROM doubt'
  const rows = ask<{ row: number; gateway: string; epoch: string; why: string; at: number; fenced: number }>(
    db,
    `SELECT row, gateway, epoch, why, at, fenced FROM (${numbered})`,
    { at: 'at', row: 'row', rank: rankOf('epoch') },
    search,
  )
  return rows.map(({ fenced, ...row }) => ({ ...row, fenced: fenced === 1 }))
}

/** The newest rows of a table before a place. */
function ask<Row>(db: Sqlite, select: string, by: { at: string; row: string; rank: number }, search: Search): Row[] {
  const { gateway, before, limit } = search
  return db
    .prepare<unknown[], Row>(
      `${select} WHERE (${by.at}, ${by.rank}, ${by.row}) < (?, ?, ?) AND (? IS NULL OR gateway = ?) ORDER BY ${by.at} DESC, ${by.row} DESC LIMIT ?`,
    )
    .all(...before, gateway, gateway, limit)
}

/** The batch that a refused row came in with others. */
function batchWith(
  db: Sqlite,
  { gateway, epoch, lane, first }: { gateway: string; epoch: string; lane: string; first: number },
): Buffer | null {
  const statement = db.prepare<unknown[], Buffer>(
    'SELECT bytes FROM batch WHERE gateway = ? AND epoch = ? AND lane = ? AND last >= ? AND first <= ? ORDER BY last LIMIT 1',
  )
  return statement.pluck().get(gateway, epoch, lane, first, first) ?? null
}

function sampleOf(bytes: Buffer | null, first: number, last: number): Pick<Found, 'sample' | 'bytes'> {
  if (bytes === null) return {}
  try {
    const rows: readonly { readonly seq: number }[] = decodeBatch(bytes).rows
    const sample = rows.filter(({ seq }) => seq >= first && seq <= last).slice(0, SAMPLE_ROWS_MAX)
    return sample.length > 0 ? { sample: JSON.stringify(sample.length > 1 ? sample : sample[0]) } : {}
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    return { bytes: bytes.subarray(0, SAMPLE_BYTES_MAX).toString('hex') }
  }
}
