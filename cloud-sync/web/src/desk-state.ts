import type { AlertView, Latest, PointView, RowView, SiteView, StationView } from './api/views.ts'

/** How the page hangs on the server. `lost` also while it catches up: values are live only after a fresh snapshot. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** `since`: monotonic machine ms; `asOf`: site time of the last moment that was live, null when none was. */
  | { readonly state: 'lost'; readonly since: number; readonly asOf: number | null }

/** All that the duty desk knows. A value: every change makes a new one, and what changes nothing gives the same one back. */
export interface DeskState {
  readonly link: Link
  readonly site: SiteView | null
  readonly stations: readonly StationView[]
  readonly alerts: ReadonlyMap<string, AlertView>
  /** Site time at which the newest row was taken in by the cloud: the proof that the feed is alive. */
  readonly lastReceived: number | null
  /** How many rows each point got, late ones too: who draws the point's past looks again when its number changes. */
  readonly rowsSeen: ReadonlyMap<string, number>
}

export type DeskEvent =
  | { readonly kind: 'lost'; readonly mono: number; readonly asOf: number | null }
  | {
      readonly kind: 'snapshot'
      readonly site: SiteView
      readonly stations: readonly StationView[]
      readonly alerts: readonly AlertView[]
      /** False when the snapshot came though the feed did not: it is shown, but not as live. */
      readonly live: boolean
    }
  | { readonly kind: 'readings'; readonly rows: readonly RowView[] }
  | { readonly kind: 'alert'; readonly alert: AlertView }
  | { readonly kind: 'station'; readonly station: StationView }
  | { readonly kind: 'gone'; readonly station: string }

export const nothingYet: DeskState = {
  link: { state: 'connecting' },
  site: null,
  stations: [],
  alerts: new Map(),
  lastReceived: null,
  rowsSeen: new Map(),
}

/** Names a point among all of a site. */
export const pointKey = ({ device, point }: { readonly device: string; readonly point: string }): string => `${device}/${point}`

/** What the desk knows after an event. Pure; taking an event twice is taking it once, and a late row never hides a newer one. */
export function reduce(state: DeskState, event: DeskEvent): DeskState {
  switch (event.kind) {
    case 'lost':
      // Further failed tries do not move the moment at which the link was lost.
      return state.link.state === 'lost' ? state : { ...state, link: { state: 'lost', since: event.mono, asOf: event.asOf } }
    case 'snapshot':
      return {
        ...state,
        link: event.live ? { state: 'live' } : state.link,
        site: event.site,
        stations: event.stations,
        alerts: new Map(event.alerts.map((alert) => [alert.id, alert])),
        lastReceived: newest(
          event.stations.flatMap(({ points }) => points.flatMap(({ latest }) => (latest ? [latest.received] : []))),
        ),
        rowsSeen: raised(
          state.rowsSeen,
          event.stations.flatMap(({ points }) => points),
        ),
      }
    case 'readings':
      return withRows(state, event.rows)
    case 'alert': {
      const known = state.alerts.get(event.alert.id)
      if (known && lastChange(known) >= lastChange(event.alert)) return state
      return { ...state, alerts: new Map(state.alerts).set(event.alert.id, event.alert) }
    }
    case 'station': {
      const at = state.stations.findIndex(({ id }) => id === event.station.id)
      const known = state.stations[at]
      if (!known) return { ...state, stations: [...state.stations, event.station] }
      return { ...state, stations: state.stations.with(at, keepNewer(event.station, known)) }
    }
    case 'gone':
      return { ...state, stations: state.stations.filter(({ id }) => id !== event.station) }
  }
}

function withRows(state: DeskState, rows: readonly RowView[]): DeskState {
  if (rows.length === 0) return state
  const newestRow = new Map<string, RowView>()
  for (const row of rows) {
    const best = newestRow.get(pointKey(row))
    if (!best || isNewer(row, best)) newestRow.set(pointKey(row), row)
  }
  const stations = state.stations.map((station) => {
    const points = station.points.map((point) => withRow(point, newestRow.get(pointKey(point))))
    return points.some((point, index) => point !== station.points[index]) ? { ...station, points } : station
  })
  return {
    ...state,
    stations: stations.some((station, index) => station !== state.stations[index]) ? stations : state.stations,
    lastReceived: newest([...rows.map(({ received }) => received), ...(state.lastReceived === null ? [] : [state.lastReceived])]),
    rowsSeen: raised(state.rowsSeen, rows),
  }
}

function withRow(point: PointView, row: RowView | undefined): PointView {
  if (!row || (point.latest && !isNewer(row, point.latest))) return point
  const { at, n, value, quality, reason, received, stored } = row
  return { ...point, latest: { at, n, value, quality, reason, received, stored } }
}

/** The server's answer about a station may be older than what the feed told while it was on its way. */
function keepNewer(station: StationView, known: StationView): StationView {
  const had = new Map(known.points.map((point) => [pointKey(point), point.latest]))
  const points = station.points.map((point) => {
    const latest = had.get(pointKey(point))
    return latest && (!point.latest || isNewer(latest, point.latest)) ? { ...point, latest } : point
  })
  return { ...station, points }
}

const isNewer = (a: Pick<Latest, 'at' | 'n'>, b: Pick<Latest, 'at' | 'n'>): boolean => a.at > b.at || (a.at === b.at && a.n > b.n)

const lastChange = ({ changes }: AlertView): number => Math.max(-1, ...changes.map(({ id }) => id))

const newest = (times: readonly number[]): number | null => (times.length > 0 ? Math.max(...times) : null)

function raised(
  seen: ReadonlyMap<string, number>,
  points: readonly { readonly device: string; readonly point: string }[],
): ReadonlyMap<string, number> {
  const next = new Map(seen)
  for (const key of new Set(points.map(pointKey))) next.set(key, (next.get(key) ?? 0) + 1)
  return next
}
