import { rmSync } from 'node:fs'
import { processTimers, sleep } from '#devices/time'
import { STEP_MIN } from '#simulator'
import type { FeedMessage } from './cloud-client.ts'
import { DEMO_START, type DemoOptions, LEAD_MS, openDemo } from './demo-options.ts'
import { followFeed, settle } from './follow.ts'
import { untilLinked } from './linked.ts'
import type { Outage } from './outage.ts'
import type { SiteRun } from './site-run.ts'
import { type Summary, summarise } from './summary.ts'

const STORM_MINUTES = 660
/** Machine time for the last rows to arrive and be counted. */
const CLOSE_MS = 2000
/** Half a poll interval after the last step: no answer is under way when the site stops. */
const TAIL_SITE_MS = 150_000
/** Machine time between a device's answer and its row's observe time. */
const SLACK_MS = 900

/** A part that is ended without warning at a share of the storm, and started anew at once. */
export interface Kill {
  readonly part: 'gateway' | 'cloud'
  readonly share: number
}

export interface TimedOptions extends DemoOptions {
  readonly for: number
  readonly kills: readonly Kill[]
}

export interface TimedRun {
  readonly summary: Summary
  /** For a person: what is not as it should be. */
  readonly differences: readonly string[]
  readonly folder: string
}

/** A storm in a given time, then the account of it. The folder of a run that is not as it should be is kept. */
export async function runTimed(options: TimedOptions, stop: AbortSignal): Promise<TimedRun> {
  const begun = performance.now()
  const stormMs = Math.max(1000, options.for - LEAD_MS - CLOSE_MS)
  const speed = options.speed ?? Math.ceil((STORM_MINUTES * 60_000) / stormMs)
  const minutes = Math.min(STORM_MINUTES, Math.floor((stormMs * speed) / 300_000) * 5)
  const ports = { http: options.httpPort, mqtt: options.mqttPort, console: options.consolePort }
  await using demo = await openDemo(options, { speed, loops: false, ports }, stop)
  const { site, series, folder, clock } = demo
  if (!options.json) console.error(`The storm passes in ${Math.round(stormMs / 1000)} s. Pages: ${site.urls.http}`)

  const feed: FeedMessage[] = []
  await using following = followFeed(site.client, feed)
  const until = (minute: number, moreMs = 0) =>
    sleep(Math.max(0, clock.since + (minute * 60_000 + moreMs) / speed - Date.now()), stop, processTimers)
  const outages = await killParts(site, options.kills, (share) => until(share * minutes), stop)
  await until(minutes, TAIL_SITE_MS)
  if (options.kills.length > 0) {
    await untilLinked(site.urls.console, stop)
    const minute = ((Date.now() - clock.since) * speed) / 60_000
    await until(Math.floor(minute / STEP_MIN) * STEP_MIN + STEP_MIN, TAIL_SITE_MS)
  }
  const ended = Date.now()
  const codes = { gateway: await site.gateway.stop(), simulator: await site.simulator.stop() }
  await settle(site.client, feed)
  const rssMiB = { gateway: site.gateway.rssMiB, cloud: site.cloud.rssMiB, simulator: site.simulator.rssMiB }
  const { scenario, client, files } = site
  const account = { scenario, ledgerFile: files.ledger, journalFile: files.journal, client, feed, start: DEMO_START, minutes }
  const measured = { slackMs: SLACK_MS * speed, seconds: 0, rssMiB, isAsSeen: options.kills.length > 0, outages, ended }
  const { summary, differences } = await summarise({ ...account, ...measured })
  const audit = await client.audit()
  await following[Symbol.asyncDispose]()
  const faults = [...differences, ...endings({ ...codes, cloud: await site.cloud.stop() })]
  if (!audit.ok) faults.push('the audit finds gaps')
  if (stop.aborted) faults.push('the run was stopped before its end')
  const ok = summary.ok && faults.length === 0
  if (ok && options.data === undefined) {
    await series.discard()
    await series[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
  const seconds = Math.round((performance.now() - begun) / 100) / 10
  return { summary: { ...summary, ok, seconds }, differences: faults, folder }
}

/** @returns when the gateway was away */
async function killParts(
  site: SiteRun,
  kills: readonly Kill[],
  until: (share: number) => Promise<void>,
  stop: AbortSignal,
): Promise<Outage[]> {
  const outages: Outage[] = []
  for (const { part, share } of kills.toSorted((a, b) => a.share - b.share)) {
    await until(share)
    if (stop.aborted) break
    const outage = await site.restart(part)
    if (part === 'gateway') outages.push(outage)
  }
  return outages
}

function endings(codes: Readonly<Record<string, number | string>>): string[] {
  return Object.entries(codes).flatMap(([part, code]) => (code === 0 ? [] : [`expected the ${part} to end with 0, got ${code}`]))
}
