import { type Static, Type } from 'typebox'
import { Duration, durationMs } from '#devices'
import { LINXI } from './water/basin.ts'
import { type River, stormRiver, TIP_MM } from './water/river.ts'

const strict = { additionalProperties: false } as const
const number = Type.Number({ minimum: -1e9, maximum: 1e9 })

/** A storm over a basin; see `STORM_POINTS` for what follows it. */
export const StormCurve = Type.Object(
  {
    kind: Type.Literal('storm'),
    depth: Type.Number({ minimum: 0, maximum: 2000, description: 'mm in all' }),
    tip: Type.Number({ minimum: 0.1, maximum: 1, default: TIP_MM, description: 'mm a tip' }),
    repeat: Type.Optional(Duration({ description: 'the storm begins again so long after it began; absent: one storm only' })),
    basin: Type.Object(
      {
        areaKm2: Type.Number({ exclusiveMinimum: 0, maximum: 1e6, default: LINXI.areaKm2 }),
        peakHours: Type.Number({ minimum: 0.1, maximum: 240, default: LINXI.peakHours, description: 'unit hydrograph’s peak' }),
        curveNumber: Type.Number({ minimum: 1, maximum: 100, default: LINXI.curveNumber }),
        baseFlowM3s: Type.Number({ minimum: 0, maximum: 1e5, default: LINXI.baseFlowM3s }),
      },
      { ...strict, default: {} },
    ),
  },
  strict,
)
export type StormCurve = Static<typeof StormCurve>

const ConstantCurve = Type.Object({ kind: Type.Literal('constant'), value: Type.Union([number, Type.Boolean()]) }, strict)
const LinearCurve = Type.Object(
  { kind: Type.Literal('linear'), from: number, perHour: number, until: Type.Number({ description: 'and there it stays' }) },
  strict,
)
const SineCurve = Type.Object(
  {
    kind: Type.Literal('sine'),
    mean: number,
    amplitude: number,
    period: Duration({ default: '1h' }),
    phase: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0,
      description: 'share of a period; copies of a station are spread over one more',
    }),
  },
  strict,
)

/** What one point does over time, in the point's unit. Its `default` only makes typebox fill those of an entry in `Named`. */
export const PointCurve = Type.Union([ConstantCurve, LinearCurve, SineCurve], { default: {} })
export type PointCurve = Static<typeof PointCurve>

/** The value of a point, in its unit, so many milliseconds of site time after the scenario began. */
export type Signal = (elapsedMs: number) => number | boolean | null

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Points that follow the storm of their station by their name: mm, m, m/s, m³/s. */
export const STORM_POINTS = ['rain_total', 'level', 'velocity', 'flow'] as const

/** @throws RangeError for a `repeat` that does not suit the storm. */
export function riverOf({ depth, tip, repeat, basin }: StormCurve): River {
  return stormRiver({ depthMm: depth, tipMm: tip, basin, ...(repeat && { repeatMin: durationMs(repeat) / MINUTE_MS }) })
}

/** The signal that a point of this name takes from the storm, if it takes one. */
export function stormSignal(river: River, point: string): Signal | undefined {
  const byMinute =
    (value: (minute: number) => number): Signal =>
    (elapsedMs) =>
      value(elapsedMs / MINUTE_MS)
  switch (point as (typeof STORM_POINTS)[number]) {
    case 'rain_total':
      return byMinute((minute) => river.tips(minute) * river.tipMm)
    case 'level':
      return byMinute((minute) => river.levelCm(minute) / 100)
    case 'velocity':
      return byMinute((minute) => river.velocityCms(minute) / 100)
    case 'flow':
      return byMinute((minute) => river.flowM3s(minute))
    default:
      return undefined
  }
}

export function curveSignal(curve: PointCurve): Signal {
  switch (curve.kind) {
    case 'constant':
      return () => curve.value
    case 'linear': {
      const { from, perHour, until } = curve
      const lastMs = perHour === 0 ? 0 : Math.max(0, ((until - from) / perHour) * HOUR_MS)
      return (elapsedMs) =>
        elapsedMs >= lastMs ? (lastMs === 0 ? from : until) : from + (perHour * Math.max(0, elapsedMs)) / HOUR_MS
    }
    case 'sine': {
      const { mean, amplitude, phase } = curve
      const periodMs = durationMs(curve.period)
      return (elapsedMs) => mean + amplitude * Math.sin(2 * Math.PI * (elapsedMs / periodMs + phase))
    }
  }
}

/** The values between which a curve moves. */
export function curveExtremes(curve: PointCurve): (number | boolean)[] {
  if (curve.kind === 'constant') return [curve.value]
  if (curve.kind === 'linear') return [curve.from, curve.until]
  return [curve.mean - curve.amplitude, curve.mean + curve.amplitude]
}
