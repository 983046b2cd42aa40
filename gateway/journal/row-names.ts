import type { Commit } from '#wire/batch'
import { commitSum, seriesSum } from './row-sums.ts'
import type { Statements } from './statements.ts'

/** Whose a row is. */
export interface SeriesName {
  readonly device: string
  readonly point: string
  readonly hash: string
}

/** What the numbers in a row stand for. A series never changes once it is there: one whose checksum held is known from then on. */
export class RowNames {
  readonly #sql: Statements
  readonly #series = new Map<number, SeriesName>()

  constructor(sql: Statements) {
    this.#sql = sql
  }

  /** Null for the damaged number of a series that is none, or a damaged name. */
  series(id: number): SeriesName | null {
    const known = this.#series.get(id)
    if (known) return known
    const found = this.#sql.get<SeriesName & { sum: number }>('SELECT device, point, hash, sum FROM series WHERE id = ?', id)
    if (!found || found.sum !== seriesSum(id, found.device, found.point, found.hash)) return null
    const { device, point, hash } = found
    const name = { device, point, hash }
    this.#series.set(id, name)
    return name
  }

  /** Looks up commits by their number, each once; null for one that is damaged or not there. */
  commits(): (id: number) => Commit | null {
    const known = new Map<number, Commit | null>()
    return (id) => {
      const before = known.get(id)
      if (before !== undefined) return before
      const commit = this.#commit(id)
      known.set(id, commit)
      return commit
    }
  }

  #commit(id: number): Commit | null {
    const found = this.#sql.get<Commit & { sum: number }>('SELECT boot, journalled, mono, sum FROM "commit" WHERE id = ?', id)
    if (!found) return null
    const { boot, journalled, mono, sum } = found
    const isWhole =
      Number.isSafeInteger(journalled) && Number.isSafeInteger(mono) && sum === commitSum(id, boot, journalled, mono)
    return isWhole ? { boot, journalled, mono } : null
  }
}
