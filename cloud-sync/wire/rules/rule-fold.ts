import { rainWindowFold } from './rain-window.ts'
import type { Rule } from './rule.ts'
import { thresholdFold } from './threshold.ts'
import type { RuleFold, RulePoint } from './verdict.ts'

/** The fold of a rule of any kind; its state is plain JSON that only this fold reads. */
export function ruleFold(rule: Rule, point: RulePoint): RuleFold<unknown> {
  // The state's type stays inside the kind: whoever keeps a checkpoint hands it back to the same rule.
  return (rule.kind === 'threshold' ? thresholdFold(rule, point) : rainWindowFold(rule, point)) as RuleFold<unknown>
}
