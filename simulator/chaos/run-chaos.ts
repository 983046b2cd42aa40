import { badConfigurationSuite } from './bad-configuration.ts'
import type { ChaosRow, ChaosRun } from './chaos-row.ts'
import { clockStepsSuite } from './clock-steps.ts'
import { failingSyncSuite } from './failing-sync.ts'
import { flapSuite } from './flap.ts'
import { flippedBitSuite } from './flipped-bit.ts'
import { floodSuite } from './flood.ts'
import { frozenSuite } from './frozen.ts'
import { fullDiskSuite } from './full-disk.ts'
import { halfOpenSuite } from './half-open.ts'
import { influxFaultsSuite } from './influx-faults.ts'
import { killSuite } from './kill.ts'
import { killAtSyncSuite } from './kill-at-sync.ts'
import { killCloudSuite } from './kill-cloud.ts'
import { killGatewaySuite } from './kill-gateway.ts'
import { poisonSuite } from './poison.ts'
import { powerCutSuite } from './power-cut.ts'
import { repeatShuffleSuite } from './repeat-shuffle.ts'
import { replaceFilesSuite } from './replace-files.ts'
import { restoreSuite } from './restore.ts'
import { simulationSuite } from './simulate.ts'
import { type Suite, type SuiteOptions, unproven } from './suite.ts'
import { versionGatesSuite } from './version-gates.ts'
import { wipeBrokerSuite } from './wipe-broker.ts'

export interface ChaosOptions extends SuiteOptions {
  /** One of the suites, upper or lower case, what stands before the dash of several, or `all`. */
  readonly suite: string
  readonly json?: boolean
}

const EXIT_USAGE = 2
const SEED_MAX = 0xffff_ffff

/** By the name of the test that each is; in the order in which `all` runs them. */
const suites: Readonly<Record<string, Suite>> = {
  kill: killSuite,
  T01: killGatewaySuite,
  T02: killAtSyncSuite,
  T03: powerCutSuite,
  T04: killCloudSuite,
  T05: wipeBrokerSuite,
  T06: fullDiskSuite,
  T07: failingSyncSuite,
  T08: flippedBitSuite,
  T09: restoreSuite,
  T10: clockStepsSuite,
  T11: halfOpenSuite,
  T14: flapSuite,
  T20: repeatShuffleSuite,
  T21: poisonSuite,
  T22: floodSuite,
  T23: frozenSuite,
  T27: influxFaultsSuite,
  'T28-cuts': replaceFilesSuite,
  'T28-files': badConfigurationSuite,
  T36: versionGatesSuite,
  simulation: simulationSuite,
}
/** Nothing runs beside these: they measure how long something takes, or need a core of their own. */
const ALONE: readonly string[] = ['T20', 'T22', 'T23', 'simulation']
/** Of the others so many run at a time where all are asked for: most of their time they wait. */
const SIDE_BY_SIDE = 2
/** Names of all suites. */
export const SUITES: readonly string[] = Object.keys(suites)

/**
 * Runs a suite and prints its table; with `json` the last line of stdout is `{ suite, rows }`.
 * @returns the exit code: 0 when every run passed, 1 when one did not or a stop came, 2 for a suite or seed that is none
 */
export async function runChaos({ suite, json = false, ...options }: ChaosOptions, stop: AbortSignal): Promise<number> {
  const { seed } = options
  const wanted = suite.toLowerCase()
  const chosen = Object.entries(suites).filter(
    ([name]) => wanted === 'all' || wanted === name.toLowerCase() || name.toLowerCase().startsWith(`${wanted}-`),
  )
  if (chosen.length === 0) {
    console.error(`expected one of ${[...SUITES, 'all'].join(', ')}, got "${suite}"`)
    return EXIT_USAGE
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > SEED_MAX) {
    console.error(`expected a whole number from 0 to ${SEED_MAX} as the seed, got ${seed}`)
    return EXIT_USAGE
  }
  const ran = new Map<string, readonly ChaosRow[]>()
  const runOne = async ([name, suite]: readonly [string, Suite]): Promise<void> => {
    const rows: ChaosRow[] = []
    if (chosen.length > 1) console.error(`${name} begins`)
    for await (const { row, notes } of untilItFails(name, suite(options, stop))) {
      rows.push(row)
      for (const note of notes) console.error(`${row.id}: ${note}`)
    }
    ran.set(name, rows)
  }
  const [alone, waiting] = [true, false].map((isAlone) => chosen.filter(([name]) => ALONE.includes(name) === isAlone))
  const runOn = async (): Promise<void> => {
    for (let next = waiting?.shift(); next !== undefined; next = waiting?.shift()) await runOne(next)
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, runOn))
  for (const one of alone ?? []) await runOne(one)
  const rows = chosen.flatMap(([name]) => ran.get(name) ?? [])
  if (stop.aborted) return 1
  console.table(Object.fromEntries(rows.map(({ id, ...counts }) => [id, counts])))
  if (json) console.log(JSON.stringify({ suite, rows }))
  return rows.every(({ pass }) => pass) ? 0 : 1
}

/** A proof that breaks off has not passed, and keeps no other from being run. */
async function* untilItFails(name: string, runs: AsyncIterable<ChaosRun>): AsyncGenerator<ChaosRun, void, undefined> {
  try {
    yield* runs
  } catch (error) {
    yield unproven(name, (error as Error).message)
  }
}
