import { durationMs, type Profile } from '#devices'
import type { PointDescription } from '#wire'

/** A point as the gateway needs it, whatever reads it. */
export interface DevicePoint {
  /** What the cloud is told of it. */
  readonly description: PointDescription
  /** It is on or off, and no number. */
  readonly isBit: boolean
}

/** The points of a model, none of one that has no points. */
export function devicePoints(profile: Profile): Readonly<Record<string, DevicePoint>> {
  if ('modbus' in profile)
    return mapped(profile.modbus.points, (point) => ({
      // Counted in what its registers say.
      description: describe(point, point.wraps === undefined ? undefined : point.wraps * point.scale),
      isBit: point.type === 'bit',
    }))
  if ('sl651' in profile)
    return mapped(profile.sl651.points, (point) => ({
      description: describe(point, point.wraps),
      isBit: point.bit !== undefined,
    }))
  return {}
}

interface PointFacts extends Pick<PointDescription, 'unit' | 'decimals' | 'meaning'> {
  readonly every: string
}

/** @param wraps in the unit */
function describe({ unit, decimals, meaning, every }: PointFacts, wraps: number | undefined): PointDescription {
  const counts = wraps === undefined ? {} : { wraps: Math.round(wraps * 10 ** decimals) }
  return { unit, decimals, meaning, ...counts, everyMs: durationMs(every) }
}

function mapped<P>(points: Readonly<Record<string, P>>, to: (point: P) => DevicePoint): Record<string, DevicePoint> {
  return Object.fromEntries(Object.entries(points).map(([name, point]) => [name, to(point)]))
}
