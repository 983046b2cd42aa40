import { computed } from 'vue'
import type { Api, Range } from '../api/client.ts'
import type { PointView, RainRow } from '../api/views.ts'
import { useFresh } from '../use-fresh.ts'
import { type ChartPoints, type Frame, lineStepMs } from './frame.ts'
import { GAP_INTERVALS, type RainStrip, rainStrip, type Trace, traceOfBuckets, traceOfRows } from './trace.ts'

/** What the server said about one frame. */
export interface ChartData {
  readonly frame: Frame
  readonly strip: RainStrip | null
  readonly rain: readonly RainRow[]
  readonly trace: Trace | null
  /** How far from an instant a level may lie and still be its level. */
  readonly reachMs: number
  /** The server had more rows than it gives at once. */
  readonly isTruncated: boolean
}

/** The chart's data, asked for anew when its points or its length change, and renewed as rows come in and the frame moves. */
export function useChartData(
  api: Api,
  look: () => ChartPoints & { readonly frame: Frame; readonly now: number; readonly seen: string },
) {
  const subject = computed(() => {
    const { rain, level, frame } = look()
    return rain || level ? [rain?.device, rain?.point, level?.device, level?.point, frame.to - frame.from].join(' ') : null
  })
  const version = computed(() => `${look().frame.to} ${look().seen}`)
  return useFresh(
    () => subject.value,
    () => version.value,
    async (stop): Promise<ChartData> => {
      const { rain, level, frame, now } = look()
      const [rainRows, levelLine] = await Promise.all([
        rain ? api.rain(range(rain, frame), frame.barMs, stop).then(({ rows }) => rows) : [],
        level ? askLine(api, level, frame, stop) : null,
      ])
      const strip = rain ? rainStrip(rainRows, frame.barMs, now - rain.every) : null
      return {
        frame,
        strip,
        rain: rainRows,
        trace: levelLine?.trace ?? null,
        reachMs: levelLine?.reachMs ?? 0,
        isTruncated: levelLine?.isTruncated ?? false,
      }
    },
  )
}

/** A line begins a step before the frame, so that it enters from the side; its `to` is the first instant after, and the frame's end belongs to it. */
const lineRange = ({ device, point }: PointView, { from, to }: Frame, stepMs: number): Range => ({
  device,
  point,
  from: from - stepMs,
  to: to + 1,
})
const range = ({ device, point }: PointView, { from, to }: Frame): Range => ({ device, point, from, to })

async function askLine(api: Api, level: PointView, frame: Frame, stop: AbortSignal) {
  const step = lineStepMs(frame.to - frame.from, level.every)
  const reachMs = (GAP_INTERVALS / 2) * Math.max(level.every, step ?? 0)
  if (step === null) {
    const { rows, truncated } = await api.series(lineRange(level, frame, level.every), stop)
    return { trace: traceOfRows(rows, level.every), isTruncated: truncated, reachMs }
  }
  const { rows, truncated } = await api.buckets(lineRange(level, frame, Math.max(step, level.every)), step, stop)
  return { trace: traceOfBuckets(rows, Math.max(step, level.every)), isTruncated: truncated, reachMs }
}
