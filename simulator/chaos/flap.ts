import type { ChaosRun } from './chaos-row.ts'
import { drain, pause, prove, type SuiteOptions, until } from './suite.ts'

const SIZES = { short: { phases: 4, phaseMs: 1000 }, full: { phases: 40, phaseMs: 3000 } } as const
const ROWS_PER_SECOND = 200
const LINK_MS = 35_000
const DRAIN_MS = 60_000

/** T14: a link that is up and down by turns. Each time up must bring one connection at most, and what waited goes out. */
export async function* flapSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const { phases, phaseMs } = SIZES[options.size]
  yield await prove('T14', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const cable = await stage.cable(cloud.brokerPort)
    const site = stage.site({ gateways: ['g1'], broker: cable.url, rate: ROWS_PER_SECOND })
    await site.start()
    const connects: number[] = []
    for (let phase = 0; phase < phases && !stop.aborted; phase++) {
      const before = cable.connects
      await pause(phaseMs, stop)
      connects.push(cable.connects - before)
      cable.setDown(true)
      await pause(phaseMs, stop)
      cable.setDown(false)
    }
    const before = cable.connects
    await until(() => site.isConnected, LINK_MS, stop)
    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    connects.push(cable.connects - before)
    const most = Math.max(...connects)
    if (most > 1) troubles.push(`expected one connection at most each time the link was up, got ${most}`)
    const used = connects.filter((count) => count > 0).length
    const notes = [
      `${connects.length - 1} times ${phaseMs / 1000} s up and down; ${used} of them were used to connect; drained in ${ms} ms`,
    ]
    return { faults: connects.length - 1, notes, troubles }
  })
}
