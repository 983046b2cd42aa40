import type { Statement } from 'better-sqlite3'
import type { SeriesRow } from './series.ts'
import { checkRows, type StoredValue, storeQuality, storeValue } from './series-row.ts'
import type { Sqlite } from './sqlite.ts'

/** Chunks remembered as being there, so that a row costs no look-up; beyond it they are asked for again. */
const CHUNKS_KNOWN_MAX = 50_000

/** The writing half of the embedded series store. */
export class SeriesWriter {
  readonly #bucketMs: number
  readonly #write: (rows: readonly SeriesRow[]) => void
  readonly #insert: Statement
  readonly #neighbours: Statement<unknown[], [n: number, ...StoredValue]>
  readonly #chunk: Statement
  readonly #addTotal: Statement
  readonly #seriesId: (key: string, ...parts: string[]) => number
  readonly #profileId: (key: string, ...parts: string[]) => number
  readonly #seriesIds = new Map<string, number>()
  readonly #profileIds = new Map<string, number>()
  readonly #chunks = new Set<string>()

  constructor(sqlite: Sqlite, bucketMs: number) {
    this.#bucketMs = bucketMs
    this.#insert = sqlite.prepare('insert into value values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing')
    this.#neighbours = sqlite
      .prepare<unknown[], [number, ...StoredValue]>(
        'select n, value, is_state from value where bucket = ? and series = ? and at = ? and n >= ? order by n',
      )
      .raw()
    this.#chunk = sqlite.prepare('insert into chunk values (?, ?) on conflict do nothing')
    this.#addTotal = sqlite.prepare('update total set rows = rows + ?')
    // The update that changes nothing makes the statement return the id of a row that was there.
    const named =
      (ids: Map<string, number>, statement: Statement<unknown[], number>) =>
      (key: string, ...parts: string[]) => {
        const id = ids.get(key) ?? statement.get(...parts) ?? 0
        ids.set(key, id)
        return id
      }
    this.#seriesId = named(
      this.#seriesIds,
      sqlite
        .prepare<unknown[], number>(
          'insert into series (device, point) values (?, ?) on conflict do update set device = device returning id',
        )
        .pluck(),
    )
    this.#profileId = named(
      this.#profileIds,
      sqlite
        .prepare<unknown[], number>('insert into profile (hash) values (?) on conflict do update set hash = hash returning id')
        .pluck(),
    )
    this.#write = sqlite.transaction((rows: readonly SeriesRow[]) => {
      let added = 0
      for (const row of rows) added += this.#put(row)
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
      for (const known of [this.#seriesIds, this.#profileIds, this.#chunks]) known.clear()
      throw error
    }
  }

  /** Rows added: 1, or 0 for what is there already. */
  #put(row: SeriesRow): number {
    const { device, point, at, n, received, hash } = row
    const series = this.#seriesId(`${device} ${point}`, device, point)
    const bucket = Math.floor(at / this.#bucketMs)
    this.#knowChunk(series, bucket)
    const value = storeValue(row.value)
    const tail = [received, this.#profileId(hash, hash)]
    if (this.#insert.run(bucket, series, at, n, ...value, ...storeQuality(row), ...tail).changes === 1) return 1

    // The key is taken. The same value there, or kept before as a conflict, is this very row come again.
    const others = this.#neighbours.all(bucket, series, at, n)
    if (others.some(([, other, isState]) => other === value[0] && isState === value[1])) return 0
    let free = n
    for (const [taken] of others) if (taken === free) free++
    const conflict = storeQuality({ ...row, quality: 'suspect', reason: 'conflict' })
    this.#insert.run(bucket, series, at, free, ...value, ...conflict, ...tail)
    return 1
  }

  #knowChunk(series: number, bucket: number): void {
    const key = `${series} ${bucket}`
    if (this.#chunks.has(key)) return
    this.#chunk.run(series, bucket)
    if (this.#chunks.size >= CHUNKS_KNOWN_MAX) this.#chunks.clear()
    this.#chunks.add(key)
  }
}
