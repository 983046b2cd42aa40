import { join } from 'node:path'
import { expect } from 'vitest'
import type { ChaosRun } from './chaos-row.ts'
import type { Suite } from './suite.ts'

const CLI = join(import.meta.dirname, '..', '..', 'cli.ts')

/** A machine that is busy with others takes its time; this only ends what hangs. */
export const PROOF_MS = 240_000

/** Runs the short form of a proof, every run of which must pass with rows that were stored. */
export async function proven(suite: Suite, seed = 1): Promise<ChaosRun[]> {
  const runs: ChaosRun[] = []
  for await (const run of suite({ cli: CLI, seed, size: 'short' }, new AbortController().signal)) {
    expect(run.row, run.notes.join('\n')).toMatchObject({ lost: 0, duplicate: 0, wrong: 0, pass: true })
    expect(run.row.stored).toBeGreaterThan(0)
    runs.push(run)
  }
  return runs
}
