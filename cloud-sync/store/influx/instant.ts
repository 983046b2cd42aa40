import type { SeriesRow } from '../series.ts'
import type { Line } from './line.ts'

/** Lines of one device at one time: what is in the store, as far as it was read, and what is to be written. */
export class Instant {
  readonly device: string
  readonly at: number
  /** Rows that were given for it, in their order. */
  readonly given: SeriesRow[] = []
  readonly #lines: {
    readonly n: number
    readonly hash: string
    readonly received: number
    readonly rows: SeriesRow[]
    readonly send: SeriesRow[]
  }[] = []

  constructor(device: string, at: number) {
    this.device = device
    this.at = at
  }

  /** A line that is in the store, of which only some points may be known. */
  addStored(n: number, hash: string, received: number, rows: readonly SeriesRow[]): void {
    this.#lines.push({ n, hash, received, rows: [...rows], send: [] })
  }

  /**
   * The lines to write for the rows that were given.
   *
   * A row that is in the store is written again, just as it is there: after a fault of its disk InfluxDB answers queries with rows that it refused and
   * will lose when it is restarted, so what a query shows is not proof that a row is kept, and only an answered write is.
   */
  lines(): readonly Line[] {
    const { device, at, given } = this
    const [first] = given
    // Nearly always: nothing is known there, and the rows are one line as they stand.
    if (first && this.#lines.length === 0 && isOneLine(given)) {
      const { n, hash, received } = first
      return [{ device, at, n, hash, received, rows: given }]
    }
    for (const row of given) this.#put(row)
    return this.#lines.flatMap(({ n, hash, received, send }) =>
      send.length === 0 ? [] : [{ device, at, n, hash, received, rows: send }],
    )
  }

  #put(row: SeriesRow): void {
    if (this.#at(row.point, row.n) === undefined) {
      this.#add(row)
      return
    }
    // The key is taken. The same value there, or kept before as a conflict, is this very row come again.
    let free = row.n
    for (const line of this.#lines) {
      const other = line.n >= row.n ? line.rows.find(({ point }) => point === row.point) : undefined
      if (other?.value === row.value && other) {
        if (!line.send.includes(other)) line.send.push(other)
        return
      }
    }
    while (this.#at(row.point, free) !== undefined) free++
    this.#add({ ...row, n: free, quality: 'suspect', reason: 'conflict' })
  }

  #at(point: string, n: number): SeriesRow | undefined {
    for (const line of this.#lines) {
      if (line.n !== n) continue
      for (const row of line.rows) if (row.point === point) return row
    }
    return undefined
  }

  #add(row: SeriesRow): void {
    const { n, hash, received } = row
    let line = this.#lines.find((other) => other.n === n && other.hash === hash)
    if (line === undefined) {
      line = { n, hash, received, rows: [], send: [] }
      this.#lines.push(line)
    }
    line.rows.push(row)
    line.send.push(row)
  }
}

/** More points than this are looked through in the other way. */
const POINTS_MAX = 32

function isOneLine(rows: readonly SeriesRow[]): boolean {
  const [first] = rows
  if (first === undefined || rows.length > POINTS_MAX) return false
  for (const [index, { n, hash, point }] of rows.entries()) {
    if (n !== first.n || hash !== first.hash) return false
    for (let other = 0; other < index; other++) if (rows[other]?.point === point) return false
  }
  return true
}
