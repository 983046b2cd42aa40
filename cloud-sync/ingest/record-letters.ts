import { sql } from 'kysely'
import type { Records } from '#cloud/store'
import { type Found, rankOf, type Search } from './dead-letter.ts'
import { lossOf } from './told.ts'

/** Rows that the series store refused, or of a device that another gateway described. */
export async function parkedOf({ db }: Records, { gateway, before, limit }: Search): Promise<Found[]> {
  const [at, rank, row] = before
  const rows = await db
    .selectFrom('parked')
    .selectAll()
    .select(({ fn, ref }) => [sql<number>`rowid`.as('row'), fn.coalesce(ref('received'), ref('parked')).as('came')])
    .where(sql<boolean>`(coalesce(received, parked), ${rankOf('parked')}, rowid) < (${at}, ${rank}, ${row})`)
    .$if(gateway !== null, (query) => query.where('gateway', '=', gateway))
    .orderBy(sql`coalesce(received, parked)`, 'desc')
    .orderBy(sql`rowid`, 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ row: id, gateway: whose, why, came, device, point, at: observed, n, value, hash }) => ({
    ...{ row: id, gateway: whose, why, at: came, lane: 'reading', count: 1, device, point, from: observed, to: observed },
    sample: JSON.stringify({ device, point, at: observed, n, value: JSON.parse(value), hash }),
  }))
}

/** Rows that a gateway or the cloud declared lost. */
export async function lossesOf({ db }: Records, { gateway, before, limit }: Search): Promise<Found[]> {
  const [at, rank, row] = before
  const rows = await db
    .selectFrom('event')
    .select(['id', 'gateway', 'body', 'received'])
    .where('kind', '=', 'loss')
    .where(sql<boolean>`(received, ${rankOf('loss')}, id) < (${at}, ${rank}, ${row})`)
    .$if(gateway !== null, (query) => query.where('gateway', '=', gateway ?? ''))
    .orderBy('received', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ id, gateway: whose, body, received }) => {
    const loss = lossOf(JSON.parse(body))
    if (loss === null) return { row: id, gateway: whose, at: received, why: 'a loss record that cannot be read' }
    const { epoch, lane, seqs, count, why, device, from, to } = loss
    const known = { device: device ?? null, from: from ?? null, to: to ?? null }
    return { row: id, gateway: whose, at: received, epoch, lane, seqs, count, why, ...known }
  })
}
