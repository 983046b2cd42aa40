import type { SiteEvent } from '#wire'
import type { Entry } from './journal-tables.ts'

/** Rows of a doubtful time wait at most so long for it to become known; machine time. */
export const HOLD_MS_MAX = 600_000

/** A stretch of machine time in which site time did not step. */
export interface TimeSpan {
  readonly fromMono: number
  /** Null: it lasts. */
  readonly toMono: number | null
  /** What is to be added to its site time; null: not known. */
  readonly deltaMs: number | null
  siteAt(mono: number): number
}

/** Knows what site time is worth. */
export interface Timekeeper {
  /** Compares site time and machine time. */
  look(): void
  /** The span that a time was taken in, as far as a look has seen it. */
  spanOf(at: number): TimeSpan
  /** Whether rows of a doubtful time wait still. */
  readonly isHolding: boolean
}

/** When an entry was committed: worked out once, for the file knows a commit that is tried again by it. */
export type Stamp = Entry['commit']

/** @param mono machine time of the commit; that of an entry which a step overtook lies before the step */
export function stampOf(span: TimeSpan | null, boot: string, now: number, mono: number): Stamp {
  if (span === null) return { boot, journalled: now, mono: Math.round(mono) }
  const within = Math.min(Math.max(Math.round(mono), span.fromMono), span.toMono ?? Number.POSITIVE_INFINITY)
  return { boot, journalled: Math.round(span.siteAt(within) + (span.deltaMs ?? 0)), mono: within }
}

/** Gives an entry its times as they are known now: corrected by what its span is off, or in doubt where that is not known. */
export function stampEntry(entry: Omit<Entry, 'commit'>, commit: Stamp, span: TimeSpan | null, isHolding: boolean): Entry {
  if (span === null || span.deltaMs === 0) return { ...entry, commit }
  if (span.deltaMs !== null) return { ...shifted(entry, span.deltaMs), commit }
  return { ...entry, events: entry.events.map((event) => marked(event, commit)), commit, doubt: isHolding ? 'hold' : 'flag' }
}

export function shifted<T extends Pick<Entry, 'readings' | 'events'>>(entry: T, deltaMs: number): T {
  const shift = <R extends { readonly at: number }>(row: R): R => ({ ...row, at: row.at + deltaMs })
  return { ...entry, readings: entry.readings.map(shift), events: entry.events.map(shift) }
}

/** An event of a doubtful time says itself when it was in machine time. */
function marked(event: SiteEvent, { boot, mono }: Stamp): SiteEvent {
  return { ...event, body: { ...event.body, clock: { boot, mono } } }
}

export function unmarked(event: SiteEvent): SiteEvent {
  const { clock: _, ...body } = event.body
  return { ...event, body }
}
