import { createWriteStream } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { ChaosRun } from './chaos-row.ts'
import { type Simulated, simulate } from './simulation/index.ts'
import type { SuiteOptions } from './suite.ts'

const SEEDS = { short: 20, full: 600 }
/** Failed seeds that are told of; the rest are counted. */
const TOLD_MAX = 5

/** The whole road in this process, on one seed after the other; a seed that fails is run once more, and what its parts said is kept. */
export async function* simulationSuite(
  { seed, seeds, size }: SuiteOptions,
  stop: AbortSignal,
): AsyncGenerator<ChaosRun, void, undefined> {
  const row = { faults: 0, issued: 0, stored: 0, lost: 0, duplicate: 0, wrong: 0 }
  const failed: Simulated[] = []
  const count = seeds ?? SEEDS[size]
  let done = 0
  for (; done < count && !stop.aborted; done++) {
    const run = await simulate(seed + done)
    for (const key of ['faults', 'issued', 'stored', 'lost', 'duplicate', 'wrong'] as const) row[key] += run[key]
    if (run.differences.length > 0) failed.push(run)
  }
  const notes = [`${done} seeds from ${seed} on, ${failed.length} failed`]
  for (const run of failed.slice(0, TOLD_MAX))
    notes.push(`seed ${run.seed}: ${run.differences.join('; ')}; ${await replay(run.seed)}`)
  yield { row: { id: 'simulation', ...row, pass: failed.length === 0 && done === count }, notes }
}

/** @returns where its log lies, and how to see it again */
async function replay(seed: number): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'sluice-simulation-')), `seed-${seed}.log`)
  const to = createWriteStream(file)
  await simulate(seed, {
    openLog: (mono) => pino({ level: 'debug', base: null, timestamp: () => `,"mono":${Math.round(mono())}` }, to),
  })
  to.end()
  return `replay: --suite simulation --seed ${seed} --seeds 1, its log: ${file}`
}
