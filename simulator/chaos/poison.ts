import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { encode } from 'cborg'
import { JournalFile, type VersionedReading } from '#gateway/journal'
import { Session } from '#mqtt'
import { type Batch, countOf, decodeAck, encodeBatch, type JournalledReading, LANES, topic } from '#wire'
import { decodeBatchHead } from '#wire/decode'
import type { ChaosRun } from './chaos-row.ts'
import { type Feed, fedRow } from './fed-row.ts'
import { RowAccount } from './row-account.ts'
import { prove, type SuiteOptions } from './suite.ts'
import { until } from './until.ts'

const GOOD_ROWS = { short: 20_000, full: 1_000_000 } as const
/** Poison rows, each refused by name; and messages of which not even the head can be believed. */
const POISON_ROWS = { short: 200, full: 2000 } as const
const POISON_MESSAGES = { short: 20, full: 200 } as const
/** Good rows around each poison row in its batch. */
const AROUND = 4
const COMMIT_ROWS = 500
/** Batches of one gateway without an answer. */
const UNANSWERED_MAX = 16
const ANSWER_MS = 300_000
const STALL_MS_MAX = 1000
const EPOCH = '0123456789abcdef'

/** Rows that can never be stored, each for another reason. */
const POISONS: readonly ((row: JournalledReading) => JournalledReading)[] = [
  (row) => ({ ...row, at: Date.UTC(1999, 0, 1) }),
  (row) => ({ ...row, at: row.at + 400 * 86_400_000 }),
  (row) => ({ ...row, device: 'line\nbreak' }),
  (row) => ({ ...row, device: 'a device, with=signs' }),
  (row) => ({ ...row, point: 'No Point' }),
  (row) => ({ ...row, point: '../level' }),
]

/** T21: rows and messages that can never be stored come between a million good ones. */
export async function* poisonSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  yield await prove('T21', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const origin = Math.floor(Date.now() / 3_600_000) * 3_600_000 - GOOD_ROWS[options.size]
    const good = new RowAccount({ gateway: 'g1', series: 10, origin })
    const mixed = new RowAccount({ gateway: 'g2', series: 10, origin })
    const clean = sealBatches(join(stage.folder, 'good.db'), good, GOOD_ROWS[options.size])
    const poisoned = poisonBatches(mixed, POISON_ROWS[options.size])
    const garbage = Array.from({ length: POISON_MESSAGES[options.size] }, (_, index) => garbageOf(index))
    const run = (gateway: string, batches: readonly Uint8Array[]) => sendAll({ broker: cloud.brokerUrl, gateway, batches }, stop)
    const [first, second] = await Promise.all([run('g1', clean), run('g2', interleave(poisoned, garbage))])
    const isRead = await until(() => cloud.isSettled(), ANSWER_MS, stop)
    const troubles = [...first.troubles, ...second.troubles, ...(isRead ? [] : ['expected everything to be read'])]
    if (second.refused !== POISON_ROWS[options.size])
      troubles.push(`expected ${POISON_ROWS[options.size]} rows refused by seq, got ${second.refused}`)
    if (first.refused > 0) troubles.push(`expected no good row refused, got ${first.refused}`)
    if (options.size === 'full' && first.stallMs > STALL_MS_MAX)
      troubles.push(`expected no wait beyond ${STALL_MS_MAX} ms for an answer, the longest took ${first.stallMs}`)
    await cloud.stop()
    return {
      faults: POISON_ROWS[options.size] + garbage.length,
      refused: new Map([['g2', POISON_ROWS[options.size]]]),
      accounts: [good, mixed],
      notes: [
        `${second.refused} rows refused by seq, ${garbage.length} messages that are none; the longest wait for an answer ${first.stallMs} ms`,
      ],
      troubles,
    }
  })
}

/** Rows of all lanes, as a real journal seals them. */
function sealBatches(file: string, account: RowAccount, rows: number): Uint8Array[] {
  using journal = new JournalFile({ file, gateway: account.feed.gateway })
  for (let from = 0; from < rows; from += COMMIT_ROWS) {
    const portion = Array.from({ length: Math.min(COMMIT_ROWS, rows - from) }, (_, index) => fedRow(account.feed, from + index))
    const readings = portion.flatMap((row) => (row.lane === 'reading' ? [row.reading] : []))
    const events = portion.flatMap((row) => (row.lane === 'reading' ? [] : [row.event]))
    journal.append({
      readings,
      events,
      states: [],
      commit: { boot: 'chaos', journalled: account.feed.origin + from, mono: from },
    })
  }
  account.accept(0, rows - 1)
  return LANES.flatMap((lane) => {
    const batches: Uint8Array[] = []
    for (let batch = journal.next(lane, 0); batch !== null; batch = journal.next(lane, batch.last)) batches.push(batch.bytes)
    return batches
  })
}

/** Batches that hold one poison row each, between good ones. */
function poisonBatches(account: RowAccount, count: number): Uint8Array[] {
  const readings = fedReadings(account)
  let seq = 0
  return Array.from({ length: count }, (_, index) => {
    const rows = Array.from({ length: 2 * AROUND + 1 }, (_, place): JournalledReading => {
      seq += 1
      const commit = { boot: 'chaos', journalled: account.feed.origin, mono: seq }
      const poison = POISONS[index % POISONS.length]
      const { value: reading } = place === AROUND ? { value: exampleOf(account.feed) } : readings.next()
      const row: JournalledReading = { ...reading, seq, n: 0, commit }
      return place === AROUND && poison ? poison(row) : row
    })
    const batch: Batch = {
      gateway: account.feed.gateway,
      epoch: EPOCH,
      lane: 'reading',
      first: seq - 2 * AROUND,
      last: seq,
      rows,
    }
    return encodeBatch(batch)
  })
}

/** The readings of a feed, each accepted as it is taken. */
function* fedReadings(account: RowAccount): Generator<VersionedReading, never, undefined> {
  for (let k = 0; ; k++) {
    const row = fedRow(account.feed, k)
    if (row.lane !== 'reading') continue
    account.accept(k, k)
    yield row.reading
  }
}

function exampleOf(feed: Feed): VersionedReading {
  const row = fedRow(feed, 0)
  if (row.lane !== 'reading') throw new Error('expected a reading as row 0')
  return row.reading
}

/** Messages of which nobody can say which rows they are. */
function garbageOf(index: number): Uint8Array {
  const kinds = [
    () => randomBytes(200),
    () => new Uint8Array(0),
    () => Buffer.from('{"json":1e400}'),
    () =>
      encode({
        v: 1,
        gateway: 'g2',
        epoch: 'not hexadecimal',
        lane: 'reading',
        first: 1,
        last: 1,
        rows: 1,
        crc: 0,
        body: new Uint8Array(4),
      }),
    () =>
      encode({
        v: 1,
        gateway: 'another',
        epoch: EPOCH,
        lane: 'reading',
        first: 1,
        last: 1,
        rows: 1,
        crc: 0,
        body: new Uint8Array(4),
      }),
    () => encode(Array.from({ length: 1000 }, () => Number.NaN)),
  ]
  return (kinds[index % kinds.length] as () => Uint8Array)()
}

function interleave(some: readonly Uint8Array[], others: readonly Uint8Array[]): Uint8Array[] {
  const every = Math.max(1, Math.floor(some.length / Math.max(1, others.length)))
  return some.flatMap((bytes, index) => {
    const other = index % every === 0 ? others[index / every] : undefined
    return other ? [other, bytes] : [bytes]
  })
}

interface Sent {
  readonly refused: number
  /** The longest time between two answers while some were owed. */
  readonly stallMs: number
  readonly troubles: string[]
}

/** A gateway that only sends, with a bounded number of batches under way, until every row of the readable ones is answered. */
async function sendAll(
  { broker, gateway, batches }: { readonly broker: string; readonly gateway: string; readonly batches: readonly Uint8Array[] },
  stop: AbortSignal,
): Promise<Sent> {
  let [answered, refused, stallMs] = [0, 0, 0]
  let heardAt = performance.now()
  const onMessage = (_: string, payload: Uint8Array): void => {
    const ack = decodeAck(payload)
    const no = ack.refused.reduce((sum, [first, last]) => sum + last - first + 1, 0)
    answered += countOf(ack.ranges) + no
    refused += no
    heardAt = performance.now()
  }
  await using session = await Session.open({ url: broker, clientId: `sluice-${gateway}`, onMessage }, stop)
  await session.subscribe(topic(gateway, 'ack'))
  let owed = 0
  for (const [index, bytes] of batches.entries()) {
    owed += rowsOf(bytes, gateway)
    await session.publish(topic(gateway, 'up'), bytes)
    if (index % UNANSWERED_MAX > 0 && index < batches.length - 1) continue
    heardAt = performance.now()
    const isAnswered = await until(
      () => {
        stallMs = Math.max(stallMs, Math.round(performance.now() - heardAt))
        return answered >= owed
      },
      ANSWER_MS,
      stop,
    )
    if (!isAnswered) return { refused, stallMs, troubles: [`expected answers for ${owed} rows of ${gateway}, got ${answered}`] }
  }
  return { refused, stallMs, troubles: [] }
}

/** Rows that are owed an answer; none where not even the head can be believed. */
function rowsOf(bytes: Uint8Array, gateway: string): number {
  try {
    const head = decodeBatchHead(bytes)
    return head.gateway === gateway ? head.rows : 0
  } catch {
    return 0
  }
}
