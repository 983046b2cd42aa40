import { POINT_NAME } from '#devices'
import { DEVICE_ID, type JournalledReading } from '#wire'

/** Nothing that this road carries was observed before. */
const AT_MIN = Date.UTC(2000, 0, 1)
/** What no store takes. */
const AT_MAX = Date.UTC(2200, 0, 1)
/** How far a gateway's clock may be ahead of the cloud's. */
export const AHEAD_MAX_MS = 86_400_000
const device = new RegExp(DEVICE_ID)
const point = new RegExp(POINT_NAME)

/** Why a row can never be stored, or null. Refused rows are kept aside at the gateway and told by seq and reason. */
export function refusalOf(row: JournalledReading, now: number): string | null {
  // Of a clock that was not trusted any time may come; the row says so itself.
  if (row.reason === 'clock' && row.at >= 0 && row.at < AT_MAX) return faultOf(row)
  if (row.at < AT_MIN) return 'expected an observe time from the year 2000 on'
  if (row.at > now + AHEAD_MAX_MS) return 'expected an observe time of at most a day ahead'
  return faultOf(row)
}

function faultOf(row: JournalledReading): string | null {
  if (!device.test(row.device)) return 'expected a device id'
  if (!point.test(row.point)) return 'expected a point name'
  if (typeof row.value === 'number' && !Number.isSafeInteger(row.value)) return 'expected a safe integer'
  return null
}
