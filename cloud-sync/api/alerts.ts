import type { Kysely } from 'kysely'
import type { IncidentChangeRow, IncidentRow, RecordTables } from '#cloud/store'
import type { Evidence } from '#wire'
import type { AlertView, ChangeView } from './alert-view.ts'
import { loadPointFacts, type PointFacts } from './point-facts.ts'
import type { RuleBook } from './rule-book.ts'

/** Which alerts: by id, or of a state and station, the open ones and then the newest up to `limit`. */
export type AlertChoice =
  | { readonly ids: readonly string[] }
  | { readonly state: 'open' | 'all'; readonly station?: string; readonly limit: number }

/** Alerts with their changes, newest first. */
export async function loadAlerts(db: Kysely<RecordTables>, rules: RuleBook, choice: AlertChoice): Promise<AlertView[]> {
  return db.transaction().execute(async (trx) => {
    const incidents = await loadIncidents(trx, choice)
    if (incidents.length === 0) return []
    const ids = incidents.map(({ id }) => id)
    const rows = await trx
      .selectFrom('incident_change')
      .selectAll()
      .where('incident', 'in', ids)
      .where('withdrawn', 'is', null)
      .orderBy('at')
      .orderBy('id')
      .execute()
    const changes = Map.groupBy(rows, ({ incident }) => incident)
    const devices = [...new Set(incidents.map(({ device }) => device))]
    const points = new Map((await loadPointFacts(trx, { devices })).map((facts) => [`${facts.device} ${facts.point}`, facts]))
    return incidents
      .map((incident) =>
        alertView(incident, changes.get(incident.id) ?? [], points.get(`${incident.device} ${incident.point}`), rules),
      )
      .sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1))
  })
}

function loadIncidents(db: Kysely<RecordTables>, choice: AlertChoice): Promise<IncidentRow[]> {
  const query = db.selectFrom('incident').selectAll()
  if ('ids' in choice) return query.where('id', 'in', [...choice.ids]).execute()
  const { state, station, limit } = choice
  return query
    .where('state', '!=', 'withdrawn')
    .$if(state === 'open', (open) => open.where('state', '=', 'open'))
    .$if(station !== undefined, (its) => its.where('station', '=', station ?? ''))
    .orderBy(({ eb }) => eb.case().when('state', '=', 'open').then(0).else(1).end())
    .orderBy('opened_at', 'desc')
    .limit(limit)
    .execute()
}

function alertView(
  incident: IncidentRow,
  rows: readonly IncidentChangeRow[],
  facts: PointFacts | undefined,
  rules: RuleBook,
): AlertView {
  const parsed = rows.map((row) => ({
    row,
    evidence: JSON.parse(row.evidence) as Evidence,
    value: JSON.parse(row.value) as number | null,
  }))
  // A profile may have changed in the middle of an alert: all values are then shown in the finest decimals.
  const decimals = Math.max(facts?.decimals ?? 0, ...parsed.map(({ evidence }) => evidence.decimals))
  const changes = parsed.map(({ row, evidence, value }) =>
    changeView(row, evidence, value === null ? null : value * 10 ** (decimals - evidence.decimals)),
  )
  const { id, rule, family, kind, station, device, point, state, grade, action } = incident
  return {
    id,
    rule,
    family,
    title: { zh: incident.title_zh, en: incident.title_en },
    kind,
    station,
    device,
    point,
    unit: facts?.unit ?? '',
    decimals,
    state,
    grade,
    ...(action && { action }),
    peakGrade: incident.peak,
    peak: peakOf(changes, isBelow(rules, rule)),
    openedAt: incident.opened_at,
    clearedAt: incident.cleared_at,
    changes,
  }
}

function changeView(row: IncidentChangeRow, evidence: Evidence, value: number | null): ChangeView {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    grade: row.grade,
    ...(row.action && { action: row.action }),
    value,
    evidence: { version: row.rule_version, ...evidence, rows: [...evidence.rows] },
    sources: JSON.parse(row.sources),
    retrospective: row.retrospective === 1,
    recorded: row.recorded,
  }
}

/** The value that clears an alert is no peak of it. */
function peakOf(changes: readonly ChangeView[], lowest: boolean): number | null {
  const values = changes.flatMap(({ grade, value }) => (grade === null || value === null ? [] : [value]))
  if (values.length === 0) return null
  return lowest ? Math.min(...values) : Math.max(...values)
}

function isBelow(rules: RuleBook, id: string): boolean {
  const rule = rules.rule(id)
  return rule?.kind === 'threshold' && rule.direction === 'below'
}
