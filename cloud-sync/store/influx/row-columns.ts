import { QUALITIES, REASONS, type Value } from '#devices'
import type { SeriesRow } from '../series.ts'
import { StoreError } from '../store-error.ts'
import type { Table } from './influx-client.ts'
import { FIELD_KINDS, readTime } from './line.ts'
import { decodeName, encodeName } from './name.ts'

/** Columns of a point for a `SELECT`, quoted: names hold nothing that needs an escape. */
export function columnsOf(point: string, kinds: readonly (typeof FIELD_KINDS)[number][] = FIELD_KINDS): string {
  const name = encodeName(point)
  return kinds.map((kind) => `"${name}.${kind}"`).join(', ')
}

/** Reads the lines of a table whose columns are `time`, `profile` and fields of points. */
export class LineReader {
  readonly #index: ReadonlyMap<string, number>
  readonly #device: string
  readonly #points: readonly { readonly point: string; readonly cells: readonly (number | undefined)[] }[]

  constructor(table: Table, device: string, points: readonly string[]) {
    this.#index = new Map(table.columns.map((name, index) => [name, index]))
    this.#device = device
    this.#points = points.map((point) => ({
      point,
      cells: FIELD_KINDS.map((kind) => this.#index.get(`${encodeName(point)}.${kind}`)),
    }))
  }

  time(line: readonly unknown[]): readonly [at: number, n: number] {
    return readTime(textOf(line[this.#index.get('time') ?? 0]))
  }

  hash(line: readonly unknown[]): string {
    return decodeName(textOf(line[this.#index.get('profile') ?? -1]))
  }

  /** The line's own, null where the table does not have it. */
  received(line: readonly unknown[]): number | null {
    return integerOf(line[this.#index.get('received') ?? -1])
  }

  /** The rows of a line. @param received for rows that came with their line */
  rows(line: readonly unknown[], [at, n]: readonly [number, number], hash: string, received: number): SeriesRow[] {
    return this.#points.flatMap(({ point, cells }) => {
      const [int, bool, text, none, quality, reason, own] = cells.map((cell) =>
        cell === undefined ? null : (line[cell] ?? null),
      )
      const value = oneValueOf(int, bool, text, none)
      if (value === undefined) return []
      const why = REASONS.find((known) => known === reason)
      return [
        {
          device: this.#device,
          point,
          at,
          n,
          value,
          quality: QUALITIES.find((known) => known === quality) ?? 'good',
          ...(why && { reason: why }),
          received: integerOf(own) ?? received,
          hash,
        },
      ]
    })
  }
}

/** Undefined: the line has no row of this point. */
function oneValueOf(int: unknown, bool: unknown, text: unknown, none: unknown): Value | undefined {
  if (int !== null) return integerOf(int) ?? undefined
  if (typeof bool === 'boolean') return bool
  if (typeof text === 'string') return text
  return none === true ? null : undefined
}

/** A whole number of an answer, null for an empty cell. @throws StoreError `unavailable`: another program writes there */
export function integerOf(cell: unknown): number | null {
  if (cell === null || cell === undefined) return null
  if (typeof cell !== 'number' || !Number.isSafeInteger(cell))
    throw new StoreError('unavailable', `expected a whole number in an answer of InfluxDB, got ${JSON.stringify(cell)}`)
  return cell
}

export function textOf(cell: unknown): string {
  if (typeof cell !== 'string')
    throw new StoreError('unavailable', `expected a text in an answer of InfluxDB, got ${JSON.stringify(cell)}`)
  return cell
}
