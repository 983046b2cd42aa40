import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { SeriesSetting } from '#cloud/store'
import type { DeviceAddress, Scenario } from '#simulator'

/** Id of the demo's gateway. */
export const DEMO_GATEWAY = 'demo-01'

const common = { validFrom: '2026-01-01', approver: 'demo', edge: true }

/**
 * The rules of the demo's station: the rainstorm signal and the flood grades of GB/T 28592 and SL 758, and a flash-flood table as counties
 * keep them; the limits are the worked example's, not a real village's.
 */
export function demoRules(station: string): Record<string, unknown>[] {
  const rain = { kind: 'rain-window', device: `${station}-R`, point: 'rain_total', ...common }
  const any = (...windows: [string, number][]) => windows.map(([window, sum]) => ({ window, sum }))
  return [
    {
      ...rain,
      id: 'rainstorm',
      family: 'rainstorm',
      title: { zh: '暴雨', en: 'Rainstorm' },
      grades: {
        blue: { any: any(['12h', 50]) },
        yellow: { any: any(['6h', 50]) },
        orange: { any: any(['3h', 50]) },
        red: { any: any(['3h', 100]) },
      },
    },
    {
      ...rain,
      id: 'flash-flood',
      family: 'flash-flood',
      title: { zh: '山洪灾害', en: 'Flash flood' },
      grades: {
        yellow: { action: 'prepare', any: any(['1h', 30], ['3h', 50]) },
        red: { action: 'move', any: any(['1h', 50], ['3h', 80]) },
      },
    },
    {
      id: 'level',
      family: 'level',
      kind: 'threshold',
      title: { zh: '河道水位', en: 'River level' },
      device: `${station}-Z`,
      point: 'level',
      ...common,
      hysteresis: 0.1,
      grades: { blue: { value: 33 }, yellow: { value: 33.5 }, orange: { value: 35.5 }, red: { value: 36.9 } },
    },
  ]
}

/** What people call a device of a kind. */
const KINDS: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  'rain-gauge': { zh: '雨量计', en: 'rain gauge' },
  'level-sensor': { zh: '水位计', en: 'level sensor' },
}

/** Writes `cloud.yaml` into the folder. @returns its path */
export function writeCloudFile(
  folder: string,
  site: {
    readonly name: string
    readonly loops: boolean
    readonly rules: readonly unknown[]
    readonly series?: SeriesSetting | undefined
  },
): string {
  const file = join(folder, 'cloud.yaml')
  const { name, loops, rules, series = { kind: 'embedded' } } = site
  writeFileSync(file, stringify({ name, data: './cloud', series, demo: { loops }, rules }))
  return file
}

/** Writes `gateway.yaml` for the scenario's devices where the simulator serves them. @returns its path */
export function writeGatewayFile(
  folder: string,
  {
    scenario,
    addresses,
    broker,
    rules,
  }: {
    readonly scenario: Scenario
    readonly addresses: readonly DeviceAddress[]
    readonly broker: string
    readonly rules: readonly unknown[]
  },
): string {
  const file = join(folder, 'gateway.yaml')
  const stations = scenario.stations.map(({ id, name }) => ({ id, name }))
  const devices = scenario.stations.flatMap((station) =>
    station.devices.map(({ id, profile, unit }) => {
      const line = addresses.find(({ device }) => device === id)?.url
      const kind = KINDS[profile.profile.kind] ?? { zh: profile.name, en: profile.name }
      const name = { zh: `${station.name.zh}${kind.zh}`, en: `${station.name.en} ${kind.en}` }
      return { id, name, station: station.id, profile: profile.name, unit, line }
    }),
  )
  // Copies of a station share their name's object, which is no reason to write aliases.
  const options = { aliasDuplicateObjects: false }
  writeFileSync(file, stringify({ gateway: DEMO_GATEWAY, data: './gateway', broker, stations, devices, rules }, options))
  return file
}
