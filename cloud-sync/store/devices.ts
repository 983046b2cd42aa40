import type { Kysely } from 'kysely'
import type { DeviceDescribed } from '#wire'
import type { RecordTables } from './tables.ts'

/** Rows of one statement: far below the 32,766 parameters that SQLite takes. */
const STATEMENT_ROWS_MAX = 500

/** What a gateway told of one of its devices, and when (site time). */
export interface DeviceDescription extends DeviceDescribed {
  readonly device: string
  readonly gateway: string
  readonly at: number
}

/**
 * Keeps a device, its station and the points of its profile version. Points of older versions stay, so that their rows keep unit and decimals.
 * A description older than the one that is known adds its points and changes nothing else. A station that lost its last device is forgotten.
 * @returns ids of the stations that look different now
 */
export async function describeDevice(trx: Kysely<RecordTables>, description: DeviceDescription): Promise<string[]> {
  const { device, gateway, at, name, station, profile, hash } = description
  await putPoints(trx, description)
  const known = await trx.selectFrom('device').select(['station', 'described']).where('id', '=', device).executeTakeFirst()
  if (known !== undefined && known.described > at) return []

  const stationRow = { name_zh: station.name.zh, name_en: station.name.en, gateway }
  await trx
    .insertInto('station')
    .values({ id: station.id, ...stationRow })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(stationRow))
    .execute()
  const deviceRow = { gateway, station: station.id, name_zh: name.zh, name_en: name.en, profile, hash, described: at }
  await trx
    .insertInto('device')
    .values({ id: device, ...deviceRow })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(deviceRow))
    .execute()
  if (known === undefined || known.station === station.id) return [station.id]
  await forgetEmptyStation(trx, known.station)
  return [station.id, known.station]
}

/**
 * Keeps whether a device answers; what is told late changes nothing.
 * @returns its station when something changed, null when not or when nobody described the device yet
 */
export async function setOnline(
  trx: Kysely<RecordTables>,
  { device, online, at }: { readonly device: string; readonly online: boolean; readonly at: number },
): Promise<string | null> {
  const row = await trx
    .updateTable('device')
    .set({ online: online ? 1 : 0, since: at })
    .where('id', '=', device)
    .where(({ eb, or }) => or([eb('since', 'is', null), eb('since', '<', at)]))
    .where(({ eb, or }) => or([eb('online', 'is', null), eb('online', '!=', online ? 1 : 0)]))
    .returning('station')
    .executeTakeFirst()
  return row?.station ?? null
}

async function putPoints(trx: Kysely<RecordTables>, { device, hash, points }: DeviceDescription): Promise<void> {
  const rows = Object.entries(points).map(([point, { unit, decimals, meaning, wraps, everyMs }]) => {
    return { device, point, hash, unit_text: unit, decimals, meaning, wraps: wraps ?? null, every_ms: everyMs }
  })
  for (let from = 0; from < rows.length; from += STATEMENT_ROWS_MAX)
    await trx
      .insertInto('point')
      .values(rows.slice(from, from + STATEMENT_ROWS_MAX))
      // The hash is of the content: what is known under it is the same.
      .onConflict((conflict) => conflict.columns(['device', 'point', 'hash']).doNothing())
      .execute()
}

async function forgetEmptyStation(trx: Kysely<RecordTables>, station: string): Promise<void> {
  await trx
    .deleteFrom('station')
    .where('id', '=', station)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('device').select('id').where('device.station', '=', station))))
    .execute()
}
