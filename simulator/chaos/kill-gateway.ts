import type { ChaosRun } from './chaos-row.ts'
import { drain, pause, prove, type SuiteOptions, until } from './suite.ts'

const ROWS_PER_SECOND = 500
const KILLS = { short: 5, full: 200 }
/** As many of the kills as fit into it. */
const KILLING_MS = 200_000
const UP_MS = { short: [200, 1500], full: [200, 5000] } as const
const RESTART_MS_MAX = 5000
const DRAIN_MS = 60_000

/** T01: kill -9 of a gateway at any moment, again and again. Up-times are drawn so that short ones are frequent. */
export async function* killGatewaySuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  yield await prove('T01', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const site = stage.site({ gateways: ['g1'], broker: cloud.brokerUrl, rate: ROWS_PER_SECOND })
    await site.start()
    let [kills, slowest] = [0, 0]
    for (const end = performance.now() + KILLING_MS; kills < KILLS[options.size] && performance.now() < end && !stop.aborted; ) {
      const [least, most] = UP_MS[options.size]
      await pause(least + (most - least) * stage.random() ** 4, stop)
      await site.kill()
      kills += 1
      slowest = Math.max(slowest, await site.start())
    }
    await until(() => site.isConnected, DRAIN_MS, stop)
    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    if (slowest > RESTART_MS_MAX) troubles.push(`expected a restart in ${RESTART_MS_MAX} ms, one took ${Math.round(slowest)}`)
    const notes = [`${kills} kills, the slowest restart took ${Math.round(slowest)} ms, the drain ${ms} ms`]
    return { faults: kills, notes, troubles }
  })
}
