/** Verdicts over time, and the incidents they make. */
export { reviseIncidents } from './incidents.ts'
export { Judge } from './judge.ts'
export type { Revision } from './revision.ts'
export { type Findings, type NumberedInput, REFOLD_MAX_MS, RuleJudge } from './rule-judge.ts'
