import type { PointValue } from './modbus-point.ts'
import type { Point } from './modbus-profile.ts'

/** What a point comes to when what other points say of it is heeded. */
export type StatusJudge = (value: PointValue, others: ReadonlyMap<string, PointValue>) => PointValue

/** For the points that other points say something of, how they are judged; undefined where a model has none. */
export function statusJudges(points: Readonly<Record<string, Point>>): ReadonlyMap<string, StatusJudge> | undefined {
  const judged = Object.entries(points).filter(([, { status }]) => status !== undefined)
  if (judged.length === 0) return undefined
  return new Map(judged.map(([name, point]) => [name, (value, others) => judgedByStatus(point, value, others)]))
}

/**
 * A point's value with what its status points say of it.
 * - At a value named as `bad` it is bad, reason `device`, value null;
 * - at one named as `suspect`, or at any that is not named where `good` names some, it is suspect, reason `device`;
 * - where the status itself could not be read it is suspect, with the status point's own reason.
 * What is bad by itself stays as it is; what is suspect by itself keeps its own reason.
 * @param others values of the model's points by name, taken in the same round
 */
export function judgedByStatus({ status = [] }: Point, value: PointValue, others: ReadonlyMap<string, PointValue>): PointValue {
  if (value.quality === 'bad') return value
  const said = status.map(({ point, good, suspect = [], bad = [] }) => {
    const { value: told = null, reason } = others.get(point) ?? {}
    const isOneOf = (values: readonly (number | boolean)[]) => values.some((each) => each === told)
    if (told === null) return { quality: 'suspect', reason: reason ?? 'unknown' } as const
    if (isOneOf(bad)) return { quality: 'bad', reason: 'device' } as const
    return isOneOf(suspect) || (good && !isOneOf(good)) ? ({ quality: 'suspect', reason: 'device' } as const) : undefined
  })
  if (said.some((each) => each?.quality === 'bad')) return { value: null, quality: 'bad', reason: 'device' }
  const doubt = said.find((each) => each !== undefined)
  return doubt === undefined || value.quality === 'suspect' ? value : { value: value.value, ...doubt }
}
