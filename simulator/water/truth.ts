import type { River } from './river.ts'
import { STEP_MIN } from './storm.ts'

export type AlertGrade = 'blue' | 'yellow' | 'orange' | 'red'

/** What an alert has to say from this minute on. */
export interface AlertChange {
  readonly rule: 'rainstorm' | 'flash-flood' | 'level'
  /** Minutes since the storm's start; whole steps. */
  readonly minute: number
  /** Null: cleared. */
  readonly grade: AlertGrade | null
  /** For `flash-flood`. */
  readonly action?: 'prepare' | 'move'
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

/**
 * The alerts that a river must raise, step by step from minute 0 to `endMin`, computed from what the instruments see and from nothing of
 * the system that is to be judged: rain sums over (t − window, t] without hysteresis, levels with it. Only the highest grade of a rule
 * counts; several rules at one minute stand in the order rainstorm, flash-flood, level.
 */
export function expectedAlerts(river: River, endMin: number): AlertChange[] {
  const changes: AlertChange[] = []
  const current: Record<AlertChange['rule'], Limit | null> = { rainstorm: null, 'flash-flood': null, level: null }
  for (let minute = 0; minute <= endMin; minute += STEP_MIN) {
    const next: typeof current = {
      rainstorm: rainLimit(river, RAINSTORM, minute),
      'flash-flood': rainLimit(river, FLASH_FLOOD, minute),
      level: levelLimit(river.levelCm(minute), current.level),
    }
    for (const rule of ['rainstorm', 'flash-flood', 'level'] as const) {
      const limit = next[rule]
      if (limit?.grade === current[rule]?.grade) continue
      changes.push({ rule, minute, grade: limit?.grade ?? null, ...(limit?.action && { action: limit.action }) })
      current[rule] = limit
    }
  }
  return changes
}

/** Rain in mm that the gauge counted in (minute − windowMin, minute]. */
export function rainSumMm(river: River, minute: number, windowMin: number): number {
  return (river.tips(minute) - river.tips(minute - windowMin)) * river.tipMm
}

function rainLimit(river: River, limits: readonly RainLimit[], minute: number): Limit | null {
  return limits.find(({ any }) => any.some(([windowMin, mm]) => rainSumMm(river, minute, windowMin) >= mm)) ?? null
}

function levelLimit(cm: number, current: Limit | null): Limit | null {
  const held = LEVEL.findIndex(({ grade }) => grade === current?.grade)
  return LEVEL.find((limit, index) => cm >= limit.cm - (held !== -1 && index >= held ? HYSTERESIS_CM : 0)) ?? null
}
