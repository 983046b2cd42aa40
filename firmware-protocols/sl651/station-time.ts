/** Station clocks run on Beijing time and never say so. */
export const STATION_UTC_OFFSET_MS = 8 * 3_600_000
const [YEAR_MIN, YEAR_MAX] = [1, 49] as const

/**
 * A station's YYMMDDHHmm or YYMMDDHHmmSS as epoch milliseconds, read as UTC+8 and in this century.
 * @returns null for a text that is no time of the calendar, and for the years that unset clocks say: 00, and 50 and later (59 has been seen)
 */
export function stationTime(text: string): number | null {
  if (!/^\d{10}(\d\d)?$/.test(text)) return null
  const part = (index: number): number => Number(text.slice(index * 2, index * 2 + 2))
  if (part(0) < YEAR_MIN || part(0) > YEAR_MAX) return null
  const utc = Date.UTC(2000 + part(0), part(1) - 1, part(2), part(3), part(4), part(5))
  return clockText(utc).startsWith(text) ? utc - STATION_UTC_OFFSET_MS : null
}

/** Epoch milliseconds as a station's YYMMDDHHmmSS. */
export function stationTimeText(epochMs: number): string {
  return clockText(epochMs + STATION_UTC_OFFSET_MS)
}

function clockText(utcMs: number): string {
  return new Date(utcMs).toISOString().replace(/\D/g, '').slice(2, 14)
}
