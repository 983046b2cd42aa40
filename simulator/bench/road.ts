import { mkdtempSync, rmSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processTimers, sleep } from '#devices/time'
import { SCENARIOS_FOLDER } from '#simulator'
import { type FeedMessage, followFeed, openSiteRun, type SiteRun, settle } from '#simulator/e2e'
import { measureBare } from './bare.ts'
import { durableFigures } from './durable.ts'
import { atMost, type Figure, figure, printFigures } from './figures.ts'
import { gustRules } from './gusts.ts'
import { ingestFigures } from './ingest.ts'
import { accountOf, type Window } from './road-account.ts'
import { openWireTap } from './wire-tap.ts'

/** Machine time from the start of the gateway to the measurement: what is compiled hot, is compiled. */
const WARM_UP_MS = 15_000
const MEASURE_MS = 60_000
/** The interval of every point of the load scenario. */
const EVERY_MS = 5000
/** A row is made of its answer within this. */
const SLACK_MS = 900

const scenarioFile = (name: string) => join(SCENARIOS_FOLDER, name)

/**
 * 240 stations of five points every five seconds through one gateway, from the wire to the page, in real processes at the clock's own speed.
 * Takes about three minutes. A stop ends it without figures.
 */
export async function road({ cli, json }: { readonly cli: string; readonly json: boolean }, stop: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  try {
    if (getCompileCacheDir() === undefined)
      console.error('without NODE_COMPILE_CACHE the parts hold more memory than an installed box does; npm run bench sets it')
    console.error('warming the compile cache')
    await warmUp(cli, join(folder, 'warm'), stop)
    const figures = stop.aborted ? null : await measure(cli, join(folder, 'road'), stop)
    if (figures && !stop.aborted) {
      console.error('measuring the stores behind the acknowledgement')
      const stores = await ingestFigures()
      console.error('measuring journal and inbox')
      printFigures('road', [...figures, ...stores, ...durableFigures()], json)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const site = (cli: string, folder: string, scenario: string, rulesOf: typeof gustRules) => {
  const now = Date.now()
  const clock = { start: now, since: now, speed: 1 }
  return { cli, folder, scenario: scenarioFile(scenario), clock, name: 'bench', loops: false, ports: {}, rulesOf }
}

/** Runs every part once: memory and time of compiling belong to the installation, not to the running box. */
async function warmUp(cli: string, folder: string, stop: AbortSignal): Promise<void> {
  await using run = await openSiteRun(
    site(cli, folder, 'storm.yaml', () => []),
    stop,
  )
  await sleep(EVERY_MS, stop, processTimers)
  await run.gateway.stop()
}

async function measure(cli: string, folder: string, stop: AbortSignal): Promise<readonly Figure[] | null> {
  await using run = await openSiteRun(site(cli, folder, 'load.yaml', gustRules), stop)
  const feed: FeedMessage[] = []
  await using following = followFeed(run.client, feed)
  const window = await measureWindow(run, stop)
  if (stop.aborted) return null
  const stopped = await stopBetweenPolls(run, stop)
  await settle(run.client, feed)
  await following[Symbol.asyncDispose]()
  console.error('reconciling')
  const account = await accountOf({ run, feed, window, stopped, slackMs: SLACK_MS })
  await run.cloud.stop()
  console.error('the same frames on bare sockets')
  const rounds = MEASURE_MS / EVERY_MS
  const bare = await measureBare(run, { everyMs: EVERY_MS, warmUpRounds: WARM_UP_MS / EVERY_MS, rounds }, stop)
  const barePercent = (100 * bare.cpuSeconds) / bare.seconds
  return [
    atMost('gateway CPU', window.cpuPercent.gateway, '% of a core', 25),
    atMost('gateway RSS, peak', window.rssPeakMiB, 'MiB', 150),
    atMost('gateway RSS, end', window.rssEndMiB, 'MiB', 150),
    ...account,
    figure('cloud CPU', window.cpuPercent.cloud, '% of a core'),
    figure('simulator CPU', window.cpuPercent.simulator, '% of a core'),
    figure('bare sockets CPU', barePercent, '% of a core'),
    figure('gateway CPU / bare sockets CPU', window.cpuPercent.gateway / barePercent, '×'),
  ]
}

async function measureWindow({ gateway, cloud, simulator, urls }: SiteRun, stop: AbortSignal): Promise<Window> {
  console.error(`warming up for ${WARM_UP_MS / 1000} s`)
  await sleep(WARM_UP_MS, stop, processTimers)
  console.error(`measuring for ${MEASURE_MS / 1000} s`)
  await using tap = await openWireTap(urls.broker, stop)
  const parts = { gateway, cloud, simulator }
  const cpu = () => ({
    gateway: parts.gateway.cpuSeconds,
    cloud: parts.cloud.cpuSeconds,
    simulator: parts.simulator.cpuSeconds,
  })
  const [before, from, since] = [cpu(), Date.now(), performance.now()]
  await sleep(MEASURE_MS, stop, processTimers)
  const [after, to, seconds] = [cpu(), Date.now(), (performance.now() - since) / 1000]
  const percent = (part: keyof typeof parts) => (100 * (after[part] - before[part])) / seconds
  return {
    from,
    to,
    cpuPercent: { gateway: percent('gateway'), cloud: percent('cloud'), simulator: percent('simulator') },
    rssPeakMiB: gateway.rssMiB,
    rssEndMiB: gateway.rssNowMiB,
    wire: tap.count,
  }
}

/** Stops the gateway when no answer is under way. @returns machine time of the stop: what is served later is not for it */
async function stopBetweenPolls({ gateway }: SiteRun, stop: AbortSignal): Promise<number> {
  await sleep(EVERY_MS - (Date.now() % EVERY_MS) + EVERY_MS / 2, stop, processTimers)
  const stopped = Date.now()
  const code = await gateway.stop()
  if (code !== 0) throw new Error(`expected the gateway to end with 0, got ${code}`)
  return stopped
}
