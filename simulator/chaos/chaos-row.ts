import type { runTimed } from '#simulator/e2e'

/** One run under faults. Rows are readings and events together. */
export interface ChaosRow {
  readonly id: string
  /** How many faults were injected. */
  readonly faults: number
  /** Rows that were to be kept. */
  readonly issued: number
  readonly stored: number
  readonly lost: number
  readonly duplicate: number
  /** Alerts missed and alerts false. */
  readonly wrong: number
  /** Also that no other count of the run is out of balance. */
  readonly pass: boolean
}

/** A run, and what a person must know of it: each difference, and where its logs and data lie if there are any. */
export interface ChaosRun {
  readonly row: ChaosRow
  readonly notes: readonly string[]
}

/** The account of a timed storm as a row of the table. */
export function stormRun(
  id: string,
  faults: number,
  { summary, differences, folder }: Awaited<ReturnType<typeof runTimed>>,
): ChaosRun {
  const { ok, readings, events, alerts } = summary
  const row = {
    id,
    faults,
    issued: readings.produced + events.produced,
    stored: readings.stored + events.stored,
    lost: readings.lost + events.lost,
    duplicate: readings.duplicates + events.duplicates,
    wrong: alerts.missed + alerts.false,
    pass: ok,
  }
  const inMemory = readings.inMemoryAtKill
  return {
    row,
    notes: [
      ...(inMemory > 0
        ? [`${inMemory} readings were in memory at a kill, not committed yet; they are not among the issued`]
        : []),
      ...differences,
      ...(ok ? [] : [`logs and data: ${folder}`]),
    ],
  }
}
