import type { RefusedRow } from '../series.ts'
import type { InfluxClient } from './influx-client.ts'
import { encodeLine, type Line } from './line.ts'
import { Payload } from './payload.ts'

/** Bytes of one request, but for one line that is longer; a server takes 25 MB by default. */
const REQUEST_BYTES_MAX = 8 * 1024 * 1024

/**
 * Writes lines. The answer 400 means that some are refused for good while the rest may be written or not: the lines are halved until those that are
 * refused stand alone, a line of several rows is then parted by rows, and what is good is written on the way (the same line twice is one). Lines
 * that a retention policy refuses lie together in time, so they are told in few requests.
 * @returns the rows that the store refuses
 * @throws StoreError `unavailable`
 */
export async function sendLines(client: InfluxClient, lines: readonly Line[]): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = []
  for (let from = 0; from < lines.length; ) {
    const payload = new Payload()
    const first = from
    for (const line of lines.slice(first)) {
      if (payload.length >= REQUEST_BYTES_MAX) break
      payload.add(encodeLine(line))
      from++
    }
    if ((await client.write(payload.bytes)) !== null)
      await bisect(
        client,
        lines.slice(first, from).toSorted((a, b) => a.at - b.at),
        refused,
      )
  }
  return refused
}

async function bisect(client: InfluxClient, lines: readonly Line[], refused: RefusedRow[]): Promise<void> {
  const payload = new Payload()
  for (const line of lines) payload.add(encodeLine(line))
  const refusal = await client.write(payload.bytes)
  if (refusal === null) return
  const isTooOld = refusal.dropped === lines.length && refusal.why.includes('retention policy')
  const halves = isTooOld ? undefined : halvesOf(lines)
  if (halves === undefined) {
    for (const { rows } of lines) for (const row of rows) refused.push({ row, why: refusal.why })
    return
  }
  for (const half of halves) await bisect(client, half, refused)
}

/** Undefined: it is one row. */
function halvesOf(lines: readonly Line[]): readonly (readonly Line[])[] | undefined {
  const [line] = lines
  if (line === undefined || (lines.length === 1 && line.rows.length <= 1)) return undefined
  const { rows } = line
  const middle = Math.ceil((lines.length > 1 ? lines.length : rows.length) / 2)
  if (lines.length > 1) return [lines.slice(0, middle), lines.slice(middle)]
  return [[{ ...line, rows: rows.slice(0, middle) }], [{ ...line, rows: rows.slice(middle) }]]
}
