import { seededRandom } from '#simulator'
import { type Kill, runTimed } from '#simulator/e2e'
import { type ChaosRun, stormRun } from './chaos-row.ts'
import type { SuiteOptions } from './suite.ts'

/** A storm of 11 hours passes in this time. */
const STORM_MS = 60_000
const KILLS = 5
/** Kills fall in this part of the storm: before it nothing has begun, after it nobody would see whether it goes on. */
const SHARES = [0.03, 0.95] as const

/** kill -9 of the gateway, then of the cloud, again and again in the midst of a storm; each is started again at once. */
export async function* killSuite({ cli, seed }: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const random = seededRandom(seed)
  for (const part of ['gateway', 'cloud'] as const) {
    const kills = killMoments(part, KILLS, random)
    const run = await runTimed({ cli, for: STORM_MS, json: true, kills }, stop)
    if (stop.aborted) return
    yield stormRun(`kill-${part}`, kills.length, run)
  }
}

/** One moment in each of so many equal parts of the storm. */
export function killMoments(part: Kill['part'], count: number, random: () => number): Kill[] {
  const [from, to] = SHARES
  return Array.from({ length: count }, (_, index) => ({ part, share: from + ((index + random()) / count) * (to - from) }))
}
