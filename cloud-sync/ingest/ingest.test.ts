import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Broker } from '#cloud/broker'
import { Ingest } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords } from '#cloud/store'
import { wallClock } from '#devices'
import { Session } from '#mqtt'
import { type Ack, type Batch, decodeAck, encodeBatch, encodeStatus, type JournalledReading, type SiteEvent } from '#wire'

const EPOCH = '0123456789abcdef'
const HASH = '00112233445566aa'
const log = pino({ enabled: false })
const clock = wallClock()
const never = new AbortController().signal
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-ingest-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** A cloud of broker, ingest and stores in this process, in the test's folder: opened again it finds what it had. */
async function openIngest(brokerUrl: string) {
  await using parts = new AsyncDisposableStack()
  const records = parts.use(await openRecords(join(folder, 'records.db')))
  const series = parts.use(await openEmbeddedSeries(join(folder, 'series.db')))
  const ingest = parts.use(
    await Ingest.start({ brokerUrl, inboxFile: join(folder, 'inbox.db'), records, series, rules: [], clock, log }),
  )
  const opened = parts.move()
  return { records, series, ingest, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function openGateway(url: string) {
  const acks: Ack[] = []
  const session = await Session.open(
    { url, clientId: 'sluice-g', onMessage: (_, payload) => acks.push(decodeAck(payload)) },
    never,
  )
  await session.subscribe('sluice/1/g/ack')
  return {
    acks,
    send: (batch: Batch) => session.publish('sluice/1/g/up', encodeBatch(batch)),
    session,
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

const name = { zh: '站', en: 'station' }
const described: SiteEvent = {
  id: 'described',
  kind: 'device.described',
  at: 1_782_864_000_000,
  device: 'd',
  body: {
    name,
    station: { id: 's', name },
    profile: 'x/y',
    hash: HASH,
    points: { p: { unit: 'm', decimals: 2, meaning: 'gauge', everyMs: 60_000 } },
  },
}
const events = (first: number, ...list: SiteEvent[]): Batch => ({
  gateway: 'g',
  epoch: EPOCH,
  lane: 'event',
  first,
  last: first + list.length - 1,
  rows: list.map((event, index) => ({ seq: first + index, event })),
})
const readings = (first: number, count: number): Batch => ({
  gateway: 'g',
  epoch: EPOCH,
  lane: 'reading',
  first,
  last: first + count - 1,
  rows: Array.from({ length: count }, (_, index): JournalledReading => {
    const seq = first + index
    return {
      seq,
      device: 'd',
      point: 'p',
      hash: HASH,
      at: 1_782_864_000_000 + seq * 1000,
      n: 0,
      value: seq,
      quality: 'good',
      commit: { boot: 'b', journalled: 0, mono: 0 },
    }
  }),
})

test('rows go into the inbox, are acknowledged, and come out of it into series and records', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using cloud = await openIngest(broker.url)
  await using gateway = await openGateway(broker.url)
  await until(() => cloud.ingest.state.isConnected)
  await gateway.send(readings(1, 100))
  await gateway.send(events(1, described))
  await until(() => gateway.acks.length === 2)
  await until(async () => (await cloud.series.count()) === 100)
  const latest = await cloud.records.db.selectFrom('latest').select(['at', 'value', 'quality']).execute()
  expect(latest).toEqual([{ at: 1_782_864_100_000, value: '100', quality: 'good' }])
  await until(async () => (await cloud.records.db.selectFrom('station').selectAll().execute()).length === 1)
})

test('the same batch again is acknowledged again and stored once, also by a cloud that was started anew', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using gateway = await openGateway(broker.url)
  for (const round of [1, 2, 3]) {
    await using cloud = await openIngest(broker.url)
    await until(() => cloud.ingest.state.isConnected)
    await gateway.send(readings(1, 10))
    await gateway.send(events(1, described))
    await until(() => gateway.acks.length === 2 * round)
    await until(() => cloud.ingest.state.readers.every(({ cursor }) => cursor === cloud.ingest.state.inbox.newest))
    expect(await cloud.series.count()).toBe(10)
    expect(await cloud.records.db.selectFrom('event').selectAll().execute()).toHaveLength(1)
  }
})

test('what is acknowledged while a reader cannot write is written when it can', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using gateway = await openGateway(broker.url)
  {
    await using cloud = await openIngest(broker.url)
    await until(() => cloud.ingest.state.isConnected)
    // The series store fails under the reader's hands.
    await cloud.series[Symbol.asyncDispose]()
    await gateway.send(readings(1, 10))
    await until(() => gateway.acks.length === 1)
    await until(() => cloud.ingest.state.readers.some(({ name, error }) => name === 'series' && error !== null))
  }
  await using cloud = await openIngest(broker.url)
  await until(async () => (await cloud.series.count()) === 10)
})

test('a status is kept: where the gateway stands, and when it goes', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using cloud = await openIngest(broker.url)
  await until(() => cloud.ingest.state.isConnected)
  await using gateway = await openGateway(broker.url)
  const lane = { issued: 7, oldest: 0 }
  const status = {
    online: true,
    wire: 1,
    schema: 1,
    version: '0',
    epoch: EPOCH,
    boot: 'b',
    config: 'c',
    clock: { now: 1, speed: 1, trusted: true },
    lanes: { alarm: lane, event: lane, reading: lane },
  }
  const online = async () =>
    (await cloud.records.db.selectFrom('gateway').select(['id', 'online']).execute()).map(({ id, online: is }) => `${id} ${is}`)
  await gateway.session.publish('sluice/1/g/status', encodeStatus(status), { retain: true })
  await until(async () => (await online()).join() === 'g 1')
  await gateway.session.publish('sluice/1/g/status', encodeStatus({ ...status, online: false }), { retain: true })
  await until(async () => (await online()).join() === 'g 0')
})

test('a gateway that was there before is asked to send again what nobody heard', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using gateway = await openGateway(broker.url)
  const lane = { issued: 1, oldest: 1 }
  const clockState = { now: 1, speed: 1, trusted: true }
  const lanes = { alarm: lane, event: lane, reading: lane }
  const status = {
    online: true,
    wire: 1,
    schema: 1,
    version: '0',
    epoch: EPOCH,
    boot: 'b',
    config: 'c',
    clock: clockState,
    lanes,
  }
  await gateway.session.publish('sluice/1/g/status', encodeStatus(status), { retain: true })
  await using _ = await openIngest(broker.url)
  await until(() => gateway.acks.length === 1)
  expect(gateway.acks[0]).toMatchObject({ epoch: EPOCH, ranges: [], refused: [] })
})

test('the readers read also what comes when an older copy of the inbox, or none, was put in its place', async () => {
  await using broker = await Broker.open({ host: '127.0.0.1', port: 0, log })
  await using gateway = await openGateway(broker.url)
  const send = async (...batches: Batch[]) => {
    await using cloud = await openIngest(broker.url)
    await until(() => cloud.ingest.state.isConnected)
    for (const batch of batches) await gateway.send(batch)
    await until(async () => (await cloud.series.count()) === batches.at(-1)?.last)
  }
  await send(events(1, described), readings(1, 1), readings(2, 1), readings(3, 1))
  for (const end of ['', '-wal', '-shm']) rmSync(join(folder, 'inbox.db') + end, { force: true })
  await send(readings(4, 1))
})
