/** One measured figure; `goal` and `met` are null where there is none. */
export interface Figure {
  readonly what: string
  /** Null: nothing was measured, which meets no goal. */
  readonly value: number | null
  readonly unit: string
  readonly goal: string | null
  readonly met: boolean | null
}

/** A figure to know, without a goal. */
export function figure(what: string, value: number | null, unit: string): Figure {
  return { what, value: rounded(value), unit, goal: null, met: null }
}

export function atMost(what: string, value: number | null, unit: string, most: number): Figure {
  return { ...figure(what, value, unit), goal: `≤ ${most}`, met: value !== null && value <= most }
}

export function atLeast(what: string, value: number | null, unit: string, least: number): Figure {
  return { ...figure(what, value, unit), goal: `≥ ${least}`, met: value !== null && value >= least }
}

/** Prints the table; with `json` the last line of stdout is `{ bench, figures }`. */
export function printFigures(bench: string, figures: readonly Figure[], json: boolean): void {
  console.table(
    Object.fromEntries(
      figures.map(({ what, value, unit, goal, met }) => [
        what,
        { value: value ?? '-', unit, goal: goal ?? '', met: met === null ? '' : met ? 'yes' : 'no' },
      ]),
    ),
  )
  if (json) console.log(JSON.stringify({ bench, figures }))
}

const DIGITS = 4

function rounded(value: number | null): number | null {
  return value === null || Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS))
}
