import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { PrivateNet } from './private-net.ts'
import { drain, pause, prove, type Stage, type SuiteOptions, until } from './suite.ts'

const SIZES = { short: { sites: 1, rounds: 1, heldMs: 0 }, full: { sites: 4, rounds: 5, heldMs: 10_000 } } as const
const ROWS_PER_SECOND = 100
/** The gateway's keepalive, see `#mqtt`. */
const KEEPALIVE_MS = 15_000
const DETECTION_MS_MAX = 2 * KEEPALIVE_MS
/** How long is waited before it counts as not noticed. */
const WAIT_MS = 60_000
const LINK_MS = 60_000
const DRAIN_MS = 60_000
const UP_MS = 1500

/**
 * T11: the link to the broker takes nothing and says nothing. Where the machine allows, packets are dropped in a network namespace; else the
 * cable holds all bytes back. Rounds last from the drop until the gateway noticed and a little longer, not five minutes.
 */
export async function* halfOpenSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const { sites, rounds } = SIZES[options.size]
  const lack = lackOf('netns')
  yield await prove('T11', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const links = await Promise.all(Array.from({ length: sites }, (_, index) => openLink(stage, cloud, index, lack === null)))
    const runs = await Promise.all(links.map((link) => breakLink(stage, link, options)))
    const { ms, troubles } = await drain(
      cloud,
      links.map(({ site }) => site),
      DRAIN_MS,
      stop,
    )
    const slowest = Math.round(Math.max(...runs.flat()))
    if (slowest > DETECTION_MS_MAX)
      troubles.push(`expected a half-open link to be noticed in ${DETECTION_MS_MAX} ms, got ${slowest}`)
    const how = lack === null ? 'packets dropped both ways in a network namespace' : `bytes held back by the cable (${lack})`
    const notes = [`${sites} gateways, ${rounds} rounds each, ${how}; noticed after ${slowest} ms at most; drained in ${ms} ms`]
    return { faults: runs.flat().length, notes, troubles }
  })
}

async function openLink(stage: Stage, cloud: ChaosCloud, index: number, isNet: boolean) {
  const net = isNet ? stage.use(PrivateNet.open(index)) : null
  const cable = await stage.cable(cloud.brokerPort, net?.address)
  const name = `g${index + 1}`
  const site = stage.site({ name, gateways: [name], broker: cable.url, rate: ROWS_PER_SECOND })
  await site.start(net === null ? {} : { wrap: net.wrap })
  const setBroken = (isBroken: boolean) => (net === null ? cable.setFrozen(isBroken) : net.setDropping(isBroken))
  return { site, setBroken }
}

/** @returns how long each round took to be noticed, ms */
async function breakLink(
  { stop, random }: Stage,
  { site, setBroken }: Awaited<ReturnType<typeof openLink>>,
  { size }: SuiteOptions,
): Promise<number[]> {
  const { rounds, heldMs } = SIZES[size]
  const noticed: number[] = []
  while (noticed.length < rounds && !stop.aborted) {
    await until(() => site.isConnected, LINK_MS, stop)
    await pause(UP_MS * (0.5 + random()), stop)
    const begun = performance.now()
    setBroken(true)
    await until(() => !site.isConnected, WAIT_MS, stop)
    noticed.push(performance.now() - begun)
    await pause(heldMs * random(), stop)
    setBroken(false)
  }
  await until(() => site.isConnected, LINK_MS, stop)
  return noticed
}
