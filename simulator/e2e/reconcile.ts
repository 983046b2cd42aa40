import type { ServedPoint } from '#simulator'

/** A row as the cloud's API gives it. */
export interface StoredRow {
  readonly device: string
  readonly point: string
  readonly at: number
  readonly n: number
  readonly value: number | boolean | string | null
  readonly quality: string
}

export interface Reconciled {
  /** Points that were served. */
  readonly produced: number
  /** Rows with a value that the cloud has. */
  readonly stored: number
  /** Served, and not to be found in the cloud. */
  readonly lost: readonly ServedPoint[]
  /** In the cloud, and not served, or served once and there twice. */
  readonly duplicates: readonly StoredRow[]
  /** What was served for each row, by `keyOf`. */
  readonly origin: ReadonlyMap<string, ServedPoint>
}

export function keyOf({ device, point, at, n }: Pick<StoredRow, 'device' | 'point' | 'at' | 'n'>): string {
  return `${device} ${point} ${at} ${n}`
}

/**
 * Compares what the devices served with what the cloud has, row by row: a row belongs to the last served point of the same device, point and
 * value that was served before the row's observe time, at most `slackMs` of site time before it.
 */
export function reconcile(served: readonly ServedPoint[], rows: readonly StoredRow[], slackMs: number): Reconciled {
  const waiting = Map.groupBy(
    served.toSorted((a, b) => a.at - b.at),
    ({ device, point }) => `${device} ${point}`,
  )
  const origin = new Map<string, ServedPoint>()
  const duplicates: StoredRow[] = []
  const valued = rows.filter(({ value }) => value !== null).sort((a, b) => a.at - b.at || a.n - b.n)
  for (const row of valued) {
    const candidates = waiting.get(`${row.device} ${row.point}`) ?? []
    const index = candidates.findLastIndex(({ at, value }) => value === row.value && at <= row.at && row.at - at <= slackMs)
    const [match] = index < 0 ? [] : candidates.splice(index, 1)
    if (match) origin.set(keyOf(row), match)
    else duplicates.push(row)
  }
  return { produced: served.length, stored: valued.length, lost: [...waiting.values()].flat(), duplicates, origin }
}
