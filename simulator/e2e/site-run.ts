import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SeriesSetting } from '#cloud/store'
import { type ClockSetting, formatClock, loadCatalogue } from '#devices'
import { type DeviceAddress, readScenario, type Scenario } from '#simulator'
import { CloudClient } from './cloud-client.ts'
import { writeCloudFile, writeGatewayFile } from './demo-site.ts'
import type { Outage } from './outage.ts'
import { SluiceProcess } from './process.ts'

export interface SiteRunOptions {
  /** Path of `cli.ts`. */
  readonly cli: string
  /** For configuration, data, ledger and logs. */
  readonly folder: string
  /** A scenario file. */
  readonly scenario: string
  readonly clock: ClockSetting
  readonly name: string
  readonly loops: boolean
  /** Absent: any free one. */
  readonly ports: {
    readonly http?: number | undefined
    readonly mqtt?: number | undefined
    readonly console?: number | undefined
  }
  /** The rules of a station, judged at both ends. */
  readonly rulesOf: (station: string) => readonly Record<string, unknown>[]
  /** Where measurements are kept; default embedded. */
  readonly series?: SeriesSetting
}

/** A whole site in processes of their own: simulated devices, cloud and gateway, over real sockets and files. */
export interface SiteRun extends AsyncDisposable {
  readonly scenario: Scenario
  /** Where the devices answer. */
  readonly addresses: readonly DeviceAddress[]
  readonly client: CloudClient
  readonly simulator: SluiceProcess
  readonly cloud: SluiceProcess
  readonly gateway: SluiceProcess
  readonly urls: { readonly http: string; readonly broker: string; readonly console: string }
  readonly files: { readonly ledger: string; readonly cloud: string; readonly gateway: string; readonly journal: string }
  /** Ends a part without warning and starts it anew on the same ports. */
  restart(part: 'gateway' | 'cloud'): Promise<Outage>
}

/** Starts simulator and cloud side by side, then the gateway. @throws SluiceProcessError */
export async function openSiteRun(options: SiteRunOptions, stop: AbortSignal): Promise<SiteRun> {
  const { cli, folder, ports } = options
  mkdirSync(folder, { recursive: true })
  const scenario = readScenario(options.scenario, loadCatalogue())
  const clock = ['--clock', formatClock(options.clock)]
  const rules = scenario.stations.flatMap(({ id }) => options.rulesOf(id))
  const ledger = join(folder, 'ledger.jsonl')
  const cloudFile = writeCloudFile(folder, { name: options.name, loops: options.loops, rules, series: options.series })

  await using parts = new AsyncDisposableStack()
  const part = (name: string, args: readonly string[]) => parts.use(new SluiceProcess(name, { cli, folder, args }))
  const simulator = part('simulator', ['simulate', options.scenario, '--ledger', ledger, ...clock])
  const cloud = part('cloud', ['cloud', '--config', cloudFile, ...clock])
  const [{ addresses }, started] = await Promise.all([
    simulator.start<{ addresses: DeviceAddress[] }>(stop),
    cloud.start<{ broker: string; http: string }>(stop, [
      '--http-port',
      String(ports.http ?? 0),
      '--mqtt-port',
      String(ports.mqtt ?? 0),
    ]),
  ])
  const gatewayFile = writeGatewayFile(folder, { scenario, addresses, broker: started.broker, rules })
  const gateway = part('gateway', ['gateway', '--config', gatewayFile, ...clock])
  const { console } = await gateway.start<{ console: string }>(stop, ['--console-port', String(ports.console ?? 0)])

  const samePorts = {
    cloud: ['--http-port', new URL(started.http).port, '--mqtt-port', new URL(started.broker).port],
    gateway: ['--console-port', new URL(console).port],
  }
  const opened = parts.move()
  return {
    scenario,
    addresses,
    client: new CloudClient(started.http),
    simulator,
    cloud,
    gateway,
    urls: { http: started.http, broker: started.broker, console },
    files: { ledger, cloud: cloudFile, gateway: gatewayFile, journal: join(folder, 'gateway', 'journal.db') },
    async restart(name) {
      const restarted = name === 'cloud' ? cloud : gateway
      const from = Date.now()
      await restarted.kill()
      const to = Date.now()
      await restarted.start(stop, samePorts[name])
      return { from, to }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
