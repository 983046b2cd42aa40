import type { PointView } from '../api/views.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What part of the past a chart shows, and how it is asked for. Times in epoch ms. */
export interface Frame {
  readonly from: number
  readonly to: number
  /** Length of a rain bar. */
  readonly barMs: number
}

/** A part of the past that a person dragged out; it stands still. */
export interface Zoom {
  readonly from: number
  readonly to: number
}

/** The shortest part that can be dragged out. */
export const ZOOM_LEAST_MS = 10 * MINUTE_MS
/** More points than this are thinned on the server. */
export const LINE_POINTS_MAX = 720

/** Bars of 5, 15 or 60 minutes, so that there are never more than about fifty. */
export function barMs(spanMs: number): number {
  if (spanMs <= 3 * HOUR_MS) return 5 * MINUTE_MS
  return spanMs <= 12 * HOUR_MS ? 15 * MINUTE_MS : HOUR_MS
}

/** The frame that ends with the bar in which `now` lies; it moves by whole bars, so that nothing trembles. */
export function movingFrame(now: number, spanMs: number): Frame {
  const bar = barMs(spanMs)
  const to = Math.ceil(now / bar) * bar
  return { from: to - spanMs, to, barMs: bar }
}

/** The frame of a dragged-out part, widened to whole bars. */
export function zoomFrame({ from, to }: Zoom): Frame {
  const bar = barMs(to - from)
  return { from: Math.floor(from / bar) * bar, to: Math.ceil(to / bar) * bar, barMs: bar }
}

/** The step at which a line is thinned on the server, or null when its own rows are few enough. */
export function lineStepMs(spanMs: number, everyMs: number): number | null {
  if (spanMs / everyMs <= LINE_POINTS_MAX) return null
  const steps = [1, 5, 10, 30, 60, 300, 600, 900, 1_800, 3_600].map((seconds) => seconds * 1_000)
  return steps.find((step) => spanMs / step <= LINE_POINTS_MAX) ?? HOUR_MS
}

/** The station's points that a chart draws: rain counted in mm, level in m. */
export interface ChartPoints {
  readonly rain: PointView | undefined
  readonly level: PointView | undefined
}

export function chartPoints(points: readonly PointView[]): ChartPoints {
  return {
    rain: points.find(({ meaning, unit }) => meaning === 'counter' && unit === 'mm'),
    level: points.find(({ meaning, unit }) => meaning === 'gauge' && unit === 'm'),
  }
}
