import type { ChaosRun } from './chaos-row.ts'
import { drain, pause, prove, type SuiteOptions, until } from './suite.ts'

const SIZES = {
  short: { gateways: 4, rowsPerSecond: 50, kills: 4, upMs: [500, 1500] },
  full: { gateways: 20, rowsPerSecond: 100, kills: 100, upMs: [500, 2500] },
} as const
/** As many of the kills as fit into it. */
const KILLING_MS = 180_000
const DRAIN_MS = 60_000
/** A gateway tries a broker that is away again after half a minute at the latest. */
const LINK_MS = 35_000

/** T04: kill -9 of the ingest and of the broker, in turn, under twenty gateways. */
export async function* killCloudSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const { gateways, rowsPerSecond, kills, upMs } = SIZES[options.size]
  yield await prove('T04', options, stop, async (stage) => {
    const cloud = await stage.cloud({ broker: 'apart' })
    const names = Array.from({ length: gateways }, (_, index) => `g${index + 1}`)
    const site = stage.site({ gateways: names, broker: cloud.brokerUrl, rate: rowsPerSecond })
    await site.start()
    const end = performance.now() + KILLING_MS
    let faults = 0
    for (; faults < kills && performance.now() < end && !stop.aborted; faults++) {
      await pause(upMs[0] + (upMs[1] - upMs[0]) * stage.random(), stop)
      const part = faults % 2 === 0 ? 'ingest' : 'broker'
      await cloud.kill(part)
      await cloud.start(part, stop)
    }
    await until(() => site.isConnected, LINK_MS, stop)
    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    return {
      faults,
      troubles,
      notes: [
        `${gateways} gateways of ${rowsPerSecond} rows/s, ${faults} kills; drained ${ms} ms after all were connected again`,
      ],
    }
  })
}
