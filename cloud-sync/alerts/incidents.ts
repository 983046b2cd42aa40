import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { type IncidentChangeRow, type IncidentRow, type RecordTables, recordChange } from '#cloud/store'
import { type Grade, type Rule, rankOf } from '#wire'
import type { Revision } from './revision.ts'
import { kindOf, mergeTimeline, type TimelineEntry } from './timeline.ts'

/**
 * Brings a revision into the incidents of its rule's family and target. From the first instant it touches, the changes that stand are put in
 * the order of their time and cut into incidents, each from a raise to its clearing; so the same verdicts give the same incidents, whatever
 * the order in which they came. Where the gateway and the cloud say the same, one change carries both names. Saying it again changes nothing.
 * @param recorded the machine's wall clock, epoch ms
 */
export async function reviseIncidents(trx: Kysely<RecordTables>, revision: Revision, recorded: number): Promise<void> {
  const instants = [...revision.added.map(({ verdict }) => verdict.at), ...revision.withdrawn.map(({ at }) => at)]
  if (instants.length === 0) return
  const incidents = await incidentsFrom(trx, revision.rule, Math.min(...instants))
  const rows = await changesOf(trx, incidents)
  const { runs, taken } = mergeTimeline(rows, revision)
  const touched = new Set<string>()
  for (const row of taken) {
    await trx.updateTable('incident_change').set({ withdrawn: recorded }).where('id', '=', row.id).execute()
    touched.add(row.incident)
  }
  const used = new Set<string>()
  for (const run of runs) {
    const id = run.find(({ row }) => row !== null && !used.has(row.incident))?.row?.incident ?? randomUUID()
    used.add(id)
    if (await putRun(trx, id, run, revision, incidents.find((incident) => incident.id === id) ?? null, recorded)) touched.add(id)
  }
  for (const { id } of incidents.filter((incident) => !used.has(incident.id))) {
    await trx.updateTable('incident').set({ state: 'withdrawn' }).where('id', '=', id).execute()
    touched.add(id)
  }
  for (const id of touched) await recordChange(trx, 'alert', id, recorded)
}

/** Those of the rule's family and target that were open at the instant or came after it. */
function incidentsFrom(trx: Kysely<RecordTables>, { family, device, point }: Rule, at: number): Promise<IncidentRow[]> {
  return trx
    .selectFrom('incident')
    .selectAll()
    .where('family', '=', family)
    .where('device', '=', device)
    .where('point', '=', point)
    .where('state', '!=', 'withdrawn')
    .where(({ eb, or }) => or([eb('cleared_at', 'is', null), eb('cleared_at', '>=', at)]))
    .execute()
}

async function changesOf(trx: Kysely<RecordTables>, incidents: readonly IncidentRow[]): Promise<IncidentChangeRow[]> {
  if (incidents.length === 0) return []
  return trx
    .selectFrom('incident_change')
    .selectAll()
    .where(
      'incident',
      'in',
      incidents.map(({ id }) => id),
    )
    .where('kind', '!=', 'acknowledged')
    .where('withdrawn', 'is', null)
    .orderBy('at')
    .orderBy('id')
    .execute()
}

/** @returns whether anything of the incident changed */
async function putRun(
  trx: Kysely<RecordTables>,
  id: string,
  run: readonly TimelineEntry[],
  revision: Revision,
  known: IncidentRow | null,
  recorded: number,
): Promise<boolean> {
  const isChanged = run.some(({ row, sources }) => row === null || row.incident !== id || row.sources !== JSON.stringify(sources))
  const summary = summaryOf(run)
  if (known === null) await insertIncident(trx, id, revision.rule, summary)
  else await trx.updateTable('incident').set(summary).where('id', '=', id).execute()
  for (const [index, { row, verdict, sources, isRetrospective }] of run.entries()) {
    const place = {
      incident: id,
      kind: kindOf(run[index - 1]?.verdict.grade ?? null, verdict.grade),
      sources: JSON.stringify(sources),
    }
    if (row !== null) {
      if (isChanged) await trx.updateTable('incident_change').set(place).where('id', '=', row.id).execute()
      continue
    }
    const { at, grade, action, value, evidence } = verdict
    const content = { at, grade, action: action ?? null, value: JSON.stringify(value), evidence: JSON.stringify(evidence) }
    const record = { rule_version: revision.version, retrospective: isRetrospective ? 1 : 0, recorded, withdrawn: null }
    await trx
      .insertInto('incident_change')
      .values({ ...place, ...content, ...record })
      .execute()
  }
  return isChanged
}

async function insertIncident(
  trx: Kysely<RecordTables>,
  id: string,
  rule: Rule,
  summary: ReturnType<typeof summaryOf>,
): Promise<void> {
  const { family, kind, title, device, point } = rule
  const station = await trx.selectFrom('device').select('station').where('id', '=', device).executeTakeFirst()
  const target = { station: station?.station ?? device, device, point }
  await trx
    .insertInto('incident')
    .values({ id, rule: rule.id, family, kind, title_zh: title.zh, title_en: title.en, ...target, ...summary })
    .execute()
}

/** An incident as its changes leave it. */
function summaryOf(
  run: readonly TimelineEntry[],
): Pick<IncidentRow, 'state' | 'grade' | 'action' | 'peak' | 'opened_at' | 'cleared_at'> {
  const graded = run.flatMap(({ verdict }) => (verdict.grade === null ? [] : [{ ...verdict, grade: verdict.grade }]))
  const [first, last, end] = [graded[0], graded.at(-1), run.at(-1)]
  if (first === undefined || last === undefined || end === undefined)
    throw new Error('expected an incident to begin with a raise')
  const peak = graded.reduce<Grade>((highest, { grade }) => (rankOf(grade) > rankOf(highest) ? grade : highest), first.grade)
  const cleared = end.verdict.grade === null ? end.verdict.at : null
  return {
    state: cleared === null ? 'open' : 'cleared',
    grade: last.grade,
    action: last.action ?? null,
    peak,
    opened_at: first.at,
    cleared_at: cleared,
  }
}
