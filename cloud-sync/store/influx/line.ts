import type { SeriesRow } from '../series.ts'
import { encodeName } from './name.ts'

/**
 * How rows stand in InfluxDB. One measurement, one line for all points that a device told at one (at, n) with one profile version:
 *
 *     reading,device=<device>,profile=<hash> received=1782878400930i,level.int=3175i,rain.int=12i,door.bool=true 1782878400000000000
 *
 * - **Tags** are the device and the profile version, and nothing else: 240 stations are some thousand series, and ten years make it no more, as a
 *   version changes when somebody edits a profile. Seq, batch and quality would make a series a row. The version is a tag and not a field because it
 *   is the same for a whole line, costs nothing a row there, and `GROUP BY profile` keeps counts of two versions apart.
 * - **Time** is at·10⁶ ns + n, so the rows of one instant stand side by side.
 * - **Fields** are `<point>.<kind>`; the kind says the type, so a field has one type for ever and a type conflict cannot come from here. Each row has
 *   exactly one of `int` (a count of 10^-decimals; the decimals are the profile's), `bool`, `text` and `null` (true: a row is there and has no value).
 * - `<point>.quality` is written when it is not `good`, `<point>.reason` when there is one: most rows cost one field.
 * - `received` is the line's; a row that came at another time than the first of its line has its own `<point>.received`. With one `received` a point
 *   InfluxDB takes half as many rows a second (measured: five points a line 1.0 M rows/s as it is, 0.6 M with ten fields, 0.55 M as five lines).
 */
export const MEASUREMENT = 'reading'

/** Exactly one of these a row. */
export const VALUE_KINDS = ['int', 'bool', 'text', 'null'] as const
/** Each kind of field that a point may have. */
export const FIELD_KINDS = [...VALUE_KINDS, 'quality', 'reason', 'received'] as const

/** Times that InfluxDB can tell, epoch ms. */
export const AT_MAX = 9_223_372_036_853

/** What a device told at one (at, n) with one profile version. */
export interface Line {
  readonly device: string
  readonly at: number
  readonly n: number
  readonly hash: string
  /** That of the first row that came. */
  readonly received: number
  /** One a point. */
  readonly rows: readonly SeriesRow[]
}

export function encodeLine({ device, at, n, hash, received, rows }: Line): string {
  let text = `${MEASUREMENT},device=${encodeName(device)},profile=${encodeName(hash)} received=${received}i`
  for (const row of rows) {
    const point = encodeName(row.point)
    const { value, quality, reason } = row
    if (typeof value === 'number') text += `,${point}.int=${value}i`
    else if (value === null) text += `,${point}.null=true`
    else text += typeof value === 'string' ? `,${point}.text=${quoted(value)}` : `,${point}.bool=${value}`
    if (quality !== 'good') text += `,${point}.quality="${quality}"`
    if (reason !== undefined) text += `,${point}.reason="${reason}"`
    if (row.received !== received) text += `,${point}.received=${row.received}i`
  }
  return `${text} ${timeOf(at, n)}`
}

/** Series time in ns, as text: it is beyond what a number can count. */
export function timeOf(at: number, n = 0): string {
  if (n === 0 && at > 0) return `${at}000000`
  return String(BigInt(at) * 1_000_000n + BigInt(n))
}

/** at and n of a time as InfluxDB tells it, RFC 3339 with up to nine digits of a second. */
export function readTime(text: string): readonly [at: number, n: number] {
  const [seconds = '', fraction = ''] = text.slice(0, -1).split('.')
  const nanos = fraction.padEnd(9, '0')
  return [Date.parse(`${seconds}Z`) + Number(nanos.slice(0, 3)), Number(nanos.slice(3))]
}

/** A text field: everything but the quote and the backslash may stand in it, also a line's end. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
