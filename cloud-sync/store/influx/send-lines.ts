import type { RefusedRow } from '../series.ts'
import type { InfluxClient } from './influx-client.ts'
import { encodeLine, type Line } from './line.ts'

/** Characters of one request, below the 25 MB that a server takes by default even where each is three bytes. */
const REQUEST_CHARS_MAX = 8_000_000

/**
 * Writes lines. The answer 400 means that some are refused for good while the rest may be written or not: the lines are halved until those that are
 * refused stand alone, a line of several rows is then parted by rows, and what is good is written on the way (the same line twice is one). Lines
 * that a retention policy refuses lie together in time, so they are told in few requests.
 * @returns the rows that the store refuses
 * @throws StoreError `unavailable`
 */
export async function sendLines(client: InfluxClient, lines: readonly Line[]): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = []
  for (const part of partsOf(lines)) {
    if ((await client.write(part.text)) !== null)
      await bisect(
        client,
        part.lines.toSorted((a, b) => a.at - b.at),
        refused,
      )
  }
  return refused
}

async function bisect(client: InfluxClient, lines: readonly Line[], refused: RefusedRow[]): Promise<void> {
  const refusal = await client.write(lines.map(encodeLine).join('\n'))
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

function partsOf(lines: readonly Line[]): { readonly lines: Line[]; readonly text: string }[] {
  const parts: { lines: Line[]; text: string }[] = []
  let part = { lines: [] as Line[], text: '' }
  for (const line of lines) {
    const text = encodeLine(line)
    if (part.lines.length > 0 && part.text.length + text.length > REQUEST_CHARS_MAX) {
      parts.push(part)
      part = { lines: [], text: '' }
    }
    part.lines.push(line)
    part.text += part.text === '' ? text : `\n${text}`
  }
  if (part.lines.length > 0) parts.push(part)
  return parts
}
