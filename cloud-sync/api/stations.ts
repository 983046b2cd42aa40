import type { Kysely } from 'kysely'
import type { DeviceRow, LatestRow, RecordTables } from '#cloud/store'
import { loadPointFacts, type PointFacts, shownValue } from './point-facts.ts'
import type { RuleBook } from './rule-book.ts'
import { stationState } from './station-state.ts'
import type { DeviceView, PointView, ReadingView, StationView } from './station-view.ts'

/** Stations by id, one or all, as of one instant. */
export async function loadStations(db: Kysely<RecordTables>, rules: RuleBook, id?: string): Promise<StationView[]> {
  return db.transaction().execute(async (trx) => {
    const only = id === undefined ? {} : { station: id }
    const stations = await trx
      .selectFrom('station')
      .selectAll()
      .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
      .orderBy('id')
      .execute()
    const devices = Map.groupBy(await loadDevices(trx, id), ({ station }) => station)
    const points = Map.groupBy(await loadPointFacts(trx, only), ({ station }) => station)
    const latest = new Map((await loadLatest(trx, id)).map((row) => [`${row.device} ${row.point}`, row]))
    const doubts = new Map(
      (await trx.selectFrom('gateway').select(['id', 'doubt']).execute()).map(({ id, doubt }) => [id, doubt]),
    )
    const open = Map.groupBy(
      await trx.selectFrom('incident').select(['station', 'grade']).where('state', '=', 'open').execute(),
      ({ station }) => station,
    )
    return stations.map((station) => {
      const deviceViews = (devices.get(station.id) ?? []).map(deviceView)
      const pointViews = (points.get(station.id) ?? []).map((facts) =>
        pointView(facts, latest.get(`${facts.device} ${facts.point}`), rules),
      )
      const alerts = (open.get(station.id) ?? []).map(({ grade }) => grade)
      const state = stationState({
        alerts,
        devices: deviceViews.map(({ online }) => online),
        points: pointViews.map((point) => ({ isJudged: rules.isJudged(point), latest: point.latest })),
      })
      return {
        id: station.id,
        name: { zh: station.name_zh, en: station.name_en },
        gateway: station.gateway,
        state,
        devices: deviceViews,
        points: pointViews,
        alerts: alerts.length,
        doubt: doubts.get(station.gateway) ?? null,
      }
    })
  })
}

/** A point's newest row in the decimals it is shown with; undefined where nothing tells what its count means. */
export function readingView(facts: PointFacts, row: LatestRow): ReadingView | undefined {
  const value = shownValue(facts, row.hash, JSON.parse(row.value))
  if (value === undefined) return undefined
  const { device, point, at, n, quality, reason, received, stored } = row
  return { device, point, at, n, value, quality, ...(reason && { reason }), received, stored }
}

function pointView(facts: PointFacts, row: LatestRow | undefined, rules: RuleBook): PointView {
  const { device, point, unit, decimals, meaning, everyMs } = facts
  const reading = row && readingView(facts, row)
  return { device, point, unit, decimals, meaning, every: everyMs, latest: reading ?? null, thresholds: rules.thresholds(facts) }
}

type HeardDevice = DeviceRow & { readonly linked: number | null; readonly linkedSince: number | null }

/** What a device said last is no news while its gateway is away: then it is offline too. */
function deviceView({ id, name_zh, name_en, profile, online, since, linked, linkedSince }: HeardDevice): DeviceView {
  const isAway = linked === 0 && online !== 0
  return {
    id,
    name: { zh: name_zh, en: name_en },
    profile,
    online: isAway ? false : online === null ? null : online === 1,
    since: isAway ? linkedSince : since,
  }
}

function loadDevices(db: Kysely<RecordTables>, station?: string): Promise<HeardDevice[]> {
  return db
    .selectFrom('device')
    .leftJoin('gateway', 'gateway.id', 'device.gateway')
    .selectAll('device')
    .select(['gateway.online as linked', 'gateway.since as linkedSince'])
    .$if(station !== undefined, (query) => query.where('device.station', '=', station ?? ''))
    .orderBy('device.id')
    .execute()
}

function loadLatest(db: Kysely<RecordTables>, station?: string): Promise<LatestRow[]> {
  return db
    .selectFrom('latest')
    .selectAll()
    .$if(station !== undefined, (query) =>
      query.where('device', 'in', ({ selectFrom }) =>
        selectFrom('device')
          .select('id')
          .where('device.station', '=', station ?? ''),
      ),
    )
    .execute()
}
