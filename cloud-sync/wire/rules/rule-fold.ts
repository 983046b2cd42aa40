import { rainWindowFold } from './rain-window.ts'
import type { Rule } from './rule.ts'
import { thresholdFold } from './threshold.ts'
import type { RuleFold, RulePoint } from './verdict.ts'

/** A rule's day begins at midnight of China's one zone, as the bureau's papers date it. */
const DAY_BEGINS = 'T00:00:00+08:00'

/**
 * The fold of a rule of any kind; its state is plain JSON that only this fold reads. Rows from before the rule was valid say nothing to it.
 */
export function ruleFold(rule: Rule, point: RulePoint): RuleFold<unknown> {
  // The state's type stays inside the kind: whoever keeps a checkpoint hands it back to the same rule.
  const { initial, fold } = (
    rule.kind === 'threshold' ? thresholdFold(rule, point) : rainWindowFold(rule, point)
  ) as RuleFold<unknown>
  const validFrom = Date.parse(`${rule.validFrom}${DAY_BEGINS}`)
  return { initial, fold: (state, input) => (input.at < validFrom ? { state, verdict: null } : fold(state, input)) }
}
