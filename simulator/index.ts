/** The same site without hardware: devices that speak real bytes over real ports, and what a run of them must bring about. */

export { PointCurve, riverOf, StormCurve } from './curve.ts'
export { DELAY_MAX_MS, type Fault, FaultSpan } from './fault.ts'
export { type Ledger, type LedgerLine, openLedger, readLedger, type ServedPoint, type ServedTrouble } from './ledger.ts'
export { openPty, type Pty } from './pty.ts'
export { seededRandom } from './random.ts'
export { type ReadyFile, writeReadyFile } from './ready-file.ts'
export {
  readScenario,
  SCENARIOS_FOLDER,
  type Scenario,
  type ScenarioDevice,
  type ScenarioStation,
  scenarioClock,
} from './scenario.ts'
export { ScenarioFile } from './scenario-file.ts'
export { type DeviceAddress, openSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'
export { SimulatorError, type SimulatorErrorCode } from './simulator-error.ts'
export type { LinkTarget } from './sl651-link.ts'
export {
  type Outcome,
  SimulatedStation,
  type SimulatedStationOptions,
  STATION_TRIES_MAX,
  type StationFault,
} from './sl651-station.ts'
export { type River, type StormOptions, stormRiver } from './water/river.ts'
export { STEP_MIN } from './water/storm.ts'
export { type AlertChange, type AlertGrade, expectedAlerts, type Sighting, type Sightings } from './water/truth.ts'
