import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { QUALITIES, type Quality, REASONS, type Reason, type Value } from '#devices'
import type { Commit, JournalledReading } from '../batch/index.ts'
import { SyncError } from '../sync-error.ts'

const Index = Type.Integer({ minimum: 0 })
const Name = Type.String({ minLength: 1, maxLength: 48 })

/** The columns that `encodeReadings` makes, as they are checked when they come; a column that a later gateway adds is passed over. */
const Columns = Type.Object({
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
  value: Type.Array(Type.Unknown(), { description: 'integers as deltas' }),
  quality: Type.Array(Type.Tuple([Index, Index, Type.Integer({ minimum: 1 })]), {
    description: 'runs: quality, reason + 1 or 0, rows',
  }),
})

/** Compiled, for every value of every batch goes through it. */
const columns = Compile(Columns)

/** A number that is no safe integer comes as NaN, for its row to be refused. @throws SyncError `malformed` where columns disagree. */
export function decodeReadings(content: unknown, count: number): JournalledReading[] {
  if (!columns.Check(content)) throw new SyncError('malformed', 'expected the columns of readings')
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
    let value = checkedValue(content.value[index])
    if (typeof value === 'number') {
      const key = `${device} ${hash} ${point}`
      // What is no whole count is no reason to refuse the other series' rows; of this one all that follow are counted from it.
      value = wholeSum(value, previous.get(key) ?? 0)
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

/** Not by schema: one number that is none must be told from columns that are none. */
function checkedValue(entry: unknown): Value {
  if (entry === null || typeof entry === 'number' || typeof entry === 'boolean' || typeof entry === 'string') return entry
  throw new SyncError('malformed', `expected a value, got ${typeof entry}`)
}

/** NaN where either is no safe integer, or the sum is none. */
function wholeSum(delta: number, before: number): number {
  const sum = delta + before
  return Number.isSafeInteger(delta) && Number.isSafeInteger(sum) ? sum : Number.NaN
}

interface Judged {
  readonly quality: Quality
  readonly reason?: Reason
}

function judged(quality: number, reason: number): Judged {
  // A reason that a later gateway knows is no reason to refuse its rows.
  return { quality: at(QUALITIES, quality), ...(reason > 0 && { reason: REASONS[reason - 1] ?? 'unknown' }) }
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
