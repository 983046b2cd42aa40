import { QUALITIES, REASONS, type Value } from '#devices/reading'
import type { JournalledReading } from './journalled.ts'

/**
 * Readings as columns, because columns deflate to a few bytes a row. Names stand once in a table and are counted from 0; a run is a value
 * with how many rows it lasts; a delta is the difference to the row before, or for a value to the row of the same device and point before.
 */
export interface Columns {
  /** Device id, and its profile version as index in hashes. */
  readonly devices: [device: string, hash: number][]
  readonly points: string[]
  readonly hashes: string[]
  readonly commits: [boot: string, journalled: number, mono: number, rows: number][]
  /** Runs of consecutive seqs. */
  readonly seq: [first: number, rows: number][]
  readonly device: [index: number, rows: number][]
  readonly point: number[]
  /** Deltas. */
  readonly at: number[]
  readonly n: [n: number, rows: number][]
  /** Integers as deltas. */
  readonly value: Value[]
  /** Quality, and reason + 1 or 0, by their places in the vocabulary. */
  readonly quality: [quality: number, reason: number, rows: number][]
}

/** Readings, ascending in seq, as the columns that go on the wire. */
export function encodeReadings(rows: readonly JournalledReading[]): Columns {
  const devices = new Table<string>()
  const points = new Table<string>()
  const hashes = new Table<string>()
  const columns: Columns = {
    devices: [],
    points: points.entries,
    hashes: hashes.entries,
    commits: [],
    seq: [],
    device: [],
    point: [],
    at: [],
    n: [],
    value: [],
    quality: [],
  }
  const previous = new Map<string, number>()
  let lastAt = 0
  for (const row of rows) {
    const device = devices.indexOf(`${row.device} ${row.hash}`)
    if (device === columns.devices.length) columns.devices.push([row.device, hashes.indexOf(row.hash)])
    const { boot, journalled, mono } = row.commit
    const commit = columns.commits.at(-1)
    if (commit && commit[0] === boot && commit[1] === journalled && commit[2] === mono) commit[3] += 1
    else columns.commits.push([boot, journalled, mono, 1])
    const seq = columns.seq.at(-1)
    if (seq && seq[0] + seq[1] === row.seq) seq[1] += 1
    else columns.seq.push([row.seq, 1])
    pushRun(columns.device, device)
    columns.point.push(points.indexOf(row.point))
    columns.at.push(row.at - lastAt)
    lastAt = row.at
    pushRun(columns.n, row.n)
    const key = `${device} ${row.point}`
    if (typeof row.value === 'number') {
      columns.value.push(row.value - (previous.get(key) ?? 0))
      previous.set(key, row.value)
    } else columns.value.push(row.value)
    const quality = QUALITIES.indexOf(row.quality)
    const reason = row.reason === undefined ? 0 : REASONS.indexOf(row.reason) + 1
    const run = columns.quality.at(-1)
    if (run && run[0] === quality && run[1] === reason) run[2] += 1
    else columns.quality.push([quality, reason, 1])
  }
  return columns
}

function pushRun(runs: [number, number][], value: number): void {
  const run = runs.at(-1)
  if (run && run[0] === value) run[1] += 1
  else runs.push([value, 1])
}

/** Names in order of first use. */
class Table<T> {
  readonly entries: T[] = []
  readonly #indexes = new Map<T, number>()
  indexOf(entry: T): number {
    const known = this.#indexes.get(entry)
    if (known !== undefined) return known
    this.#indexes.set(entry, this.entries.length)
    return this.entries.push(entry) - 1
  }
}
