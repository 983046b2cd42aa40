import {
  type Catalogue,
  type Document,
  type DocumentFault,
  durationMs,
  encodePoint,
  type ModbusProfile,
  modbusEntry,
} from '#devices'
import { curveExtremes, type PointCurve, riverOf } from './curve.ts'
import { DELAY_MAX_MS } from './fault.ts'
import { countOf } from './register-image.ts'
import { type DeviceEntry, lineOf, numberedId, type ScenarioFile } from './scenario-file.ts'
import { serialSettings } from './serial-settings.ts'

type Path = readonly (string | number)[]
type Tell = (path: Path, message: string) => void

/** What the schema of a scenario cannot say. */
export function scenarioFaults(document: Document<ScenarioFile>, catalogue: Catalogue): DocumentFault[] {
  const { stations, clock } = document.value
  const faults: DocumentFault[] = []
  const tell: Tell = (path, message) => {
    faults.push(document.fault(path, message))
  }
  if (clock && Number.isNaN(Date.parse(clock.start))) tell(['clock', 'start'], `expected a time, got ${clock.start}`)
  for (const [index, station] of stations.entries()) {
    const { curve, devices } = station
    const problem = curve && problemOf(() => riverOf(curve))
    if (problem) tell(['stations', index, 'curve', 'repeat'], problem)
    for (const [deviceIndex, device] of devices.entries())
      tellDevice(device, ['stations', index, 'devices', deviceIndex], catalogue, tell)
  }
  tellNames(document.value, tell)
  tellLines(document.value, catalogue, tell)
  return faults
}

function tellDevice(
  { profile: name, port, serial, points = {} }: DeviceEntry,
  path: Path,
  catalogue: Catalogue,
  tell: Tell,
): void {
  if (port !== undefined && serial) tell([...path, 'serial'], 'expected a TCP port or a serial line, got both')
  const profile = catalogue.get(name)?.profile
  if (profile === undefined) tell([...path, 'profile'], `expected a profile of the catalogue, got ${name}`)
  else if (!('modbus' in profile)) tell([...path, 'profile'], `expected a profile that is read by Modbus, got ${name}`)
  else tellPoints(profile, points, [...path, 'points'], tell)
}

function tellPoints(profile: ModbusProfile, points: Readonly<Record<string, PointCurve>>, path: Path, tell: Tell): void {
  for (const [pointName, curve] of Object.entries(points)) {
    const point = profile.modbus.points[pointName]
    const pointPath = [...path, pointName]
    if (point === undefined) {
      tell(pointPath, `expected a point of the profile, got an unknown one`)
      continue
    }
    for (const value of curveExtremes(curve)) {
      const problem = problemOf(() => encodePoint(point, countOf(point, value)))
      if (problem) tell(pointPath, `expected values that its registers hold, got ${value}: ${problem}`)
    }
  }
}

function problemOf(attempt: () => unknown): string | null {
  try {
    attempt()
    return null
  } catch (error) {
    if (error instanceof Error) return error.message
    throw error
  }
}

/** Ids twice, units twice on one line, faults of devices that are not there or beyond what a fault may be. */
function tellNames({ stations, faults }: ScenarioFile, tell: Tell): void {
  const seen = new Set<string>()
  const tellOnce = (key: string, path: Path, message: string): void => {
    if (seen.has(key)) tell(path, message)
    seen.add(key)
  }
  for (const [index, station] of stations.entries()) {
    for (let copy = 0; copy < station.count; copy++) {
      const id = numberedId(station.id, copy)
      tellOnce(`station ${id}`, ['stations', index, 'id'], `expected each station id once, got ${id} again`)
      for (const [deviceIndex, device] of station.devices.entries()) {
        const path = ['stations', index, 'devices', deviceIndex]
        const deviceId = numberedId(device.id, copy)
        tellOnce(`device ${deviceId}`, [...path, 'id'], `expected each device id once, got ${deviceId} again`)
        const line = lineOf(device, id)
        tellOnce(`${line} ${device.unit}`, [...path, 'unit'], `expected each unit once on ${line}, got ${device.unit} again`)
      }
    }
  }
  for (const [index, fault] of faults.entries()) {
    const { device } = fault
    if (fault.kind === 'delay' && durationMs(fault.delay) > DELAY_MAX_MS)
      tell(['faults', index, 'delay'], `expected at most ${DELAY_MAX_MS / 1000}s, got ${fault.delay}`)
    if (!seen.has(`device ${device}`)) tell(['faults', index, 'device'], `expected the id of a device above, got ${device}`)
  }
}

/** A serial line has one speed, which all its devices must be set to. */
function tellLines({ stations }: ScenarioFile, catalogue: Catalogue, tell: Tell): void {
  const settings = new Map<string, string>()
  for (const [index, station] of stations.entries()) {
    for (const [deviceIndex, device] of station.devices.entries()) {
      const profile = modbusEntry(catalogue, device.profile)?.profile
      if (device.serial === undefined || profile === undefined) continue
      const { baud, parity, stopBits, paced } = serialSettings(profile, device.serial.paced)
      const words = `${baud} baud, parity ${parity}, ${stopBits} stop bits${paced ? ', paced' : ''}`
      // The copies of a station have their lines alike.
      const line = lineOf(device, station.id)
      const first = settings.get(line) ?? words
      settings.set(line, first)
      if (first !== words)
        tell(['stations', index, 'devices', deviceIndex, 'serial'], `expected ${first} as before on ${line}, got ${words}`)
    }
  }
}
