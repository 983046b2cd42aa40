import { join } from 'node:path'
import { MosquittoProcess } from '#cloud/broker'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { drain, pause, prove, type Stage, type SuiteOptions, unproven, until } from './suite.ts'

const SIZES = {
  short: { gateways: 2, wipes: 2, upMs: 1500 },
  full: { gateways: 20, wipes: 10, upMs: 4000 },
} as const
const ROWS_PER_SECOND = 50
const DRAIN_MS = 60_000
/** A gateway tries a broker that is away again after half a minute at the latest. */
const LINK_MS = 35_000

/** T05: the broker loses all that it knew: the embedded one, which keeps nothing, and a Mosquitto whose file is taken away. */
export async function* wipeBrokerSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  yield await prove('T05-embedded', options, stop, async (stage) => {
    const cloud = await stage.cloud({ broker: 'apart' })
    return await wipe(stage, options, cloud, async () => {
      await cloud.kill('broker')
      await cloud.start('broker', stop)
    })
  })
  const lack = lackOf('mosquitto')
  if (lack !== null) {
    yield unproven('T05-mosquitto', lack)
    return
  }
  yield await prove('T05-mosquitto', options, stop, async (stage) => {
    const broker = stage.use(await MosquittoProcess.start(join(stage.folder, 'mosquitto')))
    return await wipe(stage, options, await stage.cloud({ broker: broker.url }), () => broker.restart({ isWiped: true }))
  })
}

async function wipe(stage: Stage, { size }: SuiteOptions, cloud: ChaosCloud, act: () => Promise<void>) {
  const { gateways, wipes, upMs } = SIZES[size]
  const { stop } = stage
  const names = Array.from({ length: gateways }, (_, index) => `g${index + 1}`)
  const site = stage.site({ gateways: names, broker: cloud.brokerUrl, rate: ROWS_PER_SECOND })
  await site.start()
  let faults = 0
  for (; faults < wipes && !stop.aborted; faults++) {
    await until(() => site.isConnected, LINK_MS, stop)
    await pause(upMs * (0.5 + stage.random()), stop)
    await act()
  }
  await until(() => site.isConnected, LINK_MS, stop)
  const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
  return { faults, troubles, notes: [`${gateways} gateways of ${ROWS_PER_SECOND} rows/s, ${faults} wipes; drained in ${ms} ms`] }
}
