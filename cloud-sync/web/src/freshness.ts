import type { Mark } from '../ui/index.ts'
import type { Latest } from './api/views.ts'

/** A value older than this many of its intervals is overdue. */
export const OVERDUE_INTERVALS = 2

/** @param now site time in ms */
export const isOverdue = (latest: Latest | null, everyMs: number, now: number): boolean =>
  latest !== null && now - latest.at > OVERDUE_INTERVALS * everyMs

/** The mark a value needs beside it; null for a good one. */
export function qualityMark(latest: Latest | null): Extract<Mark, 'no-data' | 'suspect'> | null {
  if (!latest || latest.value === null || latest.quality === 'bad') return 'no-data'
  return latest.quality === 'good' ? null : 'suspect'
}
