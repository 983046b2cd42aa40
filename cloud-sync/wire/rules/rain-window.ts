import { durationMs } from '#devices'
import { pushRain, RAIN_EMPTY, RAIN_GAP_MS, RAIN_KEEP_MS, type RainState, rainStepEnd, sumRain } from '#devices/water'
import { GRADES, type Grade, type RainWindowRule, rankOf } from './rule.ts'
import type { RuleFold, RulePoint, Verdict } from './verdict.ts'

export interface RainWindowState {
  readonly grade: Grade | null
  readonly rain: RainState
}

/** Folds a rain-window rule over a counter of rain. Sums only: a grade is left as soon as no window of it is reached any more. */
export function rainWindowFold(rule: RainWindowRule, point: RulePoint): RuleFold<RainWindowState> {
  const limits = GRADES.flatMap((grade) => {
    const entry = rule.grades[grade]
    return (entry?.any ?? []).map(({ window, sum }) => ({
      grade,
      action: entry?.action,
      windowMs: durationMs(window),
      limit: Math.round(sum * 10 ** point.decimals),
    }))
  })
  const counter = {
    ...(point.wraps !== undefined && { wraps: point.wraps }),
    keepMs: Math.max(RAIN_KEEP_MS, ...limits.map(({ windowMs }) => windowMs)),
    gapMs: Math.max(RAIN_GAP_MS, 2 * point.everyMs),
  }

  const verdict = (grade: Grade | null, left: Grade | null, rain: RainState, at: number, stepAt: number): Verdict => {
    const sums = limits
      .filter((limit) => limit.grade === (grade ?? left))
      .map((limit) => ({ ...limit, ...sumRain(rain, stepAt, limit.windowMs) }))
    // Of several windows the one furthest beyond (or nearest to) its limit explains best.
    const best = sums.reduce((a, b) => (b.sum / b.limit > a.sum / a.limit ? b : a))
    const tips = rain.tips
      .filter(([tipAt]) => tipAt > stepAt - best.windowMs && tipAt <= stepAt)
      .map(([tipAt, value]) => ({ at: tipAt, value }))
    const rows = tips.length > EVIDENCE_ROWS_MAX ? [...tips.slice(0, 1), ...tips.slice(1 - EVIDENCE_ROWS_MAX)] : tips
    const evidence = {
      decimals: point.decimals,
      limit: best.limit,
      windowMs: best.windowMs,
      sum: best.sum,
      coverage: best.coveredMs / best.windowMs,
      rows,
    }
    const action = grade === null ? undefined : best.action
    return { at, grade, ...(action && { action }), value: best.sum, evidence }
  }

  return {
    initial: { grade: null, rain: RAIN_EMPTY },
    fold(state, { at, value, quality }) {
      if (value === null || quality !== 'good') return { state, verdict: null }
      const stepAt = rainStepEnd(at, point.everyMs)
      const rain = pushRain(state.rain, stepAt, value, counter)
      const grade = limits.findLast(({ windowMs, limit }) => sumRain(rain, stepAt, windowMs).sum >= limit)?.grade ?? null
      return {
        state: { grade, rain },
        verdict: rankOf(grade) === rankOf(state.grade) ? null : verdict(grade, state.grade, rain, at, stepAt),
      }
    },
  }
}

/** A day of five-minute tips; of more the first and the latest are shown. */
const EVIDENCE_ROWS_MAX = 48
