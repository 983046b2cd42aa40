import { durationMs } from '#devices'
import { GRADES, type Grade, rankOf, type ThresholdRule } from './rule.ts'
import type { RuleFold, RuleInput, RulePoint, Verdict } from './verdict.ts'

export interface ThresholdState {
  readonly grade: Grade | null
  /** A higher grade that has not held for the delay yet. */
  readonly pending: { readonly grade: Grade; readonly since: number } | null
}

/** Folds a threshold rule. Only good values count: a suspect one alone raises nothing and clears nothing. */
export function thresholdFold(rule: ThresholdRule, point: RulePoint): RuleFold<ThresholdState> {
  const sign = rule.direction === 'above' ? 1 : -1
  const counts = (value: number) => Math.round(value * 10 ** point.decimals)
  const hysteresis = counts(rule.hysteresis)
  const delayMs = rule.delay === undefined ? 0 : durationMs(rule.delay)
  const limits = GRADES.flatMap((grade) => {
    const entry = rule.grades[grade]
    return entry ? [{ grade, limit: counts(entry.value), action: entry.action }] : []
  })

  /** The highest grade that is reached, or that was reached and is not left by more than the hysteresis. */
  const reached = (value: number, current: Grade | null): Grade | null =>
    limits.findLast(({ grade, limit }) => {
      const margin = rankOf(grade) <= rankOf(current) ? hysteresis : 0
      return sign * value >= sign * limit - margin
    })?.grade ?? null

  const verdict = (grade: Grade | null, left: Grade | null, { at, value }: RuleInput & { value: number }): Verdict => {
    const entry = limits.find((limit) => limit.grade === (grade ?? left))
    const action = grade === null ? undefined : entry?.action
    return {
      at,
      grade,
      ...(action && { action }),
      value,
      evidence: { decimals: point.decimals, limit: entry?.limit ?? null, rows: [{ at, value }] },
    }
  }

  return {
    initial: { grade: null, pending: null },
    fold(state, input) {
      const { at, value, quality } = input
      if (value === null || quality !== 'good') return { state, verdict: null }
      const grade = reached(value, state.grade)
      if (grade === state.grade) return { state: { grade, pending: null }, verdict: null }
      if (grade !== null && rankOf(grade) > rankOf(state.grade) && delayMs > 0) {
        const since = state.pending?.since ?? at
        if (at - since < delayMs) return { state: { grade: state.grade, pending: { grade, since } }, verdict: null }
      }
      return { state: { grade, pending: null }, verdict: verdict(grade, state.grade, { at, value, quality }) }
    },
  }
}
