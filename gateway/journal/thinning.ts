import type { Cell } from './statements.ts'

/** One in so many contiguous rows of a series stays. */
const KEEP_EVERY = 10
/** Contiguous rows of a series of which the lowest and the highest stay, too. */
const SPAN_ROWS = 100

/** A row as far as thinning looks at it. */
export interface ThinRow {
  readonly seq: number
  readonly series: number
  readonly at: number
  readonly value: Cell
}

/** What a pass keeps of a point beside one in ten, the lowest and the highest: each new value, only what falls, or nothing. */
export type Steps = 'all' | 'falls' | 'none'

interface Span {
  readonly rows: number
  readonly last: Cell
  readonly least: Extreme | null
  readonly most: Extreme | null
}

interface Extreme {
  readonly row: ThinRow
  readonly value: number
  /** It stays for this alone, and goes when another row is lower or higher. */
  readonly isHeld: boolean
}

/** What one block loses; `keep` takes note of it once that is committed. */
export interface Thinned {
  readonly dropped: readonly ThinRow[]
  keep(): void
}

/**
 * One pass over the readings that wait, block by block in the order of their seqs: of each series one row in ten stays, the lowest and highest
 * of each hundred, and the steps that `stepsOf` asks for. A hundred rows of a series lie in many blocks, so a row that is the lowest so far
 * stays for now and goes with a later block.
 */
export class Thinning {
  readonly #spans = new Map<number, Span>()

  /** @param rows ascending in seq, after those of the calls before */
  take(rows: readonly ThinRow[], stepsOf: (series: number) => Steps): Thinned {
    const staged = new Map<number, Span>()
    const dropped: ThinRow[] = []
    for (const row of rows) {
      const span = staged.get(row.series) ?? this.#spans.get(row.series) ?? EMPTY
      staged.set(row.series, advance(span, row, stepsOf(row.series), dropped))
    }
    return {
      dropped,
      keep: () => {
        for (const [series, span] of staged) this.#spans.set(series, span)
      },
    }
  }

  /** Rows that stayed for now stay for good: they may have been sent. */
  forget(): void {
    this.#spans.clear()
  }
}

const EMPTY: Span = { rows: 0, last: null, least: null, most: null }

function advance(span: Span, row: ThinRow, steps: Steps, dropped: ThinRow[]): Span {
  const { value } = row
  const isKept = span.rows % KEEP_EVERY === 0 || isStep(span, value, steps)
  let { least, most } = span
  let isExtreme = false
  if (typeof value === 'number') {
    const isLeast = least === null || value < least.value
    const isMost = most === null || value > most.value
    isExtreme = isLeast || isMost
    const extreme = { row, value, isHeld: !isKept }
    const before = [least, most]
    if (isLeast) least = extreme
    if (isMost) most = extreme
    for (const old of before) if (old?.isHeld && old.row !== least?.row && old.row !== most?.row) dropped.push(old.row)
  }
  if (!isKept && !isExtreme) dropped.push(row)
  const rows = span.rows + 1
  const last = value ?? span.last
  return rows === SPAN_ROWS ? { ...EMPTY, last } : { rows, last, least, most }
}

function isStep({ rows, last }: Span, value: Cell, steps: Steps): boolean {
  if (rows === 0 || last === null || value === null || value === last) return false
  return steps === 'all' || (steps === 'falls' && typeof value === 'number' && typeof last === 'number' && value < last)
}
