/** An axis with round ends and steps, in the unit. */
export interface Scale {
  readonly min: number
  readonly max: number
  readonly step: number
}

const STEPS = [1, 2, 2.5, 5, 10]

/** The round step nearest above `span / count`. */
export function roundStep(span: number, count: number): number {
  const rough = Math.max(span, 1e-6) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  return (STEPS.find((step) => step * power >= rough * (1 - 1e-9)) ?? 10) * power
}

/** A scale around the values with a little air; at least `least` wide, so that a still river is a still line. */
export function scaleAround(values: readonly number[], least: number, count = 5): Scale {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const air = Math.max((high - low) * 0.06, (least - (high - low)) / 2, 0)
  const step = roundStep(high - low + 2 * air, count)
  return { min: clean(Math.floor((low - air) / step) * step), max: clean(Math.ceil((high + air) / step) * step), step }
}

/** A scale from zero. */
export function scaleFromZero(high: number, least: number, count = 3): Scale {
  const step = roundStep(Math.max(high, least), count)
  return { min: 0, max: clean(Math.ceil(Math.max(high, least) / step) * step), step }
}

const TIME_STEPS_MIN = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720]

/** Round instants between two, at most `count` of them. `offsetMs`: the zone's distance from UTC, so that they are round on its clocks. */
export function timeTicks(from: number, to: number, count: number, offsetMs: number): number[] {
  const minutes = TIME_STEPS_MIN.find((step) => (to - from) / (step * 60_000) <= count) ?? 1_440
  const step = minutes * 60_000
  const ticks: number[] = []
  for (let at = Math.ceil((from + offsetMs) / step) * step - offsetMs; at <= to; at += step) ticks.push(at)
  return ticks
}

/** Moves labels apart that would lie on each other, as little as keeps their order. Positions and `gap` in px, from the top down. */
export function spread(positions: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = positions.map((position, index) => ({ position, index })).sort((a, b) => a.position - b.position)
  let floor = top
  for (const label of order) {
    label.position = Math.max(label.position, floor)
    floor = label.position + gap
  }
  let ceiling = bottom
  for (const label of order.toReversed()) {
    label.position = Math.min(label.position, ceiling)
    ceiling = label.position - gap
  }
  return order.sort((a, b) => a.index - b.index).map(({ position }) => position)
}

/** Takes away what binary fractions leave behind. */
const clean = (value: number): number => Number(value.toPrecision(12))
