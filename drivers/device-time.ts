import type { PointValue } from '#devices'

/** A station's clock and ours may differ by so much; transport, drift between two settings of the clock. */
export const CLOCK_OFF_MS = 600_000

/** What a report's own times are worth. */
export interface DeviceTime {
  /** Whether the device's clock was right when it sent. */
  readonly isPlausible: boolean
  /** Its clock minus ours; null for a clock that was never set. */
  readonly offsetMs: number | null
  /** The time of a reading, which the device says was taken at `said` (null: it says none that is a time). */
  at(said: number | null): number
  /** A value that was taken by that clock. */
  judged(value: PointValue): PointValue
}

/**
 * Judges a device's clock by the time it says it sent at. What a clock that lies ahead has stamped gets the time of arrival, for a row of tomorrow
 * would pass for the newest until then; what a clock that lies behind has stamped keeps its time, and both are suspect.
 * @param sentAt epoch ms by the device's clock; null: no time
 * @param arrivedAt epoch ms by ours
 */
export function deviceTime(sentAt: number | null, arrivedAt: number, offMs = CLOCK_OFF_MS): DeviceTime {
  const offsetMs = sentAt === null ? null : sentAt - arrivedAt
  const isPlausible = offsetMs !== null && Math.abs(offsetMs) <= offMs
  return {
    isPlausible,
    offsetMs,
    at: (said) => (said === null || said > arrivedAt + offMs ? arrivedAt : said),
    judged: (value) =>
      isPlausible || value.quality !== 'good' ? value : { value: value.value, quality: 'suspect', reason: 'clock' },
  }
}
