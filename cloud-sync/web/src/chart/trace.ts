import type { Bucket, RainRow, SeriesRow } from '../api/views.ts'
import type { Frame } from './frame.ts'

/** One point of a drawn line; a null value is a gap, which stays a gap. Values in counts. */
export interface TracePoint {
  readonly at: number
  readonly value: number | null
}

/** A line as it is drawn. */
export interface Trace {
  readonly line: readonly TracePoint[]
  /** Rows that are not good: drawn hollow, and the line does not go through them. */
  readonly suspect: readonly { readonly at: number; readonly value: number; readonly reason: string | undefined }[]
  /** Lowest and highest of each thinned step; empty when the line has its own rows. */
  readonly band: readonly { readonly at: number; readonly min: number; readonly max: number }[]
}

/** Rows farther apart than this many intervals have a gap between them. */
export const GAP_INTERVALS = 2.5

/** The line through a point's own rows. Of the rows of one instant the last good one counts. */
export function traceOfRows(rows: readonly SeriesRow[], everyMs: number): Trace {
  const inOrder = [...rows].sort((a, b) => a.at - b.at || a.n - b.n)
  const line: TracePoint[] = []
  const suspect: Trace['suspect'][number][] = []
  for (const { at, value, quality, reason } of inOrder) {
    if (quality === 'suspect' && typeof value === 'number') suspect.push({ at, value, reason })
    else if (quality === 'good' && typeof value === 'number') add(line, { at, value }, everyMs)
    // A row that says "no data" ends the line here.
    else if (line.at(-1)?.value !== null && line.length > 0) line.push({ at, value: null })
  }
  return { line, suspect, band: [] }
}

/** The line through the last value of each thinned step, with the band from the lowest to the highest so that no peak is lost. */
export function traceOfBuckets(buckets: readonly Bucket[], stepMs: number): Trace {
  const line: TracePoint[] = []
  const band: Trace['band'][number][] = []
  const suspect: Trace['suspect'][number][] = []
  for (const { at, min, max, last, count, suspect: suspects } of [...buckets].sort((a, b) => a.at - b.at)) {
    const middle = at + stepMs / 2
    if (last === null) {
      if (line.length > 0 && line.at(-1)?.value !== null) line.push({ at: middle, value: null })
      continue
    }
    if (suspects === count) {
      suspect.push({ at: middle, value: last, reason: undefined })
      continue
    }
    add(line, { at: middle, value: last }, stepMs)
    band.push({ at: middle, min: min ?? last, max: max ?? last })
  }
  return { line, suspect, band }
}

function add(line: TracePoint[], point: TracePoint, everyMs: number): void {
  const before = line.at(-1)
  if (before?.at === point.at) line.pop()
  else if (before && before.value !== null && point.at - before.at > GAP_INTERVALS * everyMs) {
    line.push({ at: before.at + everyMs, value: null })
  }
  line.push(point)
}

/** One interval of the rain's strip of the chart. */
export interface RainBar {
  readonly from: number
  readonly to: number
  readonly sum: number
  /** False when data speaks for only a part of the interval: the bar is hollow. */
  readonly isWhole: boolean
}

/** Bars, and the runs of intervals for which no data speaks: these are not dry, they are unknown. */
export interface RainStrip {
  readonly bars: readonly RainBar[]
  readonly unknown: readonly { readonly from: number; readonly to: number }[]
}

/** Coverage that passes for whole: rows never fall exactly on the edges. */
export const WHOLE_COVERAGE_LEAST = 0.99

/** @param due until when rows must have come in; an interval that ends later is only not told yet */
export function rainStrip(rows: readonly RainRow[], barMs: number, due: number): RainStrip {
  const bars: RainBar[] = []
  const unknown: { from: number; to: number }[] = []
  for (const { at, sum, covered } of [...rows].sort((a, b) => a.at - b.at)) {
    const from = at - barMs
    const isDue = at <= due
    if (covered > 0 && sum !== null) bars.push({ from, to: at, sum, isWhole: !isDue || covered >= WHOLE_COVERAGE_LEAST })
    else if (isDue) {
      const before = unknown.at(-1)
      if (before?.to === from) before.to = at
      else unknown.push({ from, to: at })
    }
  }
  return { bars, unknown }
}

/** What both series say at one instant. */
export interface Reading {
  readonly bar: RainBar | undefined
  readonly level:
    | { readonly at: number; readonly value: number; readonly reason?: string | undefined; readonly isSuspect: boolean }
    | undefined
}

/** Reads rain and level at one time: the bar around it, the nearest level within `reachMs`. */
export function readAt(at: number, strip: RainStrip | null, trace: Trace | null, reachMs: number): Reading {
  const bar = strip?.bars.find(({ from, to }) => from < at && at <= to)
  const good = (trace?.line ?? []).flatMap(({ at, value }) => (value === null ? [] : [{ at, value, isSuspect: false }]))
  const all = [...good, ...(trace?.suspect ?? []).map((point) => ({ ...point, isSuspect: true }))]
  let level: Reading['level']
  for (const point of all) {
    if (Math.abs(point.at - at) <= Math.min(reachMs, level ? Math.abs(level.at - at) : reachMs)) level = point
  }
  return { bar, level }
}

/** The newest moment that a frame tells of: its newest level, or where the level is silent its newest bar of rain. */
export function newestMoment(strip: RainStrip | null, trace: Trace | null, { from, to, barMs }: Frame): number {
  const level = trace?.line.findLast(({ value }) => value !== null)?.at ?? from
  return level > to - 2 * barMs ? level : (strip?.bars.at(-1)?.to ?? level)
}
