/** Proofs under faults: what is broken on purpose, and what must be whole all the same. */
export type { ChaosRow } from './chaos-row.ts'
export { type ChaosOptions, runChaos, SUITES } from './run-chaos.ts'
