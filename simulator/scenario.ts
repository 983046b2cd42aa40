import { fileURLToPath } from 'node:url'
import { type Catalogue, type ClockSetting, DocumentError, type ModbusEntry, modbusEntry, readYaml } from '#devices'
import type { PointCurve, StormCurve } from './curve.ts'
import type { FaultSpan } from './fault.ts'
import { scenarioFaults } from './scenario-faults.ts'
import { lineOf, numberedId, ScenarioFile, type StationEntry } from './scenario-file.ts'
import { type SerialSettings, serialSettings } from './serial-settings.ts'

/** A device to be simulated. */
export interface ScenarioDevice {
  readonly id: string
  readonly profile: ModbusEntry
  readonly unit: number
  /** Devices of the same line share a TCP port, or a serial line; counted from 0 in the order of the file. */
  readonly line: number
  /** Null: its line is a TCP port. */
  readonly serial: SerialSettings | null
  readonly points: Readonly<Record<string, PointCurve>>
}

export interface ScenarioStation {
  readonly id: string
  readonly name: { readonly zh: string; readonly en: string }
  readonly curve: StormCurve | null
  readonly devices: readonly ScenarioDevice[]
}

/** A checked scenario with its copies made. */
export interface Scenario {
  readonly title: string
  readonly seed: number
  readonly clock: { readonly start: number; readonly speed: number } | null
  readonly stations: readonly ScenarioStation[]
  readonly faults: readonly FaultSpan[]
}

/** The folder of the scenarios that come with the project. */
export const SCENARIOS_FOLDER = fileURLToPath(new URL('./scenarios/', import.meta.url))

/** Reads a scenario and checks it whole. @throws DocumentError with file, line and column of each fault. */
export function readScenario(file: string, catalogue: Catalogue): Scenario {
  const document = readYaml(file, ScenarioFile)
  const { title, seed, clock, stations, faults } = document.value
  const wrong = scenarioFaults(document, catalogue)
  if (wrong.length > 0) throw new DocumentError(wrong)
  const lines = new Map<string, number>()
  return {
    title,
    seed,
    clock: clock ? { start: Date.parse(clock.start), speed: clock.speed } : null,
    stations: stations.flatMap((station) =>
      Array.from({ length: station.count }, (_, copy) => copyOf(station, copy, lines, catalogue)),
    ),
    faults,
  }
}

/** The site clock of a scenario that begins now. `wall`: machine time, epoch ms. */
export function scenarioClock({ clock }: Pick<Scenario, 'clock'>, wall: number): ClockSetting {
  return { start: clock?.start ?? wall, since: wall, speed: clock?.speed ?? 1 }
}

function copyOf(station: StationEntry, copy: number, lines: Map<string, number>, catalogue: Catalogue): ScenarioStation {
  const id = numberedId(station.id, copy)
  const devices = station.devices.flatMap((device): ScenarioDevice[] => {
    const { id: deviceId, profile: name, unit, serial, points = {} } = device
    const key = lineOf(device, id)
    const line = lines.get(key) ?? lines.size
    lines.set(key, line)
    const profile = modbusEntry(catalogue, name)
    const spread = Object.entries(points).map(([point, curve]) => [point, spreadOf(curve, copy / station.count)] as const)
    const settings = serial && profile ? serialSettings(profile.profile, serial.paced) : null
    return profile
      ? [{ id: numberedId(deviceId, copy), profile, unit, line, serial: settings, points: Object.fromEntries(spread) }]
      : []
  })
  return { id, name: station.name ?? { zh: id, en: id }, curve: station.curve ?? null, devices }
}

/** Copies must not all say the same at the same time. */
function spreadOf(curve: PointCurve, share: number): PointCurve {
  return curve.kind === 'sine' ? { ...curve, phase: (curve.phase + share) % 1 } : curve
}
