import { STEP_MIN } from './storm.ts'

/** A reservoir whose only outlet is a free weir at its crest. Levels in m. */
export interface Reservoir {
  readonly bed: number
  /** Storage in 10⁶ m³ is `storageFactor` × (Z − bed)². */
  readonly storageFactor: number
  readonly crest: number
  readonly crestWidthM: number
  /** Weir coefficient: outflow is coefficient × width × (Z − crest)^1.5. */
  readonly weir: number
}

export interface ReservoirState {
  readonly minute: number
  readonly level: number
  /** 10⁶ m³. */
  readonly storage: number
  readonly outflowM3s: number
}

/** The pool at each step from `startLevel` on, by mass balance: a step adds the inflow at its end and loses the outflow at its start. */
export function routeReservoir(
  reservoir: Reservoir,
  startLevel: number,
  inflow: (minute: number) => number,
  endMin: number,
): ReservoirState[] {
  const { bed, storageFactor, crest, crestWidthM, weir } = reservoir
  const states: ReservoirState[] = []
  let storage = storageFactor * (startLevel - bed) ** 2
  for (let minute = 0; minute <= endMin; minute += STEP_MIN) {
    const level = bed + Math.sqrt(storage / storageFactor)
    const outflowM3s = weir * crestWidthM * Math.max(0, level - crest) ** 1.5
    states.push({ minute, level, storage, outflowM3s })
    storage += ((inflow(minute + STEP_MIN) - outflowM3s) * STEP_MIN * 60) / 1e6
  }
  return states
}
