import type { River } from './river.ts'
import { STEP_MIN } from './storm.ts'

export type AlertGrade = 'blue' | 'yellow' | 'orange' | 'red'

/** What an alert has to say from this minute on. */
export interface AlertChange {
  readonly rule: 'rainstorm' | 'flash-flood' | 'level'
  /** Minutes since the storm's start: whole steps, or the minute of the row that shows it. */
  readonly minute: number
  /** Null: cleared. */
  readonly grade: AlertGrade | null
  /** For `flash-flood`. */
  readonly action?: 'prepare' | 'move'
}

/** A row of an instrument: it is of `minute`, and holds what the instrument showed at `shown`, a moment before. Minutes since the storm's start. */
export interface Sighting {
  readonly minute: number
  readonly shown: number
}

/** All that anybody saw of a river, in the order of time. */
export interface Sightings {
  readonly rain: readonly Sighting[]
  readonly level: readonly Sighting[]
}

interface Limit {
  readonly grade: AlertGrade
  readonly action?: 'prepare' | 'move'
}

interface RainLimit extends Limit {
  /** Any one of them is enough: window in minutes, sum in mm. */
  readonly any: readonly (readonly [windowMin: number, mm: number])[]
}

/** Highest first. The national rainstorm signal, observed branch. */
const RAINSTORM: readonly RainLimit[] = [
  { grade: 'red', any: [[180, 100]] },
  { grade: 'orange', any: [[180, 50]] },
  { grade: 'yellow', any: [[360, 50]] },
  { grade: 'blue', any: [[720, 50]] },
]

/** Highest first. The demonstration village's flash-flood table. */
const FLASH_FLOOD: readonly RainLimit[] = [
  {
    grade: 'red',
    action: 'move',
    any: [
      [60, 50],
      [180, 80],
    ],
  },
  {
    grade: 'yellow',
    action: 'prepare',
    any: [
      [60, 30],
      [180, 50],
    ],
  },
]

/** Highest first, in cm: record, guaranteed, warning, near warning. */
const LEVEL: readonly (Limit & { readonly cm: number })[] = [
  { grade: 'red', cm: 3690 },
  { grade: 'orange', cm: 3550 },
  { grade: 'yellow', cm: 3350 },
  { grade: 'blue', cm: 3300 },
]

/** A level's grade is left only below its limit less this. */
const HYSTERESIS_CM = 10

/** Totals further apart do not say when the rain between them fell. */
const GAP_MIN = 10
const RULES = ['rainstorm', 'flash-flood', 'level'] as const

/**
 * The alerts that a river must raise from minute 0 to `endMin`, computed from what the instruments show and from nothing of the system that
 * is to be judged: rain sums over (t − window, t] without hysteresis, levels with it. Only the highest grade of a rule counts; several rules
 * at one minute stand in the order rainstorm, flash-flood, level.
 * @param seen what was seen of it; absent: every step. What nobody saw must raise nothing; rain of a gap counts only where the whole gap
 * lies in the window.
 */
export function expectedAlerts(river: River, endMin: number, seen: Sightings = everyStep(endMin)): AlertChange[] {
  const rain = increments(river, seen.rain)
  const looks: Look[] = [
    ...seen.rain.flatMap(({ minute }): Look[] => [
      { minute, rule: 'rainstorm', limit: () => rainLimit(rain, RAINSTORM, stepOf(minute)) },
      { minute, rule: 'flash-flood', limit: () => rainLimit(rain, FLASH_FLOOD, stepOf(minute)) },
    ]),
    ...seen.level.map(
      ({ minute, shown }): Look => ({ minute, rule: 'level', limit: (current) => levelLimit(river.levelCm(shown), current) }),
    ),
  ]
  looks.sort((a, b) => a.minute - b.minute || RULES.indexOf(a.rule) - RULES.indexOf(b.rule))
  const changes: AlertChange[] = []
  const current: Record<AlertChange['rule'], Limit | null> = { rainstorm: null, 'flash-flood': null, level: null }
  for (const { minute, rule, limit: limitOf } of looks) {
    if (minute > endMin) break
    const limit = limitOf(current[rule])
    if (limit?.grade === current[rule]?.grade) continue
    changes.push({ rule, minute, grade: limit?.grade ?? null, ...(limit?.action && { action: limit.action }) })
    current[rule] = limit
  }
  return changes
}

/** A row as one rule looks at it. */
interface Look {
  readonly minute: number
  readonly rule: AlertChange['rule']
  limit(current: Limit | null): Limit | null
}

/** Rain in mm that the gauge counted in (minute − windowMin, minute]. */
export function rainSumMm(river: River, minute: number, windowMin: number): number {
  return (river.tips(minute) - river.tips(minute - windowMin)) * river.tipMm
}

function everyStep(endMin: number): Sightings {
  const steps = Array.from({ length: Math.floor(endMin / STEP_MIN) + 1 }, (_, step) => step * STEP_MIN)
  const sightings = steps.map((minute) => ({ minute, shown: minute }))
  return { rain: sightings, level: sightings }
}

const stepOf = (minute: number) => Math.floor(minute / STEP_MIN) * STEP_MIN

/** What fell from one total to the next, in mm; of several totals in one step the first counts. */
interface Increment {
  readonly from: number
  readonly to: number
  readonly mm: number
}

function increments(river: River, sightings: readonly Sighting[]): Increment[] {
  const totals: { step: number; tips: number }[] = []
  for (const { minute, shown } of sightings) {
    const step = stepOf(minute)
    if (step > (totals.at(-1)?.step ?? Number.NEGATIVE_INFINITY)) totals.push({ step, tips: river.tips(shown) })
  }
  return totals.slice(1).map(({ step, tips }, index) => {
    const before = totals[index] ?? { step, tips }
    return { from: before.step, to: step, mm: (tips - before.tips) * river.tipMm }
  })
}

function rainLimit(rain: readonly Increment[], limits: readonly RainLimit[], step: number): Limit | null {
  const sum = (windowMin: number) =>
    rain
      .filter(({ from, to }) => to <= step && (to - from > GAP_MIN ? from >= step - windowMin : to > step - windowMin))
      .reduce((total, { mm }) => total + mm, 0)
  return limits.find(({ any }) => any.some(([windowMin, mm]) => sum(windowMin) >= mm)) ?? null
}

function levelLimit(cm: number, current: Limit | null): Limit | null {
  const held = LEVEL.findIndex(({ grade }) => grade === current?.grade)
  return LEVEL.find((limit, index) => cm >= limit.cm - (held !== -1 && index >= held ? HYSTERESIS_CM : 0)) ?? null
}
