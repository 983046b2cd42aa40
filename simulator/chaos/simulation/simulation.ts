import { createHash } from 'node:crypto'
import pino, { type Logger } from 'pino'
import { auditStores } from '#cloud/ingest'
import { seededRandom } from '#simulator'
import { compareSite, type Difference } from './compare.ts'
import { planFaults } from './plan.ts'
import { SimulatedCloud } from './simulated-cloud.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedSite } from './simulated-site.ts'
import { SimulatedTime } from './simulated-time.ts'

/** Faults come for so long. */
const FAULTS_MS = 60_000
/** After the faults everything must have arrived within this simulated time. */
const DRAIN_MS = 120_000
const LOOK_MS = 500

const SILENT = pino({ enabled: false })

export interface SimulateOptions {
  /** What the parts say; `mono` is the simulated machine time. */
  readonly openLog?: (mono: () => number) => Logger
  /** False: disks that say a commit is synced, and lose it at the next crash. No promise holds on them, and the run must say so. */
  readonly isSynced?: boolean
}

export interface Simulated {
  readonly seed: number
  readonly faults: number
  /** Rows that the sites' journals said they had. */
  readonly issued: number
  /** Of those, how many the cloud shows. */
  readonly stored: number
  readonly lost: number
  readonly duplicate: number
  readonly wrong: number
  /** What is not as it must be, in words; empty where all is well. */
  readonly differences: readonly string[]
  /** The same for the same seed and the same code. */
  readonly digest: string
}

/**
 * Runs one or more sites, a broker and the cloud's ingest in this process, on a clock, a network and disks that follow from the seed: first with
 * faults, then without any. All that was accepted must then be in the cloud, once and unchanged, and every number given out accounted for.
 */
export async function simulate(
  seed: number,
  { openLog = () => SILENT, isSynced = true }: SimulateOptions = {},
): Promise<Simulated> {
  const random = seededRandom(seed)
  const time = new SimulatedTime()
  const log = openLog(() => time.mono)
  const disk = () => new SimulatedDisk({ isSynced })
  const network = new SimulatedNetwork(time, random)
  const cloud = new SimulatedCloud({ time, network, disk: disk(), random, log })
  const sites = Array.from(
    { length: 1 + Math.floor(random() * 3) },
    (_, index) => new SimulatedSite({ name: `site-${index + 1}`, time, network, disk: disk(), random, log }),
  )
  const plan = planFaults({ sites, cloud, network, random, forMs: FAULTS_MS })
  for (const { name, at, fault } of plan)
    time.after(at, () => {
      log.info({ fault: name }, 'a fault')
      fault.begin()
    })
  await time.runUntil(FAULTS_MS)
  for (const { fault } of plan) fault.heal?.()
  for (const site of sites) site.isFed = false
  const isDrained = () => sites.every(({ waiting }) => waiting === 0) && cloud.isIdle
  for (let until = time.mono + LOOK_MS; until <= FAULTS_MS + DRAIN_MS && !isDrained(); until += LOOK_MS)
    await time.runUntil(until)

  const differences: string[] = []
  const sums = { issued: 0, stored: 0, lost: 0, duplicate: 0, wrong: 0 }
  if (!isDrained()) {
    const waiting = sites.map((site) => `${site.name} ${site.waiting}`).join(', ')
    differences.push(`expected everything in the cloud ${DRAIN_MS / 1000} s after the last fault, waiting: ${waiting}`)
  }
  // What is judged is what a power cut leaves.
  await using stores = await cloud.openStores()
  const report = await auditStores(stores.inbox, stores.records)
  for (const site of sites) {
    const declaredLost = report.gateways.reduce((sum, lane) => sum + (lane.gateway === site.name ? lane.declaredLost : 0), 0)
    const compared = await compareSite(site, stores, site.damages > 0 ? declaredLost : 0)
    add(sums, compared)
    differences.push(...compared.differences)
  }
  const restored = new Set(sites.flatMap((site) => (site.isRestored ? [site.name] : [])))
  const gaps = report.gateways.filter(({ gateway, missing }) => missing.length > 0 && !restored.has(gateway))
  if (gaps.length > 0) differences.push(`expected no gap in the audit, got ${JSON.stringify(gaps)}`)
  const faults = plan.length
  const counts = { time: time.mono, commits: [cloud, ...sites].map(({ disk }) => disk.commits), ...sums }
  const digest = createHash('sha256').update(JSON.stringify(counts)).digest('hex').slice(0, 16)
  return { seed, faults, ...sums, differences, digest }
}

function add(sums: Omit<Difference, 'differences'>, more: Omit<Difference, 'differences'>): void {
  for (const key of ['issued', 'stored', 'lost', 'duplicate', 'wrong'] as const) sums[key] += more[key]
}
