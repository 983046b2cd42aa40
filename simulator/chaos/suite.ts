import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '#simulator'
import { Cable } from './cable.ts'
import { ChaosCloud, type ChaosCloudOptions } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import type { RowAccount } from './row-account.ts'
import { Site, type SiteOptions } from './site.ts'
import { pause, until } from './until.ts'
import { judge } from './verdict.ts'

export { pause, until }

const HOUR_MS = 3_600_000
/** From the order to feed no more until the last portion has been counted. */
const LAST_MS = 500

export interface SuiteOptions {
  /** Path of `cli.ts`. */
  readonly cli: string
  readonly seed: number
  /** `short`: a few faults, as a part of all tests; `full`: as many as belong to the proof. */
  readonly size: 'short' | 'full'
  /** How many seeds a simulation runs through. */
  readonly seeds?: number | undefined
}

/** Runs of one proof, each told when it is over. */
export type Suite = (options: SuiteOptions, stop: AbortSignal) => AsyncIterable<ChaosRun>

/** A folder of a run and what runs in it; all of it ends with the run. */
export interface Stage {
  readonly folder: string
  readonly random: () => number
  readonly stop: AbortSignal
  cloud(options?: Omit<ChaosCloudOptions, 'cli' | 'folder'>): Promise<ChaosCloud>
  /** Not started yet. */
  site(options: Omit<SiteOptions, 'folder' | 'origin'>): Site
  /** To a port of this machine; it listens on loopback, or where it is told. */
  cable(port: number, address?: string): Promise<Cable>
  /** Whatever else must end with the run. */
  use<T extends AsyncDisposable | Disposable>(part: T): T
}

/** What a run did and saw besides the rows. */
export interface Acted {
  readonly faults: number
  /** For a person, also where all is well: sizes, times. */
  readonly notes?: readonly string[]
  /** What was given past the sites of the stage. */
  readonly accounts?: readonly RowAccount[]
  /** Rows of a gateway that the cloud must have refused; default none. */
  readonly refused?: ReadonlyMap<string, number>
  /** Each one fails the run. */
  readonly troubles?: readonly string[]
}

/**
 * One run of a proof: `act` breaks things on a stage of its own, lets the sites drain and stops them and the cloud (`drain`); then the stores
 * are judged row by row. The folder of a run that fails is kept.
 */
export async function prove(
  id: string,
  { cli, seed }: SuiteOptions,
  stop: AbortSignal,
  act: (stage: Stage) => Promise<Acted>,
): Promise<ChaosRun> {
  const folder = mkdtempSync(join(tmpdir(), `sluice-chaos-${id}-`))
  const origin = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  const clouds: ChaosCloud[] = []
  const sites: Site[] = []
  const acted = await onStage(async (parts) =>
    act({
      folder,
      random: seededRandom(seed),
      stop,
      async cloud(options) {
        const cloud = parts.use(await ChaosCloud.open({ ...options, cli, folder }, stop))
        clouds.push(cloud)
        return cloud
      },
      site(options) {
        const site = parts.use(new Site({ ...options, folder, origin }))
        sites.push(site)
        return site
      },
      cable: async (port, address) => parts.use(await Cable.open({ port, address, random: seededRandom(seed) })),
      use: (part) => parts.use(part),
    }),
  )
  const troubles = [...(acted.troubles ?? [])]
  const counts = { issued: 0, stored: 0, lost: 0, duplicate: 0, wrong: 0 }
  const notes = [...(acted.notes ?? [])]
  // One cloud a run: what several sites of it told is in the same stores.
  for (const cloud of clouds) {
    const verdict = await judge(
      cloud,
      [...sites.flatMap((site) => [...site.accounts.values()]), ...(acted.accounts ?? [])],
      acted.refused,
    )
    for (const key of ['issued', 'stored', 'lost', 'duplicate', 'wrong'] as const) counts[key] += verdict[key]
    if (verdict.declared > 0) notes.push(`${verdict.declared} rows are declared lost`)
    troubles.push(...verdict.differences)
  }
  if (stop.aborted) troubles.push('the run was stopped before its end')
  const pass = troubles.length === 0 && counts.lost + counts.duplicate + counts.wrong === 0
  if (pass) rmSync(folder, { recursive: true, force: true })
  else troubles.push(`logs and data: ${folder}`)
  return { row: { id, faults: acted.faults, ...counts, pass }, notes: [...notes, ...troubles] }
}

/** A proof that cannot be run on this machine, and why: it has not passed. */
export function unproven(id: string, why: string): ChaosRun {
  return { row: { id, faults: 0, issued: 0, stored: 0, lost: 0, duplicate: 0, wrong: 0, pass: false }, notes: [why] }
}

async function onStage<T>(work: (parts: AsyncDisposableStack) => Promise<T>): Promise<T> {
  await using parts = new AsyncDisposableStack()
  return await work(parts)
}

/** After the faults: no more is fed, what waits goes out within the bound, and everything stops. @returns how long it took, and what did not come to be */
export async function drain(
  cloud: ChaosCloud,
  sites: readonly Site[],
  boundMs: number,
  stop: AbortSignal,
): Promise<{ readonly ms: number; readonly troubles: string[] }> {
  const begun = performance.now()
  for (const site of sites) site.feed(0)
  // The last portion is on its way still.
  await pause(LAST_MS, stop)
  const isSent = await until(() => sites.every(({ waiting }) => waiting === 0), boundMs, stop)
  const waiting = sites.reduce((sum, site) => sum + site.waiting, 0)
  for (const site of sites) await site.stop()
  const isRead = await until(() => cloud.isSettled(), boundMs, stop)
  const ms = Math.round(performance.now() - begun - LAST_MS)
  await cloud.stop()
  return {
    ms,
    troubles: [
      ...(isSent ? [] : [`expected all rows to go out in ${boundMs / 1000} s, ${waiting} wait still`]),
      ...(isRead ? [] : [`expected the cloud's readers to be done in ${boundMs / 1000} s`]),
    ],
  }
}
