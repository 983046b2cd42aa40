import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ClockSetting } from '#devices'
import { SCENARIOS_FOLDER } from '#simulator'
import { type DemoSeries, type DemoSeriesOptions, openDemoSeries } from './demo-series.ts'
import { demoRules } from './demo-site.ts'
import { openSiteRun, type SiteRun, type SiteRunOptions } from './site-run.ts'

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
  /** Where everything is kept; without it in a folder that goes with the run. */
  readonly data?: string
}

/** Site time of the demo's beginning: a summer's morning in Shandong, at the hydrological day's start. */
export const DEMO_START = Date.parse('2026-07-01T08:00:00+08:00')
/** Machine time until everything listens; the storm begins then. */
export const LEAD_MS = 3000

/** The demo's site, and where its measurements are kept. */
export interface DemoSite extends AsyncDisposable {
  readonly site: SiteRun
  readonly series: DemoSeries
  readonly folder: string
  readonly clock: ClockSetting
}

/** Opens the demo's storm at the given speed. @throws SluiceProcessError, and what the series store's start throws */
export async function openDemo(
  options: DemoOptions,
  { speed, loops, ports }: { readonly speed: number } & Pick<SiteRunOptions, 'loops' | 'ports'>,
  stop: AbortSignal,
): Promise<DemoSite> {
  const clock: ClockSetting = { start: DEMO_START, speed, since: Date.now() + LEAD_MS }
  const folder = folderOf(options)
  await using parts = new AsyncDisposableStack()
  const series = parts.use(await openDemoSeries(options, folder))
  const scenario = join(SCENARIOS_FOLDER, 'storm.yaml')
  const names = { name: '林溪演示 Linxi demo', loops, ports, rulesOf: demoRules, series: series.setting }
  const site = parts.use(await openSiteRun({ cli: options.cli, folder, scenario, clock, ...names }, stop))
  const opened = parts.move()
  return { site, series, folder, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

function folderOf({ data }: DemoOptions): string {
  if (data === undefined) return mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  const folder = resolve(data)
  mkdirSync(folder, { recursive: true })
  return folder
}
