import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClockSetting } from '#devices'
import { SCENARIOS_FOLDER } from '#simulator'
import type { FeedMessage } from './cloud-client.ts'
import { type DemoSeriesOptions, openDemoSeries } from './demo-series.ts'
import { demoRules } from './demo-site.ts'
import { followFeed, settle } from './follow.ts'
import type { Outage } from './outage.ts'
import { openSiteRun, type SiteRun } from './site-run.ts'
import { type Summary, summarise } from './summary.ts'

export interface DemoOptions extends DemoSeriesOptions {
  /** Path of `cli.ts`. */
  readonly cli: string
  /** Milliseconds after which it ends by itself. */
  readonly for?: number
  readonly json?: boolean
  readonly speed?: number
  readonly httpPort?: number
  readonly mqttPort?: number
  readonly consolePort?: number
  readonly data?: string
}

/** Site time of the demo's beginning: a summer's morning in Shandong, at the hydrological day's start. */
const START = Date.parse('2026-07-01T08:00:00+08:00')
const STORM_MINUTES = 660
/** Machine time until everything listens; the storm begins then. */
const LEAD_MS = 3000
/** Machine time for the last rows to arrive and be counted. */
const CLOSE_MS = 2000
/** Half a poll interval after the last step: no answer is under way when the site stops. */
const TAIL_SITE_MS = 150_000
/** Machine time between a device's answer and its row's observe time. */
const SLACK_MS = 900
const LOOP_SPEED = 60
const STATUS_MS = 1000
const DEFAULT_PORTS = { http: 8080, mqtt: 1883, console: 8090 }

/** Kills during a timed run: at these shares of the storm. */
export interface Kill {
  readonly part: 'gateway' | 'cloud'
  readonly share: number
}

/** `sluice demo`. @returns the exit code */
export async function runDemo(options: DemoOptions, stop: AbortSignal): Promise<number> {
  if (options.for === undefined) return runForever(options, stop)
  const { summary, differences, folder } = await runTimed({ ...options, for: options.for, kills: [] }, stop)
  for (const difference of differences) console.error(difference)
  if (options.json) console.log(JSON.stringify(summary))
  else printSummary(summary)
  if (!summary.ok) console.error(`Logs and data: ${folder}`)
  return summary.ok ? 0 : 1
}

/** A storm in a given time, then the account of it. The folder of a run that is not as it should be is kept. */
export async function runTimed(
  options: DemoOptions & { readonly for: number; readonly kills: readonly Kill[] },
  stop: AbortSignal,
): Promise<{ readonly summary: Summary; readonly differences: readonly string[]; readonly folder: string }> {
  const begun = performance.now()
  const stormMs = Math.max(1000, options.for - LEAD_MS - CLOSE_MS)
  const speed = options.speed ?? Math.ceil((STORM_MINUTES * 60_000) / stormMs)
  const minutes = Math.min(STORM_MINUTES, Math.floor((stormMs * speed) / 300_000) * 5)
  const clock: ClockSetting = { start: START, speed, since: Date.now() + LEAD_MS }
  const wallOf = (siteMs: number) => clock.since + siteMs / speed
  const folder = folderOf(options)
  const ports = { http: options.httpPort, mqtt: options.mqttPort, console: options.consolePort }
  await using series = await openDemoSeries(options, folder)
  const site = await openSiteRun(
    {
      cli: options.cli,
      folder,
      scenario: join(SCENARIOS_FOLDER, 'storm.yaml'),
      clock,
      name: '林溪演示 Linxi demo',
      loops: false,
      ports,
      rulesOf: demoRules,
      series: series.setting,
    },
    stop,
  )
  await using _ = site
  if (!options.json) console.error(`The storm passes in ${Math.round(stormMs / 1000)} s. Pages: ${site.urls.http}`)

  const feed: FeedMessage[] = []
  await using following = followFeed(site.client, feed)
  const outages: Outage[] = []
  for (const { part, share } of options.kills.toSorted((a, b) => a.share - b.share)) {
    await sleepUntil(wallOf(share * minutes * 60_000), stop)
    const outage = await site.restart(part)
    if (part === 'gateway') outages.push(outage)
  }
  await sleepUntil(wallOf(minutes * 60_000 + TAIL_SITE_MS), stop)
  const ended = Date.now()
  const codes = [await site.gateway.stop(), await site.simulator.stop()]
  await settle(site.client, feed)
  const rssMiB = { gateway: site.gateway.rssMiB, cloud: site.cloud.rssMiB, simulator: site.simulator.rssMiB }
  const { summary, differences } = await summarise({
    scenario: site.scenario,
    ledgerFile: site.files.ledger,
    journalFile: site.files.journal,
    client: site.client,
    feed,
    start: START,
    minutes,
    slackMs: SLACK_MS * speed,
    seconds: 0,
    rssMiB,
    outages,
    ended,
  })
  const audit = await site.client.audit()
  await following[Symbol.asyncDispose]()
  codes.push(await site.cloud.stop())
  const ends = codes.some((code) => code !== 0)
    ? [`expected every part to end with 0, got ${codes.join(', ')} of gateway, simulator, cloud`]
    : []
  const all = [...differences, ...ends, ...(audit.ok ? [] : ['the audit finds gaps'])]
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  const ok = summary.ok && all.length === 0
  if (ok && options.data === undefined) {
    await series.discard()
    await series[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
  return { summary: { ...summary, ok, seconds }, differences: all, folder }
}

async function runForever(options: DemoOptions, stop: AbortSignal): Promise<number> {
  const speed = options.speed ?? LOOP_SPEED
  const clock: ClockSetting = { start: START, speed, since: Date.now() + LEAD_MS }
  const folder = folderOf(options)
  const ports = {
    http: options.httpPort ?? DEFAULT_PORTS.http,
    mqtt: options.mqttPort ?? DEFAULT_PORTS.mqtt,
    console: options.consolePort ?? DEFAULT_PORTS.console,
  }
  {
    await using series = await openDemoSeries(options, folder)
    const site = await openSiteRun(
      {
        cli: options.cli,
        folder,
        scenario: join(SCENARIOS_FOLDER, 'storm.yaml'),
        clock,
        name: '林溪演示 Linxi demo',
        loops: true,
        ports,
        rulesOf: demoRules,
        series: series.setting,
      },
      stop,
    )
    await using _ = site
    console.log(
      `Pages and API   ${site.urls.http}\nBroker          ${site.urls.broker}\nGateway console ${site.urls.console}/status\nData and logs   ${folder}\nSite time runs ${speed} times as fast; the storm of 11 hours repeats. Ctrl-C ends it.`,
    )
    while (!stop.aborted) {
      await sleepUntil(Date.now() + STATUS_MS, stop)
      await tellStatus(site, clock)
    }
    if (process.stderr.isTTY) process.stderr.write('\n')
    if (options.data === undefined) await series.discard().catch((error: Error) => console.error(error.message))
  }
  if (options.data === undefined) rmSync(folder, { recursive: true, force: true })
  return 0
}

/** One line that is written over: what a person wants to see move. */
async function tellStatus(site: SiteRun, clock: ClockSetting): Promise<void> {
  if (!process.stderr.isTTY) return
  const status = await fetch(`${site.urls.console}/status`)
    .then(
      (response) =>
        response.json() as Promise<{
          journal: { lanes: Record<string, { issued: number; waiting: number }> }
          uplink: { isConnected: boolean }
        }>,
    )
    .catch(() => null)
  const alerts = await site.client.alerts().catch(() => [])
  const now = new Date(clock.start + (Date.now() - clock.since) * clock.speed).toISOString().slice(0, 16)
  const { reading } = status?.journal.lanes ?? {}
  const open = alerts.filter(({ state }) => state === 'open').length
  process.stderr.write(
    `\r${now}Z  readings ${reading?.issued ?? '-'}, waiting ${reading?.waiting ?? '-'}  link ${status?.uplink.isConnected ? 'up' : 'down'}  open alerts ${open}  gateway ${site.gateway.rssMiB} MiB   `,
  )
}

function folderOf({ data }: DemoOptions): string {
  if (data === undefined) return mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  const folder = resolve(data)
  mkdirSync(folder, { recursive: true })
  return folder
}

async function sleepUntil(wall: number, stop: AbortSignal): Promise<void> {
  await sleep(Math.max(0, wall - Date.now()), null, { signal: stop }).catch(() => {})
}

function printSummary({ ok, seconds, readings, events, alerts, latencyMs, rssMiB }: Summary): void {
  console.table({ readings, events })
  console.table({ alerts })
  console.table(latencyMs)
  console.table({ rssMiB })
  console.log(`${ok ? 'Everything is as it should be' : 'NOT as it should be'}, after ${seconds} s.`)
}
