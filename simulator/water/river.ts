import { type Basin, directFlow, directFlowEndMin, LINXI, levelCmOf, runoffOf, velocityOf } from './basin.ts'
import { STEP_MIN, STORM_STEPS, stormRain, tipsOf } from './storm.ts'

export interface StormOptions {
  /** Rain of one storm in mm. */
  readonly depthMm: number
  /** One tip of the gauge in mm; default 0.5. */
  readonly tipMm?: number
  /** The storm begins again every so many minutes: whole steps, at least the storm's length. Absent: one storm only. */
  readonly repeatMin?: number
  readonly basin?: Basin
}

/**
 * What the instruments at one section see of a storm that begins at minute 0. Everything stands still within a step of five minutes and
 * changes at its end; before minute 0 all is as at 0. It goes on for ever: after the last storm the river falls to its base flow.
 */
export interface River {
  readonly tipMm: number
  /** Tips from minute 0 to this minute. */
  tips(minute: number): number
  flowM3s(minute: number): number
  levelCm(minute: number): number
  /** In cm/s, whole. */
  velocityCms(minute: number): number
}

export const TIP_MM = 0.5

/** @throws RangeError for a repetition that is no whole number of steps, or shorter than the storm. */
export function stormRiver({ depthMm, tipMm = TIP_MM, repeatMin, basin = LINXI }: StormOptions): River {
  if (repeatMin !== undefined && (repeatMin % STEP_MIN !== 0 || repeatMin < STORM_STEPS * STEP_MIN)) {
    throw new RangeError(
      `expected to repeat after whole steps of ${STEP_MIN} min and at least ${STORM_STEPS * STEP_MIN} min, got ${repeatMin}`,
    )
  }
  const rain = stormRain(depthMm)
  const fallen = [0]
  for (const mm of rain) fallen.push((fallen.at(-1) ?? 0) + mm)
  const runoff = runoffOf(rain, basin.curveNumber)
  const steps = Math.ceil(directFlowEndMin(basin, STORM_STEPS) / STEP_MIN)
  const direct = Array.from({ length: steps + 1 }, (_, step) => directFlow(basin, runoff, step * STEP_MIN))
  const repeatSteps = repeatMin === undefined ? Number.POSITIVE_INFINITY : repeatMin / STEP_MIN

  const stepAt = (minute: number) => Math.max(0, Math.floor(minute / STEP_MIN))
  const flowM3s = (minute: number): number => {
    let flow = basin.baseFlowM3s
    // The step within the running storm, then within each storm before it that still drains.
    for (let step = stepAt(minute), age = withinRound(step, repeatSteps); age <= step && age < direct.length; age += repeatSteps)
      flow += direct[age] ?? 0
    return flow
  }
  return {
    tipMm,
    tips(minute) {
      const step = stepAt(minute)
      const rounds = Number.isFinite(repeatSteps) ? Math.floor(step / repeatSteps) : 0
      const inRound = fallen[Math.min(withinRound(step, repeatSteps), STORM_STEPS)] ?? 0
      return tipsOf(rounds * depthMm + inRound, tipMm)
    },
    flowM3s,
    levelCm: (minute) => levelCmOf(flowM3s(minute)),
    velocityCms: (minute) => Math.round(velocityOf(flowM3s(minute)) * 100),
  }
}

function withinRound(step: number, repeatSteps: number): number {
  return Number.isFinite(repeatSteps) ? step % repeatSteps : step
}
