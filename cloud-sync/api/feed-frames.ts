import type { Kysely } from 'kysely'
import type { ChangeRow, RecordTables } from '#cloud/store'
import { loadAlerts } from './alerts.ts'
import { loadPointFacts } from './point-facts.ts'
import type { RuleBook } from './rule-book.ts'
import type { ReadingView } from './station-view.ts'
import { readingView } from './stations.ts'

/** Above this many devices with new rows the facts of all points are read at once. */
const DEVICES_ASKED_MAX = 500

/**
 * A run of changes as events of a stream, in the order readings, alerts, stations, gateways; each object once, as it is now. Only the last
 * event carries the id: a client that was cut off in between gets the whole run again.
 * @param changes one after another, at least one
 */
export async function feedFrames(db: Kysely<RecordTables>, rules: RuleBook, changes: readonly ChangeRow[]): Promise<string> {
  const first = changes[0]?.id ?? 0
  const last = changes.at(-1)?.id ?? 0
  const refs = (kind: ChangeRow['kind']) => [...new Set(changes.flatMap((change) => (change.kind === kind ? [change.ref] : [])))]
  const rows = refs('readings').length > 0 ? await readingsOf(db, first, last) : []
  const alerts = refs('alert').length > 0 ? await loadAlerts(db, rules, { ids: refs('alert') }) : []
  const frames = [
    ...(rows.length > 0 ? [['readings', { rows }] as const] : []),
    ...alerts.map((alert) => ['alert', alert] as const),
    ...refs('station').map((id) => ['station', { id }] as const),
    ...refs('gateway').map((id) => ['gateway', { id }] as const),
  ]
  return frames.map(([event, data], index) => frame(event, data, index === frames.length - 1 ? last : undefined)).join('')
}

/** One event of a `text/event-stream`. JSON has no line break of its own. */
export function frame(event: string, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** The newest rows of the points that a run of changes told of. One that changed again since then comes with that later change. */
async function readingsOf(db: Kysely<RecordTables>, first: number, last: number): Promise<ReadingView[]> {
  const rows = await db.selectFrom('latest').selectAll().where('change', '>=', first).where('change', '<=', last).execute()
  const devices = [...new Set(rows.map(({ device }) => device))]
  if (devices.length === 0) return []
  const facts = await loadPointFacts(db, devices.length <= DEVICES_ASKED_MAX ? { devices } : {})
  const points = new Map(facts.map((point) => [`${point.device} ${point.point}`, point]))
  return rows.flatMap((row) => {
    const point = points.get(`${row.device} ${row.point}`)
    return (point && readingView(point, row)) ?? []
  })
}
