import { type AlertChange, STEP_MIN } from '#simulator'

/** A change of an alert as the cloud's API gives it. */
export interface RaisedChange {
  readonly rule: string
  readonly at: number
  readonly grade: string | null
  readonly action?: string
}

export interface AlertScore {
  readonly expected: number
  readonly raised: number
  /** Expected, and not raised within one step. */
  readonly missed: readonly AlertChange[]
  /** Raised, and not expected then. */
  readonly false: readonly RaisedChange[]
}

/**
 * Holds the alerts that were raised against those that the storm's formulas ask for. A change may come as late as one step: the gauge tells
 * of rain at the end of its step, and the poll comes a moment after.
 * @param start site time of the storm's beginning, epoch ms
 */
export function scoreAlerts(expected: readonly AlertChange[], raised: readonly RaisedChange[], start: number): AlertScore {
  const open = [...expected]
  const wrong: RaisedChange[] = []
  for (const change of raised.toSorted((a, b) => a.at - b.at)) {
    const minute = (change.at - start) / 60_000
    const index = open.findIndex(
      (wanted) =>
        wanted.rule === change.rule &&
        wanted.grade === change.grade &&
        (wanted.grade === null || wanted.action === change.action) &&
        minute >= wanted.minute &&
        minute - wanted.minute <= STEP_MIN,
    )
    if (index < 0) wrong.push(change)
    else open.splice(index, 1)
  }
  return { expected: expected.length, raised: raised.length, missed: open, false: wrong }
}
