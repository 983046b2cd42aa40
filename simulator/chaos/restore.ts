import { cpSync, rmSync } from 'node:fs'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import type { Site } from './site.ts'
import { drain, pause, prove, type Stage, type SuiteOptions, until } from './suite.ts'

const SIZES = { short: { restored: 1, cloned: 1, fedMs: 400 }, full: { restored: 14, cloned: 6, fedMs: 1500 } } as const
const ROWS_PER_SECOND = 100
/** So many at a time. */
const TOGETHER = 4
const LAST_MS = 500
const LINK_MS = 40_000
const DRAIN_MS = 60_000
/** A journal whose numbers were given out before is told so on its first connection. */
const NOTICE_MS = 40_000
/** The clone's rows are others than the first one's. */
const CLONE_FROM = 1_000_000

interface Round {
  /** Of the gateway. */
  readonly name: string
  /** How long rows are fed each time. */
  readonly fedMs: number
}

/** T09: a disk is restored from an older copy, or cloned: numbers are given out twice, and the cloud must notice and order a new epoch. */
export async function* restoreSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const { restored, cloned, fedMs } = SIZES[options.size]
  const rounds = [
    { id: 'T09-restored', count: restored, act: restore },
    { id: 'T09-cloned', count: cloned, act: clone },
  ]
  for (const { id, count, act } of rounds) {
    yield await prove(id, options, stop, async (stage) => {
      const cloud = await stage.cloud()
      const waiting = Array.from({ length: count }, (_, index) => `g${index + 1}`)
      const troubles: string[] = []
      const worker = async () => {
        for (let name = waiting.shift(); name !== undefined && !stop.aborted; name = waiting.shift())
          troubles.push(...(await act(stage, cloud, { name, fedMs })).map((trouble) => `${name}: ${trouble}`))
      }
      await Promise.all(Array.from({ length: TOGETHER }, worker))
      const drained = await drain(cloud, [], DRAIN_MS, stop)
      return { faults: count, troubles: [...troubles, ...drained.troubles] }
    })
  }
}

/** A copy of the journal, more rows that reach the cloud, then the copy in the journal's place. @returns what is not as it should be */
async function restore(stage: Stage, cloud: ChaosCloud, { name, fedMs }: Round): Promise<string[]> {
  const { stop } = stage
  const settle = (site: Site) => settled(site, fedMs, stop)
  const cable = await stage.cable(cloud.brokerPort)
  const site = stage.site({ name, gateways: [name], broker: cable.url, rate: ROWS_PER_SECOND })
  const copy = `${site.data(name)}.copy`
  await site.start()
  await settle(site)
  await site.kill()
  cpSync(site.data(name), copy, { recursive: true })
  await site.start()
  await settle(site)
  const before = epochOf(site, name)
  await site.kill()
  rmSync(site.data(name), { recursive: true })
  cpSync(copy, site.data(name), { recursive: true })
  site.feed(ROWS_PER_SECOND)
  const connects = cable.connects
  await site.start()
  const isNoticed = await until(() => ![before, ''].includes(epochOf(site, name)), NOTICE_MS, stop)
  const used = cable.connects - connects
  const isDrained = await settle(site)
  await site.stop()
  return [
    ...(isNoticed ? [] : [`expected a new epoch after a restore, it is ${before} still`]),
    ...(isNoticed && used > 1 ? [`expected it to be noticed on the first connection, it took ${used}`] : []),
    ...(isDrained ? [] : [`expected all rows to go out, ${site.waiting} wait still`]),
  ]
}

/** Two sites with one name and one journal run at a time; afterwards each alone, so that all its rows can go out. */
async function clone(stage: Stage, cloud: ChaosCloud, { name, fedMs }: Round): Promise<string[]> {
  const { stop } = stage
  const settle = (site: Site) => settled(site, fedMs, stop)
  const options = { gateways: [name], broker: cloud.brokerUrl, rate: ROWS_PER_SECOND }
  const first = stage.site({ ...options, name })
  const second = stage.site({ ...options, name: `${name}-clone`, from: CLONE_FROM })
  await first.start()
  await settle(first)
  await first.kill()
  cpSync(first.data(name), second.data(name), { recursive: true })
  first.feed(ROWS_PER_SECOND)
  await Promise.all([first.start(), second.start()])
  await pause(2 * fedMs, stop)
  await Promise.all([first.kill(), second.kill()])
  const troubles: string[] = []
  for (const site of [first, second]) {
    await site.start()
    if (!(await settle(site))) troubles.push(`expected all rows to go out, ${site.waiting} wait still`)
    await site.stop()
  }
  const [one, other] = [epochOf(first, name), epochOf(second, name)]
  return one === other ? [...troubles, `expected two epochs after a clone, both are ${one}`] : troubles
}

/** Feeds it a little longer, then no more until the cloud has all. @returns whether it has */
async function settled(site: Site, fedMs: number, stop: AbortSignal): Promise<boolean> {
  const isLinked = await until(() => site.isConnected, LINK_MS, stop)
  await pause(fedMs, stop)
  site.feed(0)
  // The last portion is on its way still.
  await pause(LAST_MS, stop)
  const isEmpty = await until(() => site.waiting === 0, DRAIN_MS, stop)
  site.feed(ROWS_PER_SECOND)
  return isLinked && isEmpty
}

function epochOf(site: Site, name: string): string {
  return site.states.get(name)?.epoch ?? ''
}
