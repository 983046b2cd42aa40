import { type Static, Type } from 'typebox'
import { Value as Schema } from 'typebox/value'
import { QUALITIES, type Quality, REASONS, type Reason, type Value } from '#devices'
import type { Commit, JournalledReading } from './journalled.ts'
import { SyncError } from './sync-error.ts'

const Index = Type.Integer({ minimum: 0 })
const Name = Type.String({ minLength: 1, maxLength: 48 })

/**
 * Readings as columns, because columns deflate to a few bytes a row. Names stand once in a table and are counted from 0; a run is a value
 * with how many rows it lasts; a delta is the difference to the row before, or for a value to the row of the same device and point before.
 */
const Columns = Type.Object(
  {
    devices: Type.Array(Type.Tuple([Name, Index]), { description: 'device id and its profile version as index in hashes' }),
    points: Type.Array(Name),
    hashes: Type.Array(Type.String({ pattern: '^[0-9a-f]{16}$' })),
    commits: Type.Array(
      Type.Tuple([Type.String({ maxLength: 32 }), Type.Integer(), Type.Integer(), Type.Integer({ minimum: 1 })]),
      {
        description: 'boot, journal time, monotonic time, rows',
      },
    ),
    seq: Type.Array(Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 })]), {
      description: 'runs of consecutive seqs: first, rows',
    }),
    device: Type.Array(Type.Tuple([Index, Type.Integer({ minimum: 1 })]), { description: 'runs' }),
    point: Type.Array(Index),
    at: Type.Array(Type.Integer(), { description: 'deltas' }),
    n: Type.Array(Type.Tuple([Index, Type.Integer({ minimum: 1 })]), { description: 'runs' }),
    value: Type.Array(Type.Union([Type.Integer(), Type.Boolean(), Type.String(), Type.Null()]), {
      description: 'integers as deltas',
    }),
    quality: Type.Array(Type.Tuple([Index, Index, Type.Integer({ minimum: 1 })]), {
      description: 'runs: quality, reason + 1 or 0, rows',
    }),
  },
  { additionalProperties: false },
)
type Columns = Static<typeof Columns>

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

/** @throws SyncError `malformed` where columns disagree with each other or with the count. */
export function decodeReadings(content: unknown, count: number): JournalledReading[] {
  if (!Schema.Check(Columns, content)) throw new SyncError('malformed', 'expected the columns of readings')
  const { devices, points, hashes } = content
  if (content.point.length !== count || content.at.length !== count || content.value.length !== count)
    throw new SyncError('malformed', `expected columns of ${count} rows`)
  const seqs = expand(content.seq, count, (first, offset) => first + offset)
  const deviceOf = expand(content.device, count, (index) => at(devices, index))
  const ns = expand(content.n, count, (n) => n)
  const commits = expand(
    content.commits.map(([boot, journalled, mono, rows]): [Commit, number] => [{ boot, journalled, mono }, rows]),
    count,
    (commit) => commit,
  )
  const qualities = expand(
    content.quality.map(([quality, reason, rows]): [Judged, number] => [judged(quality, reason), rows]),
    count,
    (quality) => quality,
  )
  const previous = new Map<string, number>()
  let time = 0
  return content.point.map((pointIndex, index) => {
    const [device, hash] = at(deviceOf, index)
    const point = at(points, pointIndex)
    time += at(content.at, index)
    let value: Value = at(content.value, index)
    if (typeof value === 'number') {
      const key = `${device} ${hash} ${point}`
      value += previous.get(key) ?? 0
      if (!Number.isSafeInteger(value)) throw new SyncError('malformed', 'expected safe integers')
      previous.set(key, value)
    }
    return {
      seq: at(seqs, index),
      device,
      point,
      hash: at(hashes, hash),
      at: time,
      n: at(ns, index),
      value,
      ...at(qualities, index),
      commit: at(commits, index),
    }
  })
}

interface Judged {
  readonly quality: Quality
  readonly reason?: Reason
}

function judged(quality: number, reason: number): Judged {
  return { quality: at(QUALITIES, quality), ...(reason > 0 && { reason: at(REASONS, reason - 1) }) }
}

function pushRun(runs: [number, number][], value: number): void {
  const run = runs.at(-1)
  if (run && run[0] === value) run[1] += 1
  else runs.push([value, 1])
}

/** Runs as one entry a row. */
function expand<T, R>(runs: readonly (readonly [T, number])[], count: number, entry: (value: T, offset: number) => R): R[] {
  const rows: R[] = []
  for (const [value, length] of runs) {
    if (rows.length + length > count) break
    for (let offset = 0; offset < length; offset++) rows.push(entry(value, offset))
  }
  if (rows.length !== count || runs.reduce((sum, [, length]) => sum + length, 0) !== count)
    throw new SyncError('malformed', `expected runs of ${count} rows`)
  return rows
}

function at<T>(list: readonly T[], index: number): T {
  const entry = list[index]
  if (entry === undefined) throw new SyncError('malformed', `expected an index below ${list.length}, got ${index}`)
  return entry
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
