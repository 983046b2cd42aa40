import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { decode, encode } from 'cborg'
import pino from 'pino'
import { Type } from 'typebox'
import { Value as Schema } from 'typebox/value'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Inbox, Ingest } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords } from '#cloud/store'
import { wallClock } from '#devices'
import type { Connection } from '#mqtt'
import { decodeStatus, encodeBatch, encodeStatus, LANES, type Status } from '#wire'
import { decodeBatch } from '#wire/decode'

const RELEASE = new URL('../../simulator/e2e/fixtures/release-0.1/', import.meta.url).pathname
const EPOCH = '0123456789abcdef'
const NOON = Date.UTC(2026, 6, 1, 4)
const log = pino({ enabled: false })

/** What release 0.1 takes for an acknowledgement, to the letter: one field more and it drops it. */
const AckOfRelease01 = Type.Object(
  {
    epoch: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    lane: Type.Enum(['alarm', 'event', 'reading']),
    ranges: Type.Array(Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 })]), { maxItems: 1000 }),
    refused: Type.Array(
      Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 }), Type.String({ maxLength: 200 })]),
      { maxItems: 1000 },
    ),
    credit: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-compat-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const messages = readFileSync(join(RELEASE, 'messages.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line): { topic: string; bytes: Buffer } => {
    const { topic, hex } = JSON.parse(line)
    return { topic, bytes: Buffer.from(hex, 'hex') }
  })

const helloOf = (change: Partial<Status> = {}): Status => {
  const lane = { issued: 0, oldest: 0 }
  return {
    online: true,
    wire: 1,
    schema: 1,
    version: '0.1.0',
    epoch: EPOCH,
    boot: 'b1',
    config: 'c',
    clock: { now: NOON, speed: 1, trusted: true },
    lanes: { alarm: lane, event: lane, reading: lane },
    ...change,
  }
}

const eventBatch = (seq: number, kind = 'gateway.started') =>
  encodeBatch({
    gateway: 'g',
    epoch: EPOCH,
    lane: 'event',
    first: seq,
    last: seq,
    rows: [{ seq, event: { id: `e${seq}`, kind, at: NOON, body: {} } }],
  })

/** A cloud in this process whose only peer is the test: what it publishes, and how to say something to it. */
async function openCloud() {
  await using parts = new AsyncDisposableStack()
  const said: { topic: string; payload: Uint8Array }[] = []
  const ready = Promise.withResolvers<(topic: string, payload: Uint8Array) => void>()
  const records = parts.use(await openRecords(join(folder, 'records.db')))
  const series = parts.use(await openEmbeddedSeries(join(folder, 'series.db')))
  const ingest = parts.use(
    await Ingest.start({
      brokerUrl: 'test://',
      inboxFile: join(folder, 'inbox.db'),
      records,
      series,
      rules: [],
      clock: wallClock(),
      log,
      connect: async ({ onMessage }): Promise<Connection> => ({
        closed: new AbortController().signal,
        async subscribe(name) {
          if (name.endsWith('/up')) ready.resolve((topic, payload) => onMessage(topic, payload, false))
        },
        async publish(topic, payload) {
          said.push({ topic, payload: Buffer.from(payload) })
        },
        abort() {},
        async [Symbol.asyncDispose]() {},
      }),
    }),
  )
  const tell = await ready.promise
  const opened = parts.move()
  return { records, series, ingest, said, tell, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}

test("the stores of release 0.1 open, are brought up to date after a copy, and hold every row; its gateway's batches are taken", async () => {
  for (const name of ['inbox.db', 'records.db', 'series.db']) cpSync(join(RELEASE, name), join(folder, name))
  expect(() => new Inbox(join(folder, 'inbox.db'), { readonly: true })).toThrow('its writer brings it up to date')
  {
    using inbox = new Inbox(join(folder, 'inbox.db'))
    expect(inbox.newest).toBeGreaterThan(0)
    const rows = inbox.after(0, 10_000).reduce((sum, { batch }) => sum + batch.rows.length, 0)
    expect(rows).toBe(Object.values(inbox.rows).reduce((sum, count) => sum + count, 0))
  }
  expect(existsSync(join(folder, 'inbox.db.before-2'))).toBe(true)
  await using cloud = await openCloud()
  expect(
    existsSync(join(folder, 'records.db.before-0004-doubt')) || existsSync(join(folder, 'records.db.before-0003-clock')),
  ).toBe(true)
  const seqs = new Map(LANES.map((lane) => [lane, new Set<number>()]))
  for (const { topic, bytes } of messages) {
    const { lane, rows } = decodeBatch(bytes)
    for (const { seq } of rows as readonly { seq: number }[]) seqs.get(lane)?.add(seq)
    cloud.tell(topic, bytes)
  }
  const acked = () => cloud.said.map(({ payload }) => decode(payload) as { lane: string; ranges: [number, number][] })
  const isAcked = (lane: string, seq: number) =>
    acked().some((ack) => ack.lane === lane && ack.ranges.some(([first, last]) => seq >= first && seq <= last))
  await until(() => [...seqs].every(([lane, all]) => [...all].every((seq) => isAcked(lane, seq))))
  for (const ack of acked()) expect(Schema.Check(AckOfRelease01, ack)).toBe(true)
  await until(() => cloud.ingest.state.readers.every(({ cursor }) => cursor === cloud.ingest.state.inbox.newest))
  expect(await cloud.series.count()).toBeGreaterThanOrEqual(seqs.get('reading')?.size ?? 0)
})

test('what a gateway does not know it is not told: the time goes to those that say they are newer', async () => {
  await using cloud = await openCloud()
  cloud.tell('sluice/1/g/status', Buffer.from(encodeStatus(helloOf({ schema: 1 }))))
  cloud.tell('sluice/1/g/up', eventBatch(1))
  await until(() => cloud.said.length === 1)
  expect(Schema.Check(AckOfRelease01, decode(cloud.said[0]?.payload ?? Buffer.alloc(0)))).toBe(true)
  cloud.tell('sluice/1/g/status', Buffer.from(encodeStatus(helloOf({ schema: 2 }))))
  cloud.tell('sluice/1/g/up', eventBatch(2))
  await until(() => cloud.said.length === 2)
  expect(decode(cloud.said[1]?.payload ?? Buffer.alloc(0))).toMatchObject({ ranges: [[2, 2]], now: expect.any(Number) })
})

test('a gateway one release ahead is heard: unknown fields, kinds and reasons pass, and a kind that nobody knows is kept', async () => {
  const later = { ...helloOf({ schema: 3, version: '9.0.0' }), mood: 'fine' }
  expect(decodeStatus(Buffer.from(JSON.stringify(later)))).toMatchObject({ schema: 3 })
  await using cloud = await openCloud()
  cloud.tell('sluice/1/g/status', Buffer.from(JSON.stringify(later)))
  cloud.tell(
    'sluice/1/g/up',
    withBody(eventBatch(1, 'moon.rises'), ([[seq, event]]) => [[seq, { ...event, colour: 'red' }]]),
  )
  const reading = {
    seq: 1,
    device: 'd',
    point: 'p',
    hash: '00112233445566aa',
    at: NOON,
    n: 0,
    value: null,
    quality: 'bad',
    reason: 'timeout',
    commit: { boot: 'b', journalled: NOON, mono: 0 },
  } as const
  const readings = encodeBatch({ gateway: 'g', epoch: EPOCH, lane: 'reading', first: 1, last: 1, rows: [reading] })
  cloud.tell(
    'sluice/1/g/up',
    withBody(readings, (columns) => ({ ...columns, tide: ['low'], quality: [[columns.quality[0][0], 99, 1]] })),
  )
  await until(() => cloud.ingest.state.readers.every(({ cursor }) => cursor === 2))
  expect(await cloud.records.db.selectFrom('event').select('kind').execute()).toEqual([{ kind: 'moon.rises' }])
  const page = await cloud.series.range({ device: 'd', point: 'p', from: 0, to: 1e13, limit: 10 })
  expect(page.rows).toMatchObject([{ quality: 'bad', reason: 'unknown' }])
})

test('a batch of a later wire version is neither taken nor refused: its gateway keeps it, and it is counted', async () => {
  await using cloud = await openCloud()
  const later = encode({ ...(decode(eventBatch(1)) as object), v: 2 })
  cloud.tell('sluice/1/g/up', later)
  cloud.tell('sluice/1/g/up', eventBatch(2))
  await until(() => cloud.said.length === 1)
  expect(decode(cloud.said[0]?.payload ?? Buffer.alloc(0))).toMatchObject({ ranges: [[2, 2]], refused: [] })
  expect(cloud.ingest.state.inbox).toMatchObject({ ahead: 1, unreadable: 0, refused: 0, newest: 1 })
})

/** The same batch with its body changed, as a later release would have made it. */
// biome-ignore lint/suspicious/noExplicitAny: what a later release says has no type here
function withBody(bytes: Uint8Array, change: (body: any) => unknown): Uint8Array {
  const { body, ...head } = decode(bytes) as { body: Uint8Array; crc: number }
  const changed = deflateRawSync(encode(change(decode(inflateRawSync(body)))))
  return encode({ ...head, crc: crc32(changed), body: changed })
}
