import type { ServedPoint } from '#simulator'

/** A time without the process, machine time: it was alive until `from`, and its successor was started at `to`. */
export interface Outage {
  readonly from: number
  readonly to: number
}

/** A killed gateway reads its devices again within this, also on a busy machine. */
const RESUME_MAX_MS = 15_000
/** The journal commits each 100 ms; a busy machine takes longer. */
const UNCOMMITTED_MS = 1000
/** A new gateway asks nothing this early; what is served until then was asked by the one before. */
const STARTING_MS = 200

/**
 * Which of the lost points nobody could have kept: answers that the gateway held in memory, or that were on their way to it, when it was ended
 * without warning. They are the last that a device served before its outage: one that was served before another which did arrive had been
 * committed, or should have been.
 */
export function splitInMemory(
  lost: readonly ServedPoint[],
  found: Iterable<ServedPoint>,
  outages: readonly Outage[],
): { readonly inMemory: readonly ServedPoint[]; readonly lost: readonly ServedPoint[] } {
  const arrived = Map.groupBy(found, ({ device }) => device)
  const wasInMemory = ({ device, t }: ServedPoint): boolean =>
    outages.some(
      ({ from, to }) =>
        from - t < UNCOMMITTED_MS &&
        t < to + STARTING_MS &&
        !arrived.get(device)?.some((other) => other.t > t && other.t < to + STARTING_MS),
    )
  const { kept = [], gone = [] } = Object.groupBy(lost, (point) => (wasInMemory(point) ? 'kept' : 'gone'))
  return { inMemory: kept, lost: gone }
}

/** Devices that were not read again soon enough after an outage, told for a person; `end`: machine time at which nothing more was read. */
export function notResumed(served: readonly ServedPoint[], outages: readonly Outage[], end: number): string[] {
  const devices = Map.groupBy(served, ({ device }) => device)
  return outages
    .filter(({ to }) => to + RESUME_MAX_MS <= end)
    .flatMap(({ to }) =>
      [...devices]
        .filter(([, points]) => !points.some(({ t }) => t > to + STARTING_MS && t <= to + RESUME_MAX_MS))
        .map(([device]) => `${device} was not read within ${RESUME_MAX_MS / 1000} s after the gateway was ended`),
    )
}
