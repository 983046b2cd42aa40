import type { Reading } from '#devices/reading'
import { seriesSum } from './row-sums.ts'
import type { Cell, Statements } from './statements.ts'

/** A reading with the version of its device's profile. */
export type VersionedReading = Reading & { readonly hash: string }

interface Series {
  readonly id: number
  at: number
  cell: Cell
  isTouched: boolean
}

/** `n` of rows whose time is not known begins here, so that they never take the place of a row whose time is right. */
export const N_DOUBTFUL = 500_000

/** Before every observe time. */
const NEVER = -8.64e15

/**
 * Knows the last row of each series, so that a row said twice is kept once, and another value for the same instant becomes a row of its own
 * (`n` = 1, 2 …) instead of overwriting. Rows that are not the newest of their series are looked up among the late ones; one that was
 * journalled in its time, acknowledged and then said again is caught by the cloud, which keys rows by (device, point, at, n) as well.
 */
export class SeriesMemory {
  readonly #sql: Statements
  readonly #series = new Map<string, Series>()

  constructor(sql: Statements) {
    this.#sql = sql
    this.load()
  }

  /** Reads what the file holds: at the start, and again after a transaction that did not come to be. */
  load(): void {
    this.#series.clear()
    type Row = { id: number; device: string; point: string; hash: string; at: number; cell: Cell; sum: number }
    const byId = new Map<number, Series>()
    for (const row of this.#sql.all<Row>('SELECT id, device, point, hash, at, value AS cell, sum FROM series')) {
      const { id, at, cell, sum, ...name } = row
      // A damaged name is nobody's: its rows are found damaged, and what comes next begins a series of its own.
      if (sum !== seriesSum(id, name.device, name.point, name.hash)) continue
      const series = { id, at, cell, isTouched: false }
      byId.set(id, series)
      this.#series.set(keyOf(name), series)
    }
    // Of rows that wait still, the rows themselves say more than what was stored when others were freed.
    const newest = this.#sql.all<Pick<Row, 'id' | 'at' | 'cell'>>(
      'SELECT series AS id, MAX(at) AS at, value AS cell FROM reading WHERE n < ? GROUP BY series',
      N_DOUBTFUL,
    )
    for (const { id, at, cell } of newest) {
      const series = byId.get(id)
      if (series && at > series.at) Object.assign(series, { at, cell, isTouched: true })
    }
  }

  /** The series' id and the row's `n`; null for a duplicate. */
  place(reading: VersionedReading, cell: Cell, journalled: number): { readonly series: number; readonly n: number } | null {
    const series = this.#seriesOf(reading)
    if (reading.at > series.at) {
      Object.assign(series, { at: reading.at, cell, isTouched: true })
      return { series: series.id, n: 0 }
    }
    const n = this.#placeLate(series, reading.at, cell, journalled)
    return n === null ? null : { series: series.id, n }
  }

  /** As `place`, for a row whose time is not known: it moves nothing that other rows are compared with. */
  placeAside(reading: VersionedReading, cell: Cell, journalled: number): { readonly series: number; readonly n: number } | null {
    const series = this.#seriesOf(reading)
    const known = this.#lateOf(series.id, reading.at, N_DOUBTFUL, Number.MAX_SAFE_INTEGER)
    if (known.some((row) => row.cell === cell)) return null
    const n = (known.at(-1)?.n ?? N_DOUBTFUL - 1) + 1
    this.#sql.run('INSERT INTO late VALUES (?, ?, ?, ?, ?)', series.id, reading.at, n, cell, journalled)
    return { series: series.id, n }
  }

  /** Writes what changed; inside the transaction that frees rows, for they were what it could be read from. */
  store(): void {
    for (const series of this.#series.values()) {
      if (series.isTouched) this.#sql.run('UPDATE series SET at = ?, value = ? WHERE id = ?', series.at, series.cell, series.id)
      series.isTouched = false
    }
  }

  #placeLate(series: Series, at: number, cell: Cell, journalled: number): number | null {
    const insert = (n: number, value: Cell) =>
      this.#sql.run('INSERT INTO late VALUES (?, ?, ?, ?, ?)', series.id, at, n, value, journalled)
    const known = this.#lateOf(series.id, at, 0, N_DOUBTFUL - 1)
    if (known.length === 0 && at === series.at) {
      if (series.cell === cell) return null
      insert(0, series.cell)
      insert(1, cell)
      return 1
    }
    if (known.some((row) => row.cell === cell)) return null
    const n = (known.at(-1)?.n ?? -1) + 1
    insert(n, cell)
    return n
  }

  #lateOf(series: number, at: number, from: number, to: number): { readonly n: number; readonly cell: Cell }[] {
    const find = 'SELECT n, value AS cell FROM late WHERE series = ? AND at = ? AND n BETWEEN ? AND ? ORDER BY n'
    return this.#sql.all(find, series, at, from, to)
  }

  #seriesOf(reading: VersionedReading): Series {
    const key = keyOf(reading)
    const known = this.#series.get(key)
    if (known) return known
    const { device, point, hash } = reading
    const insert = 'INSERT OR REPLACE INTO series (device, point, hash, at, value) VALUES (?, ?, ?, ?, NULL)'
    const id = Number(this.#sql.run(insert, device, point, hash, NEVER).lastInsertRowid)
    this.#sql.run('UPDATE series SET sum = ? WHERE id = ?', seriesSum(id, device, point, hash), id)
    const series: Series = { id, at: NEVER, cell: null, isTouched: false }
    this.#series.set(key, series)
    return series
  }
}

function keyOf({ device, point, hash }: Pick<VersionedReading, 'device' | 'point' | 'hash'>): string {
  return `${device} ${point} ${hash}`
}
