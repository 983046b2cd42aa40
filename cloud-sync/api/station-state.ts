import type { Quality, Value } from '#devices'
import { GRADES, type Grade, rankOf } from '#wire'
import type { StationState } from './station-view.ts'

/** What a station's state is made of. */
export interface StationFacts {
  /** Grades of its open alerts. */
  readonly alerts: readonly Grade[]
  /** Of each device whether it answers; null: nothing was heard of it. */
  readonly devices: readonly (boolean | null)[]
  /** `isJudged`: a rule looks at the point. */
  readonly points: readonly {
    readonly isJudged: boolean
    readonly latest: { readonly value: Value; readonly quality: Quality } | null
  }[]
}

/**
 * The one word for a station. An open alert comes first, whatever else is the matter. Green needs proof: each point that a rule looks at has a
 * value, and there is such a point at all.
 */
export function stationState({ alerts, devices, points }: StationFacts): StationState {
  const worst = Math.max(-1, ...alerts.map(rankOf))
  const grade = GRADES[worst]
  if (grade !== undefined) return grade
  if (devices.length > 0 && devices.every((online) => online === false)) return 'offline'
  const judged = points.filter(({ isJudged }) => isJudged)
  if (judged.length === 0) return points.some(hasData) ? 'no-threshold' : 'no-data'
  return judged.every(hasData) ? 'normal' : 'no-data'
}

function hasData({ latest }: StationFacts['points'][number]): boolean {
  return latest !== null && latest.value !== null && latest.quality !== 'bad'
}
