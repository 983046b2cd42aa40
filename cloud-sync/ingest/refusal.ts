import { N_MAX } from '#cloud/store'
import { POINT_NAME } from '#devices'
import { type Batch, DEVICE_ID, type JournalledEvent, type JournalledReading } from '#wire'

/** Nothing that this road carries was observed before. */
const AT_MIN = Date.UTC(2000, 0, 1)
/** What no store takes. */
const AT_MAX = Date.UTC(2200, 0, 1)
/** How far a gateway's clock may be ahead of the cloud's. */
export const AHEAD_MAX_MS = 86_400_000
const device = new RegExp(DEVICE_ID)
const point = new RegExp(POINT_NAME)

/** Rows of a batch that can never be stored, as few ranges as there are reasons side by side. */
export function refusalsOf(batch: Batch, now: number): [first: number, last: number, why: string][] {
  const refusals: [number, number, string][] = []
  const add = (seq: number, why: string | null) => {
    const open = refusals.at(-1)
    if (why !== null && open?.[2] === why && open[1] === seq - 1) open[1] = seq
    else if (why !== null) refusals.push([seq, seq, why])
  }
  if (batch.lane === 'reading') for (const row of batch.rows) add(row.seq, refusalOf(row, now))
  else for (const row of batch.rows) add(row.seq, eventRefusalOf(row))
  return refusals
}

/** Of any time that is one: an event of a clock that was wrong is a fact all the same. */
function eventRefusalOf({ event }: JournalledEvent): string | null {
  return Math.abs(event.at) < AT_MAX ? null : 'expected an instant'
}

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
  if (row.n > N_MAX) return `expected at most ${N_MAX} rows of one instant before it`
  if (typeof row.value === 'number' && !Number.isSafeInteger(row.value)) return 'expected a safe integer'
  return null
}
