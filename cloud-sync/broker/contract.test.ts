import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BrokerProcess, MosquittoProcess } from '#cloud/broker'
import { auditFiles, Ingest } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords } from '#cloud/store'
import { wallClock } from '#devices'
import { openOutflow } from '#gateway'
import { Session } from '#mqtt'
import { decodeStatus, type Status } from '#wire'

const log = pino({ enabled: false })
const clock = wallClock()
const never = new AbortController().signal
const GATEWAYS = ['a', 'b', 'c']
const START = Date.now() - 3_600_000
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-contract-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** A broker in a process of its own that can lose all it remembers. */
interface KillableBroker extends AsyncDisposable {
  readonly url: string
  /** kill -9, what it remembered is gone, and it is there again on its port. */
  replace(): Promise<void>
}

async function openAedes(): Promise<KillableBroker> {
  const broker = await BrokerProcess.open({ host: '127.0.0.1', port: 0, log })
  return {
    url: broker.url,
    async replace() {
      const { pid } = broker
      process.kill(pid, 'SIGKILL')
      await until(() => broker.numbers === null || broker.pid !== pid)
      await until(() => broker.pid !== 0 && broker.pid !== pid)
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

async function openMosquitto(settings: readonly string[] = []): Promise<KillableBroker & { readonly log: string }> {
  const broker = await MosquittoProcess.start(join(folder, 'mosquitto'), { settings })
  return {
    url: broker.url,
    get log() {
      return broker.log
    },
    replace: () => broker.restart({ isWiped: true }),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

/** The cloud's end, with its files in the test's folder. */
async function openCloudEnd(brokerUrl: string) {
  await using parts = new AsyncDisposableStack()
  const records = parts.use(await openRecords(join(folder, 'records.db')))
  const series = parts.use(await openEmbeddedSeries(join(folder, 'series.db')))
  const ingest = parts.use(
    await Ingest.start({ brokerUrl, inboxFile: join(folder, 'inbox.db'), records, series, rules: [], clock, log }),
  )
  const opened = parts.move()
  return { ingest, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const openGatewayEnd = (gateway: string, broker: string) =>
  openOutflow({
    config: { gateway, data: join(folder, gateway), broker, hash: '0011223344556677' },
    version: 'test',
    clock,
    random: Math.random,
    log,
  })

/** Readings whose values nothing compresses, as noise does not. */
const noise = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    device: 'd',
    point: 'p',
    hash: '00112233445566aa',
    at: START + (from + index) * 1000,
    value: Math.floor(Math.random() * 0x7fff_ffff),
    quality: 'good' as const,
  }))

/** What the cloud durably has of the readings of each gateway. */
async function received(): Promise<Record<string, number>> {
  const { ok, gateways } = await auditFiles({ inbox: join(folder, 'inbox.db'), records: join(folder, 'records.db') })
  expect(ok).toBe(true)
  return Object.fromEntries(gateways.filter(({ lane }) => lane === 'reading').map((lane) => [lane.gateway, lane.received]))
}

describe.each([
  ['the embedded broker', openAedes],
  ['Mosquitto', openMosquitto],
] as const)('%s', (_, open) => {
  test('carries every row, and is killed and wiped again and again without one being lost', async () => {
    await using broker = await open()
    await using cloud = await openCloudEnd(broker.url)
    await using parts = new AsyncDisposableStack()
    const sites = await Promise.all(GATEWAYS.map(async (id) => parts.use(await openGatewayEnd(id, broker.url))))
    let issued = 0
    const add = async () => {
      for (const { journal } of sites) await journal.add(noise(issued, 200))
      issued += 200
    }
    await add()
    await until(() => sites.every(({ journal }) => journal.lanes.reading.issued > 0 && journal.lanes.reading.waiting === 0))
    for (let round = 0; round < 3; round++) {
      await add()
      await broker.replace()
      await add()
    }
    await until(() =>
      sites.every(({ journal }) => journal.lanes.reading.issued === issued && journal.lanes.reading.waiting === 0),
    )
    expect(cloud.ingest.state.rows.reading).toBe(issued * GATEWAYS.length)
    expect(await received()).toEqual(Object.fromEntries(GATEWAYS.map((id) => [id, issued])))
  })

  test('keeps a status for who comes later, and says the last will of who vanishes', async () => {
    await using broker = await open()
    const lane = { issued: 1, oldest: 0 }
    const status = (online: boolean): Status => ({
      online,
      wire: 1,
      schema: 1,
      version: '0',
      epoch: '0123456789abcdef',
      boot: 'b',
      config: 'c',
      clock: { now: 1, speed: 1, trusted: true },
      lanes: { alarm: lane, event: lane, reading: lane },
    })
    const will = { topic: 'sluice/1/g/status', payload: JSON.stringify(status(false)) }
    const gateway = await Session.open({ url: broker.url, clientId: 'sluice-g', will, onMessage: () => {} }, never)
    await gateway.publish(will.topic, JSON.stringify(status(true)), { retain: true })
    const heard: string[] = []
    await using late = await Session.open(
      {
        url: broker.url,
        clientId: 'cloud-late',
        onMessage: (_topic, payload, isRetained) => heard.push(`${decodeStatus(payload).online} ${isRetained}`),
      },
      never,
    )
    await late.subscribe('sluice/1/+/status')
    await until(() => heard.length === 1)
    gateway.abort()
    await until(() => heard.length === 2)
    expect(heard).toEqual(['true true', 'false false'])
  })
})

test('a Mosquitto that lets hardly anything be under way, and drops what is more, loses nothing in the end', async () => {
  await using broker = await openMosquitto(['max_inflight_messages 1', 'max_queued_messages 1'])
  await using _ = await openCloudEnd(broker.url)
  await using parts = new AsyncDisposableStack()
  const sites = await Promise.all(GATEWAYS.map(async (id) => parts.use(await openGatewayEnd(id, broker.url))))
  const issued = 3000
  for (const { journal } of sites) await journal.add(noise(0, issued))
  await until(() => sites.every(({ journal }) => journal.lanes.reading.issued === issued && journal.lanes.reading.waiting === 0))
  expect(await received()).toEqual(Object.fromEntries(GATEWAYS.map((id) => [id, issued])))
})

// Both limits are there: one makes Mosquitto end the connection, the other makes it acknowledge the message and drop it.
test.each([
  ['max_packet_size 2000', /oversize packet/i],
  ['message_size_limit 2000', /too large PUBLISH/i],
])(
  'a Mosquitto with %s gets larger batches in smaller pieces, and every row is through',
  async (setting, said) => {
    await using broker = await openMosquitto([setting, 'log_type all'])
    await using _ = await openCloudEnd(broker.url)
    await using site = await openGatewayEnd('a', broker.url)
    const isThrough = (rows: number) =>
      until(() => site.journal.lanes.reading.issued === rows && site.journal.lanes.reading.waiting === 0)
    await site.journal.add(noise(0, 100))
    await isThrough(100)
    await site.journal.add(noise(100, 900))
    await isThrough(1000)
    expect(broker.log).toMatch(said)
    expect(await received()).toEqual({ a: 1000 })
  },
  120_000,
)
