import type { ServedPoint } from '#simulator'
import type { RaisedChange } from '#simulator/e2e'

/** Rules for the load: gusts of some stations cross these limits some four times a minute. */
const LIMITS = { blue: 5, yellow: 8 } as const
const DECIMALS = 2
/** Every so many stations have a rule. */
const EVERY_STATIONS = 12
const POINT = 'wind_speed'

/** The rule of a station of the load scenario, for those that have one. */
export function gustRules(station: string): Record<string, unknown>[] {
  if (Number(/\d+$/.exec(station)?.[0]) % EVERY_STATIONS !== 0) return []
  return [
    {
      id: `gust-${station.toLowerCase()}`,
      family: 'gust',
      kind: 'threshold',
      title: { zh: '阵风', en: 'Gust' },
      device: `${station}-W`,
      point: POINT,
      validFrom: '2026-01-01',
      approver: 'bench',
      edge: true,
      grades: Object.fromEntries(Object.entries(LIMITS).map(([grade, value]) => [grade, { value }])),
    },
  ]
}

/** A change of a gust alert, with the answer that brought it. */
export interface GustChange {
  readonly rule: string
  readonly grade: string | null
  readonly served: ServedPoint
}

/** What the served gusts ask for, computed from them alone. */
export function expectedGusts(served: readonly ServedPoint[]): GustChange[] {
  const changes: GustChange[] = []
  const current = new Map<string, string | null>()
  for (const point of served) {
    const station = point.device.replace(/-W$/, '')
    const [rule] = point.point === POINT ? gustRules(station) : []
    if (rule === undefined) continue
    const mps = Number(point.value) / 10 ** DECIMALS
    const grade = mps >= LIMITS.yellow ? 'yellow' : mps >= LIMITS.blue ? 'blue' : null
    if (grade === (current.get(station) ?? null)) continue
    current.set(station, grade)
    changes.push({ rule: String(rule.id), grade, served: point })
  }
  return changes
}

/** How many of the expected changes were not raised, and how many were raised that are none of them. */
export function scoreGusts(
  expected: readonly GustChange[],
  raised: readonly (RaisedChange & { readonly device: string })[],
  originOf: (row: { device: string; point: string; at: number; n: number }) => ServedPoint | undefined,
): { readonly missed: number; readonly false: number } {
  const nameOf = (rule: string, grade: string | null, t: number | undefined) => `${rule} ${grade} ${t}`
  const wanted = new Set(expected.map(({ rule, grade, served }) => nameOf(rule, grade, served.t)))
  const told = raised.map(({ rule, grade, device, at }) => nameOf(rule, grade, originOf({ device, point: POINT, at, n: 0 })?.t))
  const right = new Set(told.filter((name) => wanted.has(name)))
  return { missed: wanted.size - right.size, false: told.length - right.size }
}
