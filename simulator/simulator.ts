import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { curveSignal, riverOf, type Signal, stormSignal } from './curve.ts'
import { DeviceFaults, type Fault } from './fault.ts'
import type { Ledger } from './ledger.ts'
import { openModbusSlave } from './modbus-slave.ts'
import { seededRandom, seedOf } from './random.ts'
import { buildImage } from './register-image.ts'
import type { Scenario, ScenarioDevice, ScenarioStation } from './scenario.ts'
import type { SerialSettings } from './serial-settings.ts'
import { openSerialSlave } from './serial-slave.ts'
import { SimulatedDevice } from './simulated-device.ts'
import type { River } from './water/river.ts'

export interface SimulatorOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Site time at which the scenario, and so its storm, begins; the start of the clock's setting. Epoch ms. */
  readonly start: number
  readonly ledger: Ledger
  /** Default 127.0.0.1. */
  readonly host?: string
  /** The scenario's lines listen on this port and the ones after it, serial ones leaving theirs out; absent: on any that are free. */
  readonly portBase?: number
  readonly log?: Pick<Logger, 'info'>
  /** Machine time, epoch ms; default `Date.now`. */
  readonly wall?: () => number
}

/** Where a device answers. */
export interface DeviceAddress {
  readonly device: string
  /** `tcp://127.0.0.1:15020` or `serial:///dev/pts/5?baud=9600&parity=none&stopBits=1` */
  readonly url: string
  readonly unit: number
}

export interface Simulator extends AsyncDisposable {
  /** In the order of the scenario. */
  readonly addresses: readonly DeviceAddress[]
  /** Gives a device a fault beside those of the scenario, or takes it away. @throws RangeError for an unknown device, or a fault out of its limits. */
  setFault(device: string, fault: Fault | null): void
}

/**
 * Opens every port of a scenario. Its devices answer with what they would say at the site time of each request, until disposal.
 * @throws SimulatorError `port`; what was opened before it is closed again.
 */
export async function openSimulator(scenario: Scenario, options: SimulatorOptions, stop: AbortSignal): Promise<Simulator> {
  const { host = '127.0.0.1', portBase, log, wall = Date.now } = options
  const faults = new Map<string, DeviceFaults>()
  const lines: { readonly serial: SerialSettings | null; readonly units: Map<number, SimulatedDevice> }[] = []
  for (const station of scenario.stations) {
    const river = station.curve && riverOf(station.curve)
    for (const device of station.devices) {
      const deviceFaults = new DeviceFaults(
        scenario.faults.filter((span) => span.device === device.id),
        seededRandom(seedOf(scenario.seed, device.id)),
      )
      faults.set(device.id, deviceFaults)
      const line = lines[device.line] ?? { serial: device.serial, units: new Map() }
      lines[device.line] = line
      line.units.set(device.unit, buildDevice(device, river, deviceFaults, { ...options, wall }))
    }
  }

  await using opening = new AsyncDisposableStack()
  const urls: string[] = []
  const name = host.includes(':') ? `[${host}]` : host
  for (const [line, { serial, units }] of lines.entries()) {
    stop.throwIfAborted()
    if (serial) urls.push(opening.use(openSerialSlave({ settings: serial, units, wall })).url)
    else {
      const port = portBase === undefined ? 0 : portBase + line
      const slave = opening.use(await openModbusSlave({ host, port, units, wall }, stop))
      urls.push(`tcp://${name}:${slave.port}`)
    }
  }
  const addresses = addressesOf(scenario.stations, urls)
  log?.info({ host, lines: urls.length, devices: addresses.length, scenario: scenario.title }, 'simulated devices answer')
  const opened = opening.move()
  return {
    addresses,
    setFault(device, fault) {
      const known = faults.get(device)
      if (known === undefined) throw new RangeError(`expected a device of the scenario, got ${device}`)
      known.switch(fault)
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

function buildDevice(
  { id, profile: { profile }, points }: ScenarioDevice,
  river: River | null,
  faults: DeviceFaults,
  { ledger, clock, start, wall }: SimulatorOptions & { wall: () => number },
): SimulatedDevice {
  const signals = new Map<string, Signal>()
  for (const name of Object.keys(profile.modbus.points)) {
    const curve = points[name]
    const example = profile.examples.find(({ readings }) => name in readings)?.readings[name] ?? null
    signals.set(name, curve ? curveSignal(curve) : ((river && stormSignal(river, name)) ?? (() => example)))
  }
  const { block } = profile.modbus.defaults
  return new SimulatedDevice({
    id,
    image: buildImage(profile, signals),
    blockMax: block,
    faults,
    ledger,
    now: () => clock.now(),
    start,
    wall,
  })
}

function addressesOf(stations: readonly ScenarioStation[], urls: readonly string[]): DeviceAddress[] {
  return stations.flatMap(({ devices }) => devices.map(({ id, unit, line }) => ({ device: id, url: urls[line] ?? '', unit })))
}
