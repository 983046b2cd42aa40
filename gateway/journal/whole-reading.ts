import type { VersionedReading } from './series-memory.ts'

/** The difference of any two values is a safe integer, too: values travel as differences. */
export const COUNT_MAX = 2 ** 52 - 1

/**
 * A reading as the journal can keep it and the cloud can take it: one row that is not would hold up its commit, or have a whole batch refused.
 * A value that is none becomes no data, `malformed`; a time that is none becomes that of the commit, with reason `clock`.
 */
export function wholeReading(reading: VersionedReading, journalled: number): VersionedReading {
  const { at, value } = reading
  if (Number.isSafeInteger(at) && isWhole(value)) return reading
  const timed: VersionedReading = Number.isSafeInteger(Math.round(at))
    ? { ...reading, at: Math.round(at) }
    : { ...reading, at: journalled, quality: 'suspect', reason: 'clock' }
  return isWhole(value) ? timed : { ...timed, value: null, quality: 'bad', reason: 'malformed' }
}

/** Also of what no type allows: nothing checked it on its way here. */
function isWhole(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) <= COUNT_MAX
  return value === null || typeof value === 'boolean' || typeof value === 'string'
}
