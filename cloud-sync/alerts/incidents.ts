import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { type IncidentChangeRow, type IncidentRow, type RecordTables, recordChange } from '#cloud/store'
import { type Grade, type Rule, rankOf, type Verdict } from '#wire'

/** A verdict with where it comes from. */
export interface SourcedVerdict {
  readonly rule: Rule
  /** Hash of the rule's content. */
  readonly version: string
  readonly verdict: Verdict
  readonly source: 'gateway' | 'cloud'
  /** It was found by rows that came late. */
  readonly isRetrospective: boolean
}

/**
 * Brings a verdict into the incidents of its rule's family and target: it opens one, changes the one that overlaps its time, or, where a
 * gateway and the cloud say the same, joins their names under one change. Saying it again changes nothing.
 * @param recorded the machine's wall clock, epoch ms
 */
export async function applyVerdict(trx: Kysely<RecordTables>, sourced: SourcedVerdict, recorded: number): Promise<void> {
  const { verdict } = sourced
  const incident = await overlapping(trx, sourced)
  if (incident === null) {
    if (verdict.grade !== null) await open(trx, sourced, verdict.grade, recorded)
    return
  }
  const changes = await trx
    .selectFrom('incident_change')
    .selectAll()
    .where('incident', '=', incident.id)
    .orderBy('at')
    .orderBy('id')
    .execute()
  const same = changes.find(({ at, grade }) => at === verdict.at && grade === verdict.grade)
  if (same !== undefined) return join(trx, incident, same, sourced.source, recorded)
  const before = changes.findLast(({ at }) => at <= verdict.at)?.grade ?? null
  if (before === verdict.grade) return
  await insertChange(trx, incident.id, sourced, kindOf(before, verdict.grade), recorded)
  await summarise(trx, incident)
  await recordChange(trx, 'alert', incident.id, recorded)
}

async function overlapping(trx: Kysely<RecordTables>, { rule, verdict }: SourcedVerdict): Promise<IncidentRow | null> {
  const row = await trx
    .selectFrom('incident')
    .selectAll()
    .where('family', '=', rule.family)
    .where('device', '=', rule.device)
    .where('point', '=', rule.point)
    .where('opened_at', '<=', verdict.at)
    .where(({ eb, or }) => or([eb('cleared_at', 'is', null), eb('cleared_at', '>=', verdict.at)]))
    .orderBy('opened_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

async function open(trx: Kysely<RecordTables>, sourced: SourcedVerdict, grade: Grade, recorded: number): Promise<void> {
  const { rule, verdict } = sourced
  const id = randomUUID()
  const station = await trx.selectFrom('device').select('station').where('id', '=', rule.device).executeTakeFirst()
  await trx
    .insertInto('incident')
    .values({
      id,
      rule: rule.id,
      family: rule.family,
      kind: rule.kind,
      title_zh: rule.title.zh,
      title_en: rule.title.en,
      station: station?.station ?? rule.device,
      device: rule.device,
      point: rule.point,
      state: 'open',
      grade,
      action: verdict.action ?? null,
      peak: grade,
      opened_at: verdict.at,
      cleared_at: null,
    })
    .execute()
  await insertChange(trx, id, sourced, 'raised', recorded)
  await recordChange(trx, 'alert', id, recorded)
}

/** The gateway and the cloud found the same: one change, two names. */
async function join(
  trx: Kysely<RecordTables>,
  incident: IncidentRow,
  change: IncidentChangeRow,
  source: string,
  recorded: number,
): Promise<void> {
  const sources = JSON.parse(change.sources) as string[]
  if (sources.includes(source)) return
  const joined = JSON.stringify([...sources, source].sort())
  await trx.updateTable('incident_change').set({ sources: joined }).where('id', '=', change.id).execute()
  await recordChange(trx, 'alert', incident.id, recorded)
}

async function insertChange(
  trx: Kysely<RecordTables>,
  incident: string,
  { verdict, version, source, isRetrospective }: SourcedVerdict,
  kind: IncidentChangeRow['kind'],
  recorded: number,
): Promise<void> {
  const { at, grade, action, value, evidence } = verdict
  await trx
    .insertInto('incident_change')
    .values({
      incident,
      at,
      kind,
      grade,
      action: action ?? null,
      value: JSON.stringify(value),
      evidence: JSON.stringify(evidence),
      rule_version: version,
      sources: JSON.stringify([source]),
      retrospective: isRetrospective ? 1 : 0,
      recorded,
    })
    .execute()
}

/** The incident as its changes, in the order of their time, leave it. */
async function summarise(trx: Kysely<RecordTables>, incident: IncidentRow): Promise<void> {
  const changes = await trx
    .selectFrom('incident_change')
    .select(['at', 'grade', 'action'])
    .where('incident', '=', incident.id)
    .where('kind', '!=', 'acknowledged')
    .orderBy('at')
    .orderBy('id')
    .execute()
  const last = changes.at(-1)
  const graded = changes.filter((change) => change.grade !== null)
  const peak = graded.reduce<Grade>(
    (highest, { grade }) => (rankOf(grade) > rankOf(highest) && grade !== null ? grade : highest),
    graded[0]?.grade ?? incident.grade,
  )
  const cleared = last?.grade === null ? last.at : null
  await trx
    .updateTable('incident')
    .set({
      state: cleared === null ? 'open' : 'cleared',
      cleared_at: cleared,
      peak,
      grade: graded.at(-1)?.grade ?? incident.grade,
      action: graded.at(-1)?.action ?? null,
    })
    .where('id', '=', incident.id)
    .execute()
}

function kindOf(before: Grade | null, after: Grade | null): IncidentChangeRow['kind'] {
  if (after === null) return 'cleared'
  if (before === null) return 'raised'
  return rankOf(after) > rankOf(before) ? 'escalated' : 'eased'
}
