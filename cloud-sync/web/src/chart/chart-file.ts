import { type Cell, csv } from '../csv.ts'
import { digits, type Format } from '../format.ts'
import type { ChartPoints } from './frame.ts'
import type { ChartData } from './use-chart-data.ts'

/** The chart's data as CSV: one row a value, times in the site's zone, rain stamped at the end of its interval. */
export function chartCsv({ rain, trace, frame }: ChartData, points: ChartPoints, format: Format): string {
  const rows: { at: number; cells: Cell[] }[] = []
  const { rain: counter, level } = points
  if (counter) {
    for (const { at, sum, covered } of rain) {
      const value = sum === null || covered === 0 ? null : digits(sum, counter.decimals)
      rows.push({ at, cells: [counter.device, counter.point, value, counter.unit, frame.barMs / 60_000, covered, null] })
    }
  }
  if (level && trace) {
    const one = (at: number, value: number, quality: string) =>
      rows.push({ at, cells: [level.device, level.point, digits(value, level.decimals), level.unit, null, null, quality] })
    // The line begins before the frame.
    for (const { at, value } of trace.line) if (value !== null && at >= frame.from) one(at, value, 'good')
    for (const { at, value } of trace.suspect) one(at, value, 'suspect')
  }
  rows.sort((a, b) => a.at - b.at)
  return csv([
    ['time', 'device', 'point', 'value', 'unit', 'interval_min', 'covered', 'quality'],
    ...rows.map(({ at, cells }) => [format.iso(at), ...cells]),
  ])
}
