import type { VersionedReading } from '#gateway/journal'
import type { SiteEvent } from '#wire'

/** What a fed gateway tells. Each row is a function of its number `k` alone, so that who has it can be asked and what it says can be checked. */
export interface Feed {
  readonly gateway: string
  /** How many devices its readings are of. */
  readonly series: number
  /** Observe time of row 0, epoch ms; one row a millisecond from there. */
  readonly origin: number
  /** Its rows are stamped by the site's clock when they are taken; true times are known to whoever hears of them. */
  readonly isClocked?: boolean
}

export const FED_POINT = 'level'
/** A kind that the cloud keeps and applies to nothing. */
export const MARK = 'chaos.mark'
/** The rule that the fed alarms name; where the cloud has none of this name, an alarm is kept as an event. */
export const FED_RULE = 'chaos'
const HASH = '00112233445566aa'
const EVENT_EVERY = 50
const ALARM_EVERY = 200

export type FedRow =
  | { readonly lane: 'reading'; readonly reading: VersionedReading }
  | { readonly lane: 'event' | 'alarm'; readonly event: SiteEvent }

/** Row `k`: a reading whose value is k, now and then an event, more rarely an alarm. */
export function fedRow(feed: Feed, k: number, at = feed.origin + k): FedRow {
  const device = fedDevice(feed, k % feed.series)
  const id = `${feed.gateway}-${k}`
  if (k % ALARM_EVERY === ALARM_EVERY - 1) return { lane: 'alarm', event: { id, kind: 'alarm', at, device, body: alarmOf(k) } }
  if (k % EVENT_EVERY === EVENT_EVERY - 1) return { lane: 'event', event: { id, kind: MARK, at, device, body: { value: k } } }
  return { lane: 'reading', reading: { device, point: FED_POINT, at, value: k, quality: 'good', hash: HASH } }
}

export function fedDevice({ gateway }: Feed, index: number): string {
  return `${gateway}-${index}`
}

function alarmOf(k: number) {
  const evidence = { decimals: 0, limit: 0, rows: [] }
  return { rule: FED_RULE, version: HASH, grade: k % (2 * ALARM_EVERY) < ALARM_EVERY ? 'blue' : null, value: k, evidence }
}
