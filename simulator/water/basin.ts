import { STEP_MIN } from './storm.ts'

/** What turns rain into a river's level. The numbers of the demonstration's Linxi basin are `LINXI`. */
export interface Basin {
  readonly areaKm2: number
  /** From the start of a unit of runoff to its peak. */
  readonly peakHours: number
  /** SCS curve number, 1..100: higher means wetter or harder ground. */
  readonly curveNumber: number
  readonly baseFlowM3s: number
}

export const LINXI: Basin = { areaKm2: 180, peakHours: 3, curveNumber: 78, baseFlowM3s: 8 }

/** The triangular unit hydrograph ends at 2.67 times its peak time (SCS). */
const BASE_RATIO = 2.67
/** m³/s of 1 mm from 1 km² peaking after 1 h, by the SCS triangle. */
const PEAK_FACTOR = 0.208

/** Runoff of each step in mm from the unquantised rain of each step in mm, by the SCS method with initial loss 0.2 S. */
export function runoffOf(rain: readonly number[], curveNumber: number): number[] {
  const storage = 25_400 / curveNumber - 254
  let fallen = 0
  let before = 0
  return rain.map((step) => {
    fallen += step
    const excess = Math.max(0, fallen - 0.2 * storage)
    const runoff = excess === 0 ? 0 : excess ** 2 / (fallen + 0.8 * storage)
    const rise = runoff - before
    before = runoff
    return rise
  })
}

/** m³/s at so many minutes after 1 mm began to run off. */
export function unitFlow({ areaKm2, peakHours }: Pick<Basin, 'areaKm2' | 'peakHours'>, minute: number): number {
  const peakMin = peakHours * 60
  const endMin = BASE_RATIO * peakMin
  if (minute <= 0 || minute >= endMin) return 0
  const peakM3s = (PEAK_FACTOR * areaKm2) / peakHours
  return minute <= peakMin ? (peakM3s * minute) / peakMin : (peakM3s * (endMin - minute)) / (endMin - peakMin)
}

/** Flow in m³/s above base flow at a minute; the unit hydrograph runs from the START of each step of runoff. */
export function directFlow(basin: Basin, runoff: readonly number[], minute: number): number {
  return runoff.reduce((flow, mm, step) => flow + mm * unitFlow(basin, minute - step * STEP_MIN), 0)
}

/** Minutes after the storm's start at which all of its runoff has passed. */
export function directFlowEndMin(basin: Basin, steps: number): number {
  return (steps - 1) * STEP_MIN + BASE_RATIO * basin.peakHours * 60
}

/** The bed of the gauging section, and the flow at 1 m above it. */
const BED_CM = 3000
const FLOW_AT_1M_M3S = 30
const EXPONENT = 1.6
/** The section is taken as a rectangle so wide. */
const WIDTH_M = 40

/** The rating Z = 30 + (Q/30)^(1/1.6), in whole cm. */
export function levelCmOf(flowM3s: number): number {
  return BED_CM + Math.round(100 * depthM(flowM3s))
}

/** Mean velocity in m/s: the rating's flow through its section. */
export function velocityOf(flowM3s: number): number {
  return flowM3s <= 0 ? 0 : flowM3s / (WIDTH_M * depthM(flowM3s))
}

function depthM(flowM3s: number): number {
  return (flowM3s / FLOW_AT_1M_M3S) ** (1 / EXPONENT)
}
