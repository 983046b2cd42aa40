import { join } from 'node:path'
import { CarelessWriter } from './careless-writer.ts'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { LoopDisk } from './loop-disk.ts'
import type { Site } from './site.ts'
import { drain, pause, prove, type Stage, type SuiteOptions, unproven, until } from './suite.ts'

const GATEWAYS = ['g1', 'g2', 'g3']
/** Of each gateway: with its alarms and events some 20 commits a second. */
const ROWS_PER_SECOND = 300
const CUTS = { short: 3, full: 100 }
/** As many of the cuts as fit into it. */
const CUTTING_MS = 240_000
const UP_MS = { short: [300, 1000], full: [300, 4000] } as const
const IMAGE_BYTES = 48 * 1024 * 1024
/** Between two lines of the control. */
const CARELESS_MS = 20
const DRAIN_MS = 60_000

/**
 * T03: the power goes, again and again: the writers are frozen at any moment, also in the midst of a sync, and go on from what had reached the
 * disk. What a careless writer beside them lost shows that something was there to be lost.
 */
export async function* powerCutSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const lack = lackOf('mount') ?? lackOf('ext4')
  if (lack !== null) {
    yield unproven('T03', lack)
    return
  }
  yield await prove('T03', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const disk = stage.use(LoopDisk.open(join(stage.folder, 'power'), IMAGE_BYTES))
    const site = stage.site({ gateways: GATEWAYS, broker: cloud.brokerUrl, rate: ROWS_PER_SECOND, disk: disk.folder })
    await site.start()
    await until(() => site.states.size === GATEWAYS.length, DRAIN_MS, stop)
    const epochs = epochsOf(site)
    let [cuts, written, left] = [0, 0, 0]
    const [least, most] = UP_MS[options.size]
    for (const end = performance.now() + CUTTING_MS; cuts < CUTS[options.size] && performance.now() < end && !stop.aborted; ) {
      const loss = await cut({ stage, site, disk }, least + (most - least) * stage.random() ** 3)
      written += loss.written
      left += loss.left
      cuts += 1
    }
    await until(() => site.isConnected, DRAIN_MS, stop)
    const after = epochsOf(site)
    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    if (after !== epochs) troubles.push(`expected the journals to stay what they are, ${epochs}; got ${after}`)
    if (left >= written) troubles.push(`expected a careless writer to lose something, all ${written} of its lines are there`)
    const notes = [`${cuts} cuts; of ${written} lines that nobody synced ${left} were left; the drain took ${ms} ms`]
    return { faults: cuts, notes, troubles }
  })
}

async function cut({ stage, site, disk }: { readonly stage: Stage; readonly site: Site; readonly disk: LoopDisk }, upMs: number) {
  const careless = CarelessWriter.open(disk.folder)
  for (const end = performance.now() + upMs; performance.now() < end; await pause(CARELESS_MS, stage.stop)) careless.write()
  site.signal('SIGSTOP')
  disk.keep()
  await site.kill()
  careless.close()
  disk.restore()
  const { loss } = careless
  await site.start()
  return loss
}

function epochsOf({ states }: Site): string {
  return [...states]
    .map(([gateway, { epoch }]) => `${gateway} ${epoch}`)
    .sort()
    .join(', ')
}
