import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import pino from 'pino'
import { expect, test } from 'vitest'
import { wallClock } from '#devices'
import { Session } from '#mqtt'
import { type Outbox, type OutgoingBatch, Uplink } from '#uplink'
import { type Ack, decodeStatus, encodeAck, LANES, type Lane, renewal, type Status } from '#wire'

const EPOCH = '0123456789abcdef'
const log = pino({ enabled: false })

/** An outbox in memory: a row is its seq, a batch is up to ten rows. */
class MemoryOutbox implements Outbox {
  epoch = EPOCH
  readonly boot = 'boot'
  readonly #rows: Record<Lane, number[]> = { alarm: [], event: [], reading: [] }
  readonly #issued: Record<Lane, number> = { alarm: 0, event: 0, reading: 0 }
  readonly #listeners = new Set<() => void>()

  add(lane: Lane, count: number): void {
    for (let row = 0; row < count; row++) this.#rows[lane].push(++this.#issued[lane])
    for (const listener of this.#listeners) listener()
  }
  get lanes(): Outbox['lanes'] {
    const of = (lane: Lane) => ({
      issued: this.#issued[lane],
      oldest: this.#rows[lane][0] ?? 0,
      waiting: this.#rows[lane].length,
    })
    return { alarm: of('alarm'), event: of('event'), reading: of('reading') }
  }
  async next(lane: Lane, after: number): Promise<OutgoingBatch | null> {
    const rows = this.#rows[lane].filter((seq) => seq > after).slice(0, 10)
    const [first, last] = [rows[0], rows.at(-1)]
    return first === undefined || last === undefined
      ? null
      : { lane, first, last, rows: rows.length, bytes: Buffer.from(`${lane} ${first} ${last}`) }
  }
  async reseal(): Promise<void> {}
  async settle({ lane, ranges, refused }: Ack): Promise<void> {
    const gone = [...ranges, ...refused]
    this.#rows[lane] = this.#rows[lane].filter((seq) => !gone.some(([first, last]) => seq >= first && seq <= last))
  }
  async renew(epoch: string): Promise<void> {
    if (epoch !== this.epoch) return
    this.epoch = 'fedcba9876543210'
    for (const lane of LANES) {
      this.#rows[lane] = this.#rows[lane].map((_, index) => index + 1)
      this.#issued[lane] = this.#rows[lane].length
    }
  }
  onCommit(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }
}

/** A broker without rules, that can be made to vanish and come back on its port. */
async function openBroker(port = 0) {
  const aedes = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    aedes.handle(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    url: `mqtt://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
}

interface Cloud extends AsyncDisposable {
  readonly sent: string[]
  readonly statuses: Status[]
  publish(topic: string, payload: Uint8Array): Promise<void>
  ack(lane: Lane, ranges: Ack['ranges'], refused?: Ack['refused'], credit?: number): Promise<void>
}

/** The cloud's end: writes down what comes; acknowledges by itself where told so. */
async function openCloud(url: string, isAcking: boolean): Promise<Cloud> {
  const sent: string[] = []
  const statuses: Status[] = []
  const session = await Session.open(
    {
      url,
      clientId: `cloud-${Math.random()}`,
      onMessage(topic, payload) {
        if (topic.endsWith('/status')) statuses.push(decodeStatus(payload))
        else {
          const text = Buffer.from(payload).toString()
          sent.push(text)
          const [lane = '', first, last] = text.split(' ')
          if (isAcking) void ack(lane as Lane, [[Number(first), Number(last)]])
        }
      },
    },
    new AbortController().signal,
  )
  await session.subscribe('sluice/1/+/up')
  await session.subscribe('sluice/1/+/status')
  const ack: Cloud['ack'] = (lane, ranges, refused = [], credit = 1_000_000) =>
    session.publish('sluice/1/g/ack', encodeAck({ epoch: EPOCH, lane, ranges, refused, credit }))
  const publish: Cloud['publish'] = (topic, payload) => session.publish(topic, payload)
  return { sent, statuses, publish, ack, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() }
}

const hello = () => ({
  wire: 1,
  schema: 1,
  version: '0',
  epoch: EPOCH,
  boot: 'boot',
  config: 'c',
  clock: { now: 0, speed: 1, trusted: true },
})
const start = (url: string, outbox: Outbox) =>
  Uplink.start({ url, gateway: 'g', outbox, hello, clock: wallClock(), random: () => 0, drainMs: 200, log })
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
const isEmpty = (outbox: Outbox) => LANES.every((lane) => outbox.lanes[lane].waiting === 0)

test('everything that waits is sent, alarms before events before readings, and freed by its acknowledgement', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, true)
  const outbox = new MemoryOutbox()
  outbox.add('reading', 25)
  outbox.add('event', 3)
  outbox.add('alarm', 1)
  await using _ = start(broker.url, outbox)
  await until(() => isEmpty(outbox))
  expect(cloud.sent).toEqual(['alarm 1 1', 'event 1 3', 'reading 1 10', 'reading 11 20', 'reading 21 25'])
})

test('the broker taking a batch frees nothing', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, false)
  const outbox = new MemoryOutbox()
  outbox.add('alarm', 2)
  const uplink = start(broker.url, outbox)
  await until(() => cloud.sent.length === 1)
  await uplink[Symbol.asyncDispose]()
  expect(outbox.lanes.alarm.waiting).toBe(2)
})

test('after a broken link everything unacknowledged is sent again, and rows that came meanwhile too', async () => {
  const outbox = new MemoryOutbox()
  outbox.add('event', 2)
  const first = await openBroker()
  await using _ = start(first.url, outbox)
  {
    await using cloud = await openCloud(first.url, false)
    await until(() => cloud.sent.length === 1)
  }
  await first[Symbol.asyncDispose]()
  outbox.add('event', 1)
  await using again = await openBroker(first.port)
  await using cloud = await openCloud(again.url, true)
  await until(() => isEmpty(outbox))
  expect(new Set(cloud.sent)).toEqual(new Set(['event 1 3']))
})

test('ordered to begin a new epoch, the outbox renumbers and the uplink says hello again before it sends', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, false)
  const outbox = new MemoryOutbox()
  outbox.add('event', 12)
  await outbox.settle({ epoch: EPOCH, lane: 'event', ranges: [[1, 4]], refused: [], credit: 1 })
  await using _ = Uplink.start({
    url: broker.url,
    gateway: 'g',
    outbox,
    hello: () => ({ ...hello(), epoch: outbox.epoch }),
    clock: wallClock(),
    random: () => 0,
    drainMs: 200,
    log,
  })
  await until(() => cloud.sent.length === 1)
  const order = encodeAck(renewal(EPOCH, 0, 'numbers were given out twice'))
  await cloud.publish('sluice/1/g/ack', order)
  await until(() => cloud.sent.length === 2)
  await cloud.publish('sluice/1/g/ack', order)
  expect(cloud.sent).toEqual(['event 5 12', 'event 1 8'])
  const again = cloud.statuses.filter(({ epoch }) => epoch === 'fedcba9876543210')
  expect(again.at(-1)).toMatchObject({ online: true, lanes: { event: { issued: 8, oldest: 1 } } })
})

test('a cloud that comes later asks for what nobody heard, and gets it at once', async () => {
  await using broker = await openBroker()
  await using first = await openCloud(broker.url, false)
  const outbox = new MemoryOutbox()
  outbox.add('event', 2)
  await using _ = start(broker.url, outbox)
  await until(() => first.sent.length === 1)
  await first.ack('event', [])
  await until(() => first.sent.length === 2)
  expect(first.sent).toEqual(['event 1 2', 'event 1 2'])
  await first.ack('event', [[1, 2]])
  await until(() => isEmpty(outbox))
})

test('a cloud that was full and comes again with credit is sent what waited', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, false)
  const outbox = new MemoryOutbox()
  outbox.add('reading', 2)
  await using _ = start(broker.url, outbox)
  await until(() => cloud.sent.length === 1)
  await cloud.ack('reading', [[1, 1]], [], 0)
  await until(() => outbox.lanes.reading.waiting === 1)
  await cloud.ack('reading', [])
  await until(() => cloud.sent.length === 2)
  expect(cloud.sent).toEqual(['reading 1 2', 'reading 2 2'])
})

test('a selective acknowledgement frees just its rows, a refusal too, and another epoch nothing', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, false)
  const outbox = new MemoryOutbox()
  outbox.add('event', 10)
  await using _ = start(broker.url, outbox)
  await until(() => cloud.sent.length === 1)
  await cloud.ack('event', [[2, 3]], [[7, 7, 'poison']])
  await until(() => outbox.lanes.event.waiting === 7)
  expect(outbox.lanes.event.oldest).toBe(1)
})

test('without credit readings wait, and alarms go', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, false)
  const outbox = new MemoryOutbox()
  await using _ = start(broker.url, outbox)
  await until(() => cloud.statuses.length > 0)
  outbox.add('event', 1)
  await until(() => cloud.sent.length === 1)
  await cloud.ack('event', [[1, 1]], [], 0)
  await until(() => isEmpty(outbox))
  outbox.add('reading', 1)
  outbox.add('alarm', 1)
  await until(() => cloud.sent.includes('alarm 1 1'))
  await cloud.ack('alarm', [[1, 1]], [], 0)
  await until(() => outbox.lanes.alarm.waiting === 0)
  expect(cloud.sent).toEqual(['event 1 1', 'alarm 1 1'])
  await cloud.ack('alarm', [[1, 1]], [], 1000)
  await until(() => cloud.sent.includes('reading 1 1'))
})

test('an answer for what this connection never sent, as to a clone of the disk, frees nothing', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, false)
  const outbox = new MemoryOutbox()
  await using _ = start(broker.url, outbox)
  await until(() => cloud.statuses.length > 0)
  outbox.add('event', 1)
  await until(() => cloud.sent.length === 1)
  await cloud.ack('event', [[1, 5]])
  await cloud.ack('reading', [[1, 5]])
  outbox.add('alarm', 1)
  await until(() => cloud.sent.includes('alarm 1 1'))
  await cloud.ack('alarm', [[1, 1]])
  await until(() => outbox.lanes.alarm.waiting === 0)
  expect(outbox.lanes.event.waiting).toBe(1)
  await cloud.ack('event', [[1, 1]])
  await until(() => isEmpty(outbox))
})

test('the status says online with the lanes, and offline at the end, also where the gateway vanishes', async () => {
  await using broker = await openBroker()
  await using cloud = await openCloud(broker.url, true)
  const outbox = new MemoryOutbox()
  outbox.add('event', 4)
  const uplink = start(broker.url, outbox)
  await until(() => cloud.statuses.length === 1)
  expect(cloud.statuses[0]).toMatchObject({ online: true, lanes: { event: { issued: 4, oldest: 1 } } })
  await uplink[Symbol.asyncDispose]()
  await until(() => cloud.statuses.length === 2)
  expect(cloud.statuses[1]).toMatchObject({ online: false, lanes: { event: { issued: 4, oldest: 0 } } })
})
