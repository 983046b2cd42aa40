import { isDeepStrictEqual } from 'node:util'
import type { Sqlite } from '#cloud/store'
import { type Batch, SyncError } from '#wire'
import { decodeBatch } from '#wire/decode'

interface Stored {
  readonly first: number
  readonly last: number
  readonly refused: string
  readonly bytes: Buffer
}

/** Compares rows that came again with those that came before: a number is given out once, so different rows under one number are no duplicates. */
export class Overlap {
  readonly #db: Sqlite
  /** No stored batch reaches further than this from its first seq to its last. */
  #spanMax: number

  constructor(db: Sqlite) {
    this.#db = db
    this.#spanMax = db.prepare<[], number | null>('SELECT MAX(last - first) FROM batch').pluck().get() ?? 0
  }

  /** To be told of each batch that is stored. */
  add({ first, last }: { readonly first: number; readonly last: number }): void {
    this.#spanMax = Math.max(this.#spanMax, last - first)
  }

  /** The lowest seq whose row is another one than what was stored under it, or null. */
  differing(batch: Batch, bytes: Uint8Array): number | null {
    const { gateway, epoch, lane, first, last } = batch
    const stored = this.#db
      .prepare<unknown[], Stored>(
        `SELECT first, last, refused, bytes FROM batch WHERE gateway = ? AND epoch = ? AND lane = ? AND last >= ? AND last <= ? AND first <= ?
         AND id NOT IN (SELECT batch FROM damage)`,
      )
      .all(gateway, epoch, lane, first, last + this.#spanMax, last)
    // A batch is sealed once: sent again it is the same bytes.
    if (stored.some((one) => one.first === first && one.last === last && one.bytes.equals(bytes))) return null
    const rows = new Map<number, unknown>(batch.rows.map((row) => [row.seq, row]))
    let lowest: number | null = null
    for (const one of stored) {
      for (const row of rowsOf(one)) {
        const again = rows.get(row.seq)
        if (again === undefined || isDeepStrictEqual(again, row)) continue
        lowest = Math.min(lowest ?? row.seq, row.seq)
      }
    }
    return lowest
  }
}

/** Without those that were left out of it; what the disk has damaged is found by the readers. */
function rowsOf({ refused, bytes }: Stored): readonly { readonly seq: number }[] {
  try {
    const leftOut = new Set(JSON.parse(refused) as number[])
    const rows: readonly { readonly seq: number }[] = decodeBatch(bytes).rows
    return rows.filter(({ seq }) => !leftOut.has(seq))
  } catch (error) {
    if (error instanceof SyncError || error instanceof SyntaxError) return []
    throw error
  }
}
