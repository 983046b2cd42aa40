import { rmSync } from 'node:fs'
import type { ClockSetting } from '#devices'
import { processTimers, sleep } from '#devices/time'
import { type DemoOptions, openDemo } from './demo-options.ts'
import type { SiteRun } from './site-run.ts'
import type { Summary } from './summary.ts'
import { runTimed } from './timed-run.ts'

const LOOP_SPEED = 60
const STATUS_MS = 1000
const DEFAULT_PORTS = { http: 8080, mqtt: 1883, console: 8090 }

/** `sluice demo`. @returns the exit code */
export async function runDemo(options: DemoOptions, stop: AbortSignal): Promise<number> {
  if (options.for === undefined) return runForever(options, stop)
  const { summary: found, differences, folder } = await runTimed({ ...options, for: options.for, kills: [] }, stop)
  for (const difference of differences) console.error(difference)
  // Nothing expected and nothing raised proves nothing.
  const summary = { ...found, ok: found.ok && found.alerts.expected > 0 }
  if (found.alerts.expected === 0) console.error('expected a run in which alerts are due, got none: let it run longer, or faster')
  if (options.json) console.log(JSON.stringify(summary))
  else printSummary(summary)
  if (!summary.ok) console.error(`Logs and data: ${folder}`)
  return summary.ok ? 0 : 1
}

async function runForever(options: DemoOptions, stop: AbortSignal): Promise<number> {
  const speed = options.speed ?? LOOP_SPEED
  const { httpPort: http, mqttPort: mqtt, consolePort } = options
  const ports = {
    http: http ?? DEFAULT_PORTS.http,
    mqtt: mqtt ?? DEFAULT_PORTS.mqtt,
    console: consolePort ?? DEFAULT_PORTS.console,
  }
  let data: string
  {
    await using demo = await openDemo(options, { speed, loops: true, ports }, stop)
    const { site, series, folder, clock } = demo
    data = folder
    console.log(`Pages and API   ${site.urls.http}
Broker          ${site.urls.broker}
Gateway console ${site.urls.console}/status
Data and logs   ${folder}
Site time runs ${speed} times as fast; the storm of 11 hours repeats. Ctrl-C ends it.`)
    while (!stop.aborted) {
      await sleep(STATUS_MS, stop, processTimers)
      await tellStatus(site, clock)
    }
    if (process.stderr.isTTY) process.stderr.write('\n')
    if (options.data === undefined) await series.discard().catch((error: Error) => console.error(error.message))
  }
  if (options.data === undefined) rmSync(data, { recursive: true, force: true })
  return 0
}

/** What the line that moves takes from the gateway's status. */
interface StatusView {
  readonly journal: { readonly lanes: Readonly<Record<string, { readonly issued: number; readonly waiting: number }>> }
  readonly uplink: { readonly isConnected: boolean }
}

/** One line that is written over: what a person wants to see move. */
async function tellStatus(site: SiteRun, { start, since, speed }: ClockSetting): Promise<void> {
  if (!process.stderr.isTTY) return
  const status = await fetch(`${site.urls.console}/status`)
    .then((response) => response.json() as Promise<StatusView>)
    .catch(() => null)
  const alerts = await site.client.alerts().catch(() => [])
  const now = new Date(start + (Date.now() - since) * speed).toISOString().slice(0, 16)
  const { reading } = status?.journal.lanes ?? {}
  const open = alerts.filter(({ state }) => state === 'open').length
  const link = status?.uplink.isConnected ? 'up' : 'down'
  const parts = [`readings ${reading?.issued ?? '-'}, waiting ${reading?.waiting ?? '-'}`, `link ${link}`, `open alerts ${open}`]
  process.stderr.write(`\r${now}Z  ${parts.join('  ')}  gateway ${site.gateway.rssMiB} MiB   `)
}

function printSummary({ ok, seconds, readings, events, alerts, latencyMs, rssMiB }: Summary): void {
  console.table({ readings, events })
  console.table({ alerts })
  console.table(latencyMs)
  console.table({ rssMiB })
  console.log(`${ok ? 'Everything is as it should be' : 'NOT as it should be'}, after ${seconds} s.`)
}
