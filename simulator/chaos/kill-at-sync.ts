import { join } from 'node:path'
import { openSqlite } from '#cloud/store'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import type { Site } from './site.ts'
import { drain, pause, prove, type Stage, type SuiteOptions, unproven, until } from './suite.ts'

const ROWS_PER_SECOND = 50
/** Killed at the n-th sync, and at the n-th write of a page. */
const SYNCS = { short: [2, 12], full: Array.from({ length: 100 }, (_, index) => index + 1) }
const WRITES = { short: [40], full: Array.from({ length: 20 }, (_, index) => (index + 1) * 7) }
/** So many at a time: they mostly wait. */
const TOGETHER = 4
/** A point that is not reached in it is not among what this journal does. */
const REACH_MS = 30_000
const GO_ON_MS = 500
const DRAIN_MS = 30_000

/** SQLite as it is built into better-sqlite3 syncs by `fsync`. */
interface Point {
  readonly call: 'fsync' | 'pwrite64'
  readonly n: number
}

/** T02: a gateway is killed at an exact system call of a fresh journal, started again, and must have lost nothing that it accepted. */
export async function* killAtSyncSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const lack = lackOf('strace')
  if (lack !== null) {
    yield unproven('T02', lack)
    return
  }
  yield await prove('T02', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const points: Point[] = [
      ...SYNCS[options.size].map((n): Point => ({ call: 'fsync', n })),
      ...WRITES[options.size].map((n): Point => ({ call: 'pwrite64', n })),
    ]
    const troubles: string[] = []
    let faults = 0
    const waiting = [...points]
    const worker = async () => {
      for (let point = waiting.shift(); point !== undefined && !stop.aborted; point = waiting.shift()) {
        const trouble = await killAt(stage, cloud, point)
        if (trouble !== null) troubles.push(`${point.call} ${point.n}: ${trouble}`)
        else faults += 1
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, worker))
    const drained = await drain(cloud, [], DRAIN_MS, stop)
    const notes = [`killed at sync 1 to ${SYNCS[options.size].at(-1)} and at ${WRITES[options.size].length} writes of pages`]
    return { faults, notes, troubles: [...troubles, ...drained.troubles] }
  })
}

/** @returns what is not as it should be, or null */
async function killAt({ site: makeSite, stop }: Stage, cloud: ChaosCloud, { call, n }: Point): Promise<string | null> {
  const name = `${call}-${n}`
  const site = makeSite({ name, gateways: [name], broker: cloud.brokerUrl, rate: ROWS_PER_SECOND, series: 3 })
  // Not with --seccomp-bpf: strace 6.1 then passes over every `when` but the first.
  const inject = `inject=${call}:signal=KILL:when=${n}`
  site.launch({ wrap: ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject] })
  const isKilled = await until(() => !site.isRunning, REACH_MS, stop)
  if (!isKilled) await site.kill()
  await site.start()
  await pause(GO_ON_MS, stop)
  site.feed(0)
  const isDrained = await until(() => site.waiting === 0, DRAIN_MS, stop)
  await site.stop()
  const found = integrityOf(site, name)
  if (!isKilled) return `expected the call to be made within ${REACH_MS / 1000} s`
  if (!isDrained) return `expected all rows to go out in ${DRAIN_MS / 1000} s, ${site.waiting} wait still`
  return found === 'ok' ? null : `expected a whole journal, got ${found}`
}

function integrityOf(site: Site, gateway: string): unknown {
  using opened = new DisposableStack()
  const journal = opened.adopt(openSqlite(join(site.data(gateway), 'journal.db'), { readonly: true }), (file) => file.close())
  return journal.pragma('integrity_check', { simple: true })
}
