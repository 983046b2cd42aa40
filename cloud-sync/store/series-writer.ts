import type { Statement } from 'better-sqlite3'
import type { SeriesRow } from './series.ts'
import { checkRows, type StoredValue, storeQuality, storeValue } from './series-row.ts'
import type { Sqlite } from './sqlite.ts'

/** Chunks remembered as being there, so that a row costs no look-up; beyond it they are asked for again. */
const CHUNKS_KNOWN_MAX = 50_000
/** Rows of one statement. Measured, rows/s: one 485,000, eight 710,000, 32 790,000, 64 770,000. */
const STATEMENT_ROWS = 32
/** More series than a chunk's number leaves room for beside the bucket's are not expected in one file. */
const SERIES_MAX = 2 ** 28

/** Of the table `value`. */
const COLUMNS = 10
type Cell = number | string | null

/** The writing half of the embedded series store. */
export class SeriesWriter {
  readonly #bucketMs: number
  readonly #write: (rows: readonly SeriesRow[]) => void
  readonly #insert: Statement
  readonly #insertMany: Statement
  readonly #neighbours: Statement<unknown[], [n: number, ...StoredValue]>
  readonly #chunk: Statement
  readonly #addTotal: Statement
  readonly #nameSeries: Statement<unknown[], number>
  readonly #nameProfile: Statement<unknown[], number>
  /** Ids by device and point. */
  readonly #series = new Map<string, Map<string, number>>()
  readonly #profiles = new Map<string, number>()
  readonly #chunks = new Set<number>()

  constructor(sqlite: Sqlite, bucketMs: number) {
    this.#bucketMs = bucketMs
    const places = `(${Array(COLUMNS).fill('?').join(', ')})`
    const insert = (rows: number) =>
      sqlite.prepare(`insert into value values ${Array(rows).fill(places).join(', ')} on conflict do nothing`)
    this.#insert = insert(1)
    this.#insertMany = insert(STATEMENT_ROWS)
    this.#neighbours = sqlite
      .prepare<unknown[], [number, ...StoredValue]>(
        'select n, value, is_state from value where bucket = ? and series = ? and at = ? and n >= ? order by n',
      )
      .raw()
    this.#chunk = sqlite.prepare('insert into chunk values (?, ?) on conflict do nothing')
    this.#addTotal = sqlite.prepare('update total set rows = rows + ?')
    // The update that changes nothing makes the statement return the id of a row that was there.
    this.#nameSeries = sqlite
      .prepare<unknown[], number>(
        'insert into series (device, point) values (?, ?) on conflict do update set device = device returning id',
      )
      .pluck()
    this.#nameProfile = sqlite
      .prepare<unknown[], number>('insert into profile (hash) values (?) on conflict do update set hash = hash returning id')
      .pluck()
    this.#write = sqlite.transaction((rows: readonly SeriesRow[]) => {
      let added = 0
      for (let from = 0; from < rows.length; from += STATEMENT_ROWS) added += this.#put(rows.slice(from, from + STATEMENT_ROWS))
      if (added > 0) this.#addTotal.run(added)
    })
  }

  /** All rows in one transaction. @throws StoreError `invalid` before anything is written */
  write(rows: readonly SeriesRow[]): void {
    checkRows(rows)
    try {
      this.#write(rows)
    } catch (error) {
      // What was remembered may have been rolled back.
      for (const known of [this.#series, this.#profiles, this.#chunks]) known.clear()
      throw error
    }
  }

  /** @returns rows added: fewer where some are there already */
  #put(rows: readonly SeriesRow[]): number {
    const cells: Cell[] = []
    for (const row of rows) this.#addCells(row, cells)
    const added = rows.length === STATEMENT_ROWS ? this.#insertMany.run(cells).changes : 0
    if (added === rows.length) return added
    // Some keys are taken, or there are few rows: one by one. What the statement took is now found as being there.
    return rows.reduce((sum, row, index) => sum + this.#putOne(row, cells.slice(index * COLUMNS, (index + 1) * COLUMNS)), added)
  }

  /** Rows added: 1, or 0 for what is there already. */
  #putOne(row: SeriesRow, cells: readonly Cell[]): number {
    if (this.#insert.run(cells).changes === 1) return 1
    // The key is taken. The same value there, or kept before as a conflict, is this very row come again.
    const [bucket, series, at, , value, isState, , , received, profile] = cells
    const others = this.#neighbours.all(bucket, series, at, row.n)
    if (others.some(([, other, otherIsState]) => other === value && otherIsState === isState)) return 0
    let free = row.n
    for (const [taken] of others) if (taken === free) free++
    const conflict = storeQuality({ ...row, quality: 'suspect', reason: 'conflict' })
    this.#insert.run(bucket, series, at, free, value, isState, ...conflict, received, profile)
    return 1
  }

  /** Adds the columns of `value`. */
  #addCells({ device, point, at, n, value, quality, reason, received, hash }: SeriesRow, cells: Cell[]): void {
    const series = this.#seriesId(device, point)
    const bucket = Math.floor(at / this.#bucketMs)
    this.#knowChunk(series, bucket)
    const [stored, isState] = storeValue(value)
    const [judged, why] = storeQuality({ quality, reason })
    cells.push(bucket, series, at, n, stored, isState, judged, why, received, this.#profileId(hash))
  }

  #seriesId(device: string, point: string): number {
    let points = this.#series.get(device)
    if (points === undefined) {
      points = new Map()
      this.#series.set(device, points)
    }
    let id = points.get(point)
    if (id === undefined) {
      id = this.#nameSeries.get(device, point) ?? 0
      points.set(point, id)
    }
    return id
  }

  #profileId(hash: string): number {
    let id = this.#profiles.get(hash)
    if (id === undefined) {
      id = this.#nameProfile.get(hash) ?? 0
      this.#profiles.set(hash, id)
    }
    return id
  }

  #knowChunk(series: number, bucket: number): void {
    const key = bucket * SERIES_MAX + series
    if (this.#chunks.has(key)) return
    this.#chunk.run(series, bucket)
    if (this.#chunks.size >= CHUNKS_KNOWN_MAX) this.#chunks.clear()
    this.#chunks.add(key)
  }
}
