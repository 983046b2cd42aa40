/**
 * A Chicago design storm: intensity falls off on both sides of one peak as ((1−n)τ + b) / (τ + b)^(n+1), where τ is the time from the peak in
 * minutes, divided by the share of the storm on that side.
 */
export const STORM = {
  durationMin: 360,
  /** The peak's place in the storm, as a share. */
  peak: 0.4,
  n: 0.7,
  bMin: 10,
} as const

/** Minutes in a step; a step's rain belongs to its END: step 0 is (0, 5]. */
export const STEP_MIN = 5

export const STORM_STEPS = STORM.durationMin / STEP_MIN

/** The rain of each 5-min step in mm, unquantised, `depthMm` in all; the intensity is taken at the middle of a step. */
export function stormRain(depthMm: number): number[] {
  const shape = Array.from({ length: STORM_STEPS }, (_, step) => intensity((step + 0.5) * STEP_MIN))
  const total = shape.reduce((sum, part) => sum + part, 0)
  return shape.map((part) => (part * depthMm) / total)
}

/** Tips that a gauge has made when `rainMm` fell in all: what does not fill the bucket stays in it for the next. */
export function tipsOf(rainMm: number, tipMm: number): number {
  // A sum of steps misses a whole number of tips by some 1e-13.
  return Math.floor(rainMm / tipMm + 1e-9)
}

function intensity(minute: number): number {
  const { durationMin, peak, n, bMin } = STORM
  const peakMin = peak * durationMin
  const tau = minute < peakMin ? (peakMin - minute) / peak : (minute - peakMin) / (1 - peak)
  return ((1 - n) * tau + bMin) / (tau + bMin) ** (n + 1)
}
