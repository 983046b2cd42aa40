import type { Kysely } from 'kysely'
import type { RecordTables } from '#cloud/store'
import type { Value } from '#devices'

/**
 * What a point is today, and how to read its old rows: values are shown in the finest decimals of all profile versions that share today's
 * unit, so that every one of them is converted exactly.
 */
export interface PointFacts {
  readonly device: string
  readonly point: string
  readonly station: string
  readonly unit: string
  /** Of every value that is shown of the point. */
  readonly decimals: number
  readonly meaning: 'gauge' | 'counter' | 'state'
  /** Counter: where it starts again from 0, in counts of `decimals`. */
  readonly wraps: number | null
  readonly everyMs: number
  /** Decimals of the rows of each profile version. */
  readonly versions: ReadonlyMap<string, number>
}

/** Whose points: all, a station's, some devices', or one. */
export interface PointChoice {
  readonly station?: string
  readonly devices?: readonly string[]
  readonly point?: { readonly device: string; readonly point: string }
}

/** Points of the devices' present profile versions, in the order of device and name. */
export async function loadPointFacts(
  db: Kysely<RecordTables>,
  { station, devices, point }: PointChoice = {},
): Promise<PointFacts[]> {
  let query = db
    .selectFrom('point')
    .innerJoin('device', 'device.id', 'point.device')
    .selectAll('point')
    .select(['device.hash as current', 'device.station as station'])
    .orderBy('point.device')
    .orderBy('point.point')
  if (station !== undefined) query = query.where('device.station', '=', station)
  if (devices !== undefined) query = query.where('device.id', 'in', [...devices])
  if (point !== undefined) query = query.where('point.device', '=', point.device).where('point.point', '=', point.point)
  const rows = await query.execute()
  const versions = new Map<string, typeof rows>()
  for (const row of rows) {
    const key = `${row.device} ${row.point}`
    const known = versions.get(key)
    if (known) known.push(row)
    else versions.set(key, [row])
  }
  return [...versions.values()].flatMap((all) => {
    const current = all.find(({ hash, current }) => hash === current)
    if (current === undefined) return []
    const alike = all.filter(({ unit_text }) => unit_text === current.unit_text)
    const decimals = Math.max(...alike.map((version) => version.decimals))
    return [
      {
        device: current.device,
        point: current.point,
        station: current.station,
        unit: current.unit_text,
        decimals,
        meaning: current.meaning,
        wraps: current.wraps === null ? null : current.wraps * 10 ** (decimals - current.decimals),
        everyMs: current.every_ms,
        versions: new Map(alike.map((version) => [version.hash, version.decimals])),
      },
    ]
  })
}

/** A value of profile version `hash` as it is shown; undefined where nothing tells what its count means, or its unit is another one. */
export function shownValue({ versions, decimals }: PointFacts, hash: string, value: Value): Value | undefined {
  const had = versions.get(hash)
  if (had === undefined) return undefined
  return typeof value === 'number' ? value * 10 ** (decimals - had) : value
}

/** A person's number in counts of 10^-decimals. */
export function countsIn(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals)
}
