/** Verdicts over time, and the incidents they make. */
export { applyVerdict, type SourcedVerdict } from './incidents.ts'
export { Judge } from './judge.ts'
export { type NumberedInput, REFOLD_MAX_MS, RuleJudge } from './rule-judge.ts'
