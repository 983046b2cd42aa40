import type { Sighting, Sightings } from '#simulator'
import { keyOf, type Reconciled, type StoredRow } from './reconcile.ts'

/**
 * What the stored rows of one station show of its river: when each is of, and when its instrument was asked.
 * @param start site time of the storm's beginning, epoch ms
 */
export function sightingsOf(rows: readonly StoredRow[], { origin }: Reconciled, start: number): Sightings {
  const of = (point: string): Sighting[] =>
    rows
      .flatMap((row) => {
        const served = row.point === point ? origin.get(keyOf(row)) : undefined
        return served ? [{ minute: (row.at - start) / 60_000, shown: (served.at - start) / 60_000 }] : []
      })
      .sort((a, b) => a.minute - b.minute)
  return { rain: of('rain_total'), level: of('level') }
}
