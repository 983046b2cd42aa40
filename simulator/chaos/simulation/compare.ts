import { type Records, SERIES_LIMIT_MAX, type SeriesStore, type SeriesValue, showRevised } from '#cloud/store'
import type { SimulatedSite } from './simulated-site.ts'

/** How far a row of a clock that was set wrong may be from its true time: what the slowest answer of the cloud leaves open. */
const CLOCK_MS_MAX = 15_000

export interface Difference {
  issued: number
  stored: number
  lost: number
  duplicate: number
  wrong: number
  readonly differences: readonly string[]
}

/**
 * What the cloud shows of a site beside what its ledger says.
 * @param declared rows that may be missing because a damage was declared
 */
export async function compareSite(
  { name, ledger, isClockSet, isRolledBack }: SimulatedSite,
  { records, series }: { readonly records: Records; readonly series: SeriesStore },
  declared: number,
): Promise<Difference> {
  const differences: string[] = []
  const tell = (text: string) => void (differences.length < 5 && differences.push(`${name}: ${text}`))
  const seen = new Set<number>()
  let [duplicate, wrong] = [0, 0]
  const names = new Map(ledger.readings.map(({ device, point }) => [`${device} ${point}`, { device, point }]))
  for (const { device, point } of names.values()) {
    const shown = showRevised(series, records.db)
    const { rows } = await shown.range({ device, point, from: 0, to: Number.MAX_SAFE_INTEGER, limit: SERIES_LIMIT_MAX })
    for (const row of rows) {
      const { at, value } = row
      const offered = ledger.readings[Number(value)]
      if (offered === undefined || offered.device !== device || offered.point !== point || !isThen(row, offered.at)) {
        wrong += 1
        tell(`a row that was never offered: ${device} ${point} ${at} ${value}`)
      } else if (seen.has(Number(value))) {
        // A disk that was put back tells a row again whose time it does not know any more.
        if (isRolledBack && row.reason === 'clock') continue
        duplicate += 1
        tell(`reading ${value} is stored twice`)
      } else seen.add(Number(value))
    }
  }
  function isThen({ at, reason }: SeriesValue, trueAt: number): boolean {
    return isClockSet ? reason === 'clock' || Math.abs(at - trueAt) <= CLOCK_MS_MAX : at === trueAt
  }
  const told = await records.db.selectFrom('event').select(['body', 'kind']).where('gateway', '=', name).execute()
  const numbers = told.flatMap(({ body }) => {
    const { number } = JSON.parse(body) as { number?: number }
    return number === undefined ? [] : [number]
  })
  const events = new Set(numbers)
  if (events.size < numbers.length) tell('an event is stored twice')
  duplicate += numbers.length - events.size

  const lost = [...ledger.accepted.readings].filter((k) => !seen.has(k))
  const lostEvents = [...ledger.accepted.events].filter((k) => !events.has(k))
  const missing = lost.length + lostEvents.length
  const isDeclared = missing <= declared
  if (lost.length > 0 && !isDeclared) tell(`readings ${lost.slice(0, 10).join(', ')} were accepted and are not stored`)
  if (lostEvents.length > 0 && !isDeclared) tell(`events ${lostEvents.slice(0, 10).join(', ')} were accepted and are not stored`)
  const issued = ledger.accepted.readings.size + ledger.accepted.events.size
  return { issued, stored: issued - missing, lost: isDeclared ? 0 : missing, duplicate, wrong, differences }
}
