import { GRADES, type Rule } from '#wire'
import { countsIn, type PointFacts } from './point-facts.ts'
import type { ThresholdView } from './station-view.ts'

/** The rules in force, by what they look at. */
export class RuleBook {
  readonly #byPoint = new Map<string, Rule[]>()
  readonly #byId = new Map<string, Rule>()

  constructor(rules: readonly Rule[]) {
    for (const rule of rules) {
      this.#byId.set(rule.id, rule)
      const key = `${rule.device} ${rule.point}`
      this.#byPoint.set(key, [...(this.#byPoint.get(key) ?? []), rule])
    }
  }

  rule(id: string): Rule | undefined {
    return this.#byId.get(id)
  }

  isJudged({ device, point }: { readonly device: string; readonly point: string }): boolean {
    return this.#byPoint.has(`${device} ${point}`)
  }

  /** The limits of a point's threshold rules in its counts, lowest grade first. */
  thresholds(facts: PointFacts): ThresholdView[] {
    return (this.#byPoint.get(`${facts.device} ${facts.point}`) ?? []).flatMap((rule) => {
      if (rule.kind !== 'threshold') return []
      return GRADES.flatMap((grade): ThresholdView[] => {
        const limit = rule.grades[grade]
        return limit ? [{ rule: rule.id, grade, value: countsIn(limit.value, facts.decimals), direction: rule.direction }] : []
      })
    })
  }
}
