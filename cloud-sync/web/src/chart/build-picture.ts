import type { Grade, PointView } from '../api/views.ts'
import { type Format, scaled } from '../format.ts'
import { timeTicks } from './axis.ts'
import type { ChartPoints } from './frame.ts'
import type { Picture } from './picture.ts'
import type { RainStrip, Trace } from './trace.ts'
import type { ChartData } from './use-chart-data.ts'

/** The words of a picture. */
export interface PictureWords {
  readonly format: Format
  grade(grade: Grade): string
  readonly unknown: string
}

/** Room that one label of the time axis takes. */
const TICK_PX = 90

/** Turns counts into units and instants into words: what is left is only to be drawn. */
export function buildPicture(
  { frame, strip, trace }: ChartData,
  { rain, level }: ChartPoints,
  width: number,
  words: PictureWords,
): Picture {
  const { format, grade, unknown } = words
  const ticks = timeTicks(frame.from, frame.to, Math.max(2, Math.floor(width / TICK_PX)), format.offsetMs(frame.from))
  return {
    from: frame.from,
    to: frame.to,
    ticks: ticks.map((at) => ({ at, label: format.minute(at) })),
    rain: strip && rain ? { unit: rain.unit, strip: scaledStrip(strip, rain.decimals) } : null,
    level:
      trace && level
        ? { unit: level.unit, trace: scaledTrace(trace, level.decimals), limits: limits(level, format, grade) }
        : null,
    unknownLabel: unknown,
  }
}

function limits({ thresholds, decimals }: PointView, format: Format, word: PictureWords['grade']) {
  return thresholds.map(({ value, grade }) => ({
    grade,
    value: scaled(value, decimals),
    label: `${word(grade)} ${format.value(value, decimals)}`,
  }))
}

function scaledStrip({ bars, unknown }: RainStrip, decimals: number): RainStrip {
  return { bars: bars.map((bar) => ({ ...bar, sum: scaled(bar.sum, decimals) })), unknown }
}

function scaledTrace({ line, suspect, band }: Trace, decimals: number): Trace {
  return {
    line: line.map(({ at, value }) => ({ at, value: value === null ? null : scaled(value, decimals) })),
    suspect: suspect.map((point) => ({ ...point, value: scaled(point.value, decimals) })),
    band: band.map(({ at, min, max }) => ({ at, min: scaled(min, decimals), max: scaled(max, decimals) })),
  }
}
