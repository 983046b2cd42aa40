import type { IncidentChangeRow } from '#cloud/store'
import { type Grade, rankOf, type Verdict } from '#wire'
import type { Revision } from './revision.ts'

/** A change that stands, kept already or new. */
export interface TimelineEntry {
  /** Null: not kept yet. */
  readonly row: IncidentChangeRow | null
  readonly verdict: Verdict
  readonly sources: readonly string[]
  readonly isRetrospective: boolean
}

/**
 * Puts what is said anew among the changes that are kept, takes out what no longer stands or says nothing that its predecessor does not say,
 * and cuts the rest into runs, each from a raise to its clearing. `taken`: kept changes that are withdrawn.
 */
export function mergeTimeline(
  rows: readonly IncidentChangeRow[],
  { added, withdrawn, source }: Pick<Revision, 'added' | 'withdrawn' | 'source'>,
): { readonly runs: readonly (readonly TimelineEntry[])[]; readonly taken: readonly IncidentChangeRow[] } {
  const taken = rows.filter((row) => withdrawn.some(({ at, grade }) => row.at === at && row.grade === grade))
  const entries = rows.filter((row) => !taken.includes(row)).map(entryOf)
  for (const { verdict, isRetrospective } of added) {
    const index = entries.findIndex((entry) => entry.verdict.at === verdict.at && entry.verdict.grade === verdict.grade)
    const same = entries[index]
    if (same === undefined) entries.push({ row: null, verdict, sources: [source], isRetrospective })
    else if (!same.sources.includes(source)) entries[index] = { ...same, sources: [...same.sources, source].sort() }
  }
  // Of two at one instant the kept one comes first: sorting is stable.
  entries.sort((a, b) => a.verdict.at - b.verdict.at)
  const runs: TimelineEntry[][] = []
  let grade: Grade | null = null
  for (const entry of entries) {
    const before: Grade | null = grade
    if (entry.verdict.grade === before) {
      if (entry.row) taken.push(entry.row)
      continue
    }
    if (before === null) runs.push([])
    runs.at(-1)?.push(entry)
    grade = entry.verdict.grade
  }
  return { runs, taken }
}

/** What a change is to the one before it. */
export function kindOf(before: Grade | null, after: Grade | null): IncidentChangeRow['kind'] {
  if (after === null) return 'cleared'
  if (before === null) return 'raised'
  return rankOf(after) > rankOf(before) ? 'escalated' : 'eased'
}

function entryOf(row: IncidentChangeRow): TimelineEntry {
  const { at, grade, action } = row
  const verdict = { at, grade, ...(action && { action }), value: JSON.parse(row.value), evidence: JSON.parse(row.evidence) }
  return { row, verdict, sources: JSON.parse(row.sources), isRetrospective: row.retrospective === 1 }
}
