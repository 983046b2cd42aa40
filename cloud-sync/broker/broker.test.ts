import { connect, Socket } from 'node:net'
import fc from 'fast-check'
import { connectAsync, connect as connectNow, type IClientOptions } from 'mqtt'
import pino from 'pino'
import { expect, test } from 'vitest'
import {
  Broker,
  CONNECT_BYTES_MAX,
  CONNECTING_MAX,
  CONNECTIONS_PER_ADDRESS_MAX,
  CONNECTS_PER_ADDRESS_PER_MINUTE_MAX,
  GATEWAY_PACE,
  Gate,
  PACKET_BYTES_MAX,
  PacketLimit,
  STATUS_BYTES_MAX,
  TAKEOVERS_PER_MINUTE_MAX,
  Takeovers,
  TokenBucket,
} from '#cloud/broker'
import { Session } from '#mqtt'

const log = pino({ enabled: false })
const open = () => Broker.open({ host: '127.0.0.1', port: 0, log })
const options = { reconnectPeriod: 0, connectTimeout: 5000 }

/** A CONNECT packet with a client id of the given length. */
function connectPacket(idLength: number): Buffer {
  const id = Buffer.alloc(idLength, 'a')
  const body = Buffer.concat([
    Buffer.from([0, 4]),
    Buffer.from('MQTT'),
    Buffer.from([4, 2, 0, 60]),
    Buffer.from([id.length >> 8, id.length & 255]),
    id,
  ])
  return Buffer.concat([header(1, body.length), body])
}
function header(type: number, length: number): Buffer {
  const bytes = [type << 4]
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) | 0x80 : rest)
    if (rest < 128) return Buffer.from(bytes)
  }
}

test('the limit follows packets however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5000), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
      (lengths, cuts) => {
        const stream = Buffer.concat([
          connectPacket(20),
          ...lengths.flatMap((length) => [header(3, length), Buffer.alloc(length)]),
        ])
        const limit = new PacketLimit()
        for (let from = 0, cut = 0; from < stream.length; cut++) {
          const to = from + (cuts[cut % cuts.length] ?? 1)
          expect(limit.push(stream.subarray(from, to))).toBeNull()
          from = to
        }
        expect(limit.isConnected).toBe(true)
      },
    ),
  )
})

test('a packet that is too large is refused at its header', () => {
  const limit = new PacketLimit()
  expect(limit.push(connectPacket(10))).toBeNull()
  expect(limit.push(header(3, PACKET_BYTES_MAX + 1))).toMatch(/at most/)
  expect(new PacketLimit().push(header(1, CONNECT_BYTES_MAX + 1))).toMatch(/at most/)
  expect(new PacketLimit().push(header(3, 2))).toMatch(/CONNECT first/)
  expect(new PacketLimit().push(Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff]))).toMatch(/four bytes/)
})

test('a stranger who sends no CONNECT, only bytes, is cut off and the others go on', async () => {
  await using broker = await open()
  const client = await connectAsync(broker.url, { ...options, clientId: 'cloud-test' })
  const { hostname, port } = new URL(broker.url)
  const stranger = connect(Number(port), hostname)
  // A cut-off peer sees a reset or an end, as the timing has it.
  stranger.on('error', () => {})
  const closed = new Promise((resolve) => stranger.once('close', resolve))
  stranger.write(Buffer.alloc(1024 * 1024, 0x20))
  await closed
  await client.publishAsync('sluice/1/g/ack', 'x', { qos: 1 })
  await client.endAsync()
})

test('a gateway may publish and subscribe only under its own id', async () => {
  await using broker = await open()
  const stop = new AbortController()
  const heard: string[] = []
  await using cloud = await Session.open(
    { url: broker.url, clientId: 'cloud-test', onMessage: (name) => heard.push(name) },
    stop.signal,
  )
  await cloud.subscribe('sluice/1/+/up')
  const gateway = () => Session.open({ url: broker.url, clientId: 'sluice-g', onMessage: () => {} }, stop.signal)
  await using own = await gateway()
  await own.publish('sluice/1/g/up', 'x')
  await expect(own.publish('sluice/1/h/up', 'x')).rejects.toMatchObject({ code: 'unreachable' })
  await using again = await gateway()
  await expect(again.publish('sluice/1/g/ack', 'x')).rejects.toMatchObject({ code: 'unreachable' })
  expect(heard).toEqual(['sluice/1/g/up'])
  await using third = await gateway()
  await expect(third.subscribe('sluice/1/h/ack')).rejects.toThrow()
})

test('a port in use is told as the system tells it', async () => {
  await using broker = await open()
  await expect(Broker.open({ host: '127.0.0.1', port: Number(new URL(broker.url).port), log })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
})

test('nobody there: a session says so and does not hang', async () => {
  const broker = await open()
  await broker[Symbol.asyncDispose]()
  await expect(
    Session.open({ url: broker.url, clientId: 'x', onMessage: () => {} }, new AbortController().signal),
  ).rejects.toMatchObject({ code: 'unreachable' })
})

/** How the broker ends a client: resolves when its connection is closed. */
async function endOf(url: string, more: IClientOptions, act?: (client: Awaited<ReturnType<typeof connectAsync>>) => void) {
  const client = connectNow(url, { ...options, ...more })
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.on('error', () => {})
  if (act) client.once('connect', () => act(client))
  await closed
  client.end(true)
}

test.each<[string, IClientOptions]>([
  ['a stranger by its name', { clientId: 'x' }],
  ['a gateway whose name is none', { clientId: 'sluice-a/b' }],
  ['a session that is to be kept for an absent client', { clientId: 'sluice-g', clean: false }],
  ['a client that may be silent for ever', { clientId: 'sluice-g', keepalive: 0 }],
])('%s is refused', async (_, more) => {
  await using broker = await open()
  await endOf(broker.url, more)
  expect(broker.clients).toBe(0)
})

test.each<[string, string, number, { qos: 0 | 1 | 2; retain: boolean }]>([
  ['a promise to deliver exactly once', 'up', 1, { qos: 2, retain: false }],
  ['a batch that is to be kept', 'up', 1, { qos: 1, retain: true }],
  ['a status too long to be kept', 'status', STATUS_BYTES_MAX + 1, { qos: 1, retain: true }],
])('%s ends the connection', async (_, end, bytes, how) => {
  await using broker = await open()
  await endOf(broker.url, { clientId: 'sluice-g' }, (client) =>
    client.publish(`sluice/1/g/${end}`, Buffer.alloc(bytes, 'x'), how),
  )
  expect(broker.numbers.refused.client).toBe(1)
})

test('no wildcard is heard but that of the cloud, one end of the line at a time', async () => {
  await using broker = await open()
  const stop = new AbortController()
  await using cloud = await Session.open({ url: broker.url, clientId: 'cloud-test', onMessage: () => {} }, stop.signal)
  for (const filter of ['#', '+/1/+/up', 'sluice/1/#', '$SYS/#', 'sluice/1/+/ack', '$share/a/sluice/1/+/up'])
    await expect(cloud.subscribe(filter), filter).rejects.toThrow()
  await cloud.subscribe('sluice/1/+/up')
})

test('what is sent behind a CONNECT waits until that was judged, and counts for nothing where it was refused', async () => {
  await using broker = await open()
  const heard: string[] = []
  await using cloud = await Session.open(
    { url: broker.url, clientId: 'cloud-test', onMessage: (_, payload) => heard.push(Buffer.from(payload).toString()) },
    new AbortController().signal,
  )
  await cloud.subscribe('sluice/1/+/up')
  const { hostname, port } = new URL(broker.url)
  const name = Buffer.from('sluice/1/aaaaaaaa/up')
  const publish = (text: string) => {
    const body = Buffer.concat([Buffer.from([0, name.length]), name, Buffer.from(text)])
    return Buffer.concat([header(3, body.length), body])
  }
  const talk = async (id: string, gapMs: number, text: string) => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    const body = Buffer.from(`\0\x04MQTT\x04\x02\0\x3c\0${String.fromCharCode(id.length)}${id}`, 'latin1')
    const hello = Buffer.concat([header(1, body.length), body])
    if (gapMs === 0) socket.write(Buffer.concat([hello, publish(text)]))
    else {
      socket.setNoDelay(true)
      socket.write(hello)
      setImmediate(() => socket.write(publish(text)))
    }
    return socket
  }
  const sockets = [await talk('stranger', 0, 'no'), await talk('stranger2', 1, 'no'), await talk('sluice-aaaaaaaa', 0, 'yes')]
  while (heard.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(heard).toEqual(['yes'])
  for (const socket of sockets) socket.destroy()
})

test('a newer connection takes a client over, and is counted', async () => {
  await using broker = await open()
  const gateway = () => Session.open({ url: broker.url, clientId: 'sluice-g', onMessage: () => {} }, new AbortController().signal)
  await using first = await gateway()
  const closed = new Promise((resolve) => first.closed.addEventListener('abort', resolve))
  await using _ = await gateway()
  await closed
  expect(broker.numbers).toMatchObject({ clients: 1, takeovers: 1 })
})

test('a client is taken over so many times a minute, and others are not counted with it', () => {
  const takeovers = new Takeovers()
  for (let time = 0; time < TAKEOVERS_PER_MINUTE_MAX; time++) expect(takeovers.allow('sluice-g', 0)).toBe(true)
  expect(takeovers.allow('sluice-g', 1)).toBe(false)
  expect(takeovers.allow('sluice-h', 1)).toBe(true)
  expect(takeovers.allow('sluice-g', 60_000)).toBe(true)
})

test('an address may have so many connections, begin so many a minute, and gets them back', () => {
  const gate = new Gate()
  const sockets = Array.from({ length: CONNECTIONS_PER_ADDRESS_MAX }, () => new Socket())
  for (const socket of sockets) expect(gate.admit(socket, 0)).toBeNull()
  expect(gate.admit(new Socket(), 0)).toBe('connections')
  sockets[0]?.emit('close')
  expect(gate.admit(new Socket(), 0)).toBeNull()
  for (let count = CONNECTIONS_PER_ADDRESS_MAX + 2; count < CONNECTS_PER_ADDRESS_PER_MINUTE_MAX; count++)
    expect(gate.admit(new Socket(), 0)).toBe('connections')
  expect(gate.admit(new Socket(), 0)).toBe('pace')
  expect(gate.admit(new Socket(), 60_000)).toBe('connections')
})

test('where too many say nothing, who has said nothing for longest goes', () => {
  const gate = new Gate()
  const sockets = Array.from({ length: CONNECTING_MAX + 2 }, () => new Socket())
  for (const socket of sockets.slice(0, -1)) gate.admit(socket, 0)
  gate.greeted(sockets[0] as Socket)
  expect(gate.surplus()).toBeNull()
  gate.admit(sockets.at(-1) as Socket, 0)
  expect(gate.surplus()).toBe(sockets[1])
})

test('who takes more than there is waits until it is paid back', () => {
  const bucket = new TokenBucket({ perSecond: 100, most: 200 }, 0)
  expect(bucket.take(200, 0)).toBe(0)
  expect(bucket.take(50, 0)).toBe(500)
  expect(bucket.take(0, 500)).toBe(0)
  expect(bucket.isFull(2499)).toBe(false)
  expect(bucket.isFull(2500)).toBe(true)
})

test('a client that sends faster than its pace is read more slowly, and loses nothing', async () => {
  await using broker = await open()
  const heard: number[] = []
  const stop = new AbortController()
  await using cloud = await Session.open(
    { url: broker.url, clientId: 'cloud-test', onMessage: (_, payload) => heard.push(Buffer.from(payload).readUInt32BE()) },
    stop.signal,
  )
  await cloud.subscribe('sluice/1/+/up')
  const gateway = await connectAsync(broker.url, { ...options, clientId: 'sluice-g' })
  // One second's worth at once, then half a second's.
  const count = GATEWAY_PACE.packetsPerSecond * 1.5
  const began = performance.now()
  const numbers = Array.from({ length: count }, (_, index) => index)
  await Promise.all(
    numbers.map((number) => {
      const payload = Buffer.alloc(4)
      payload.writeUInt32BE(number)
      return gateway.publishAsync('sluice/1/g/up', payload, { qos: 1 })
    }),
  )
  expect(performance.now() - began).toBeGreaterThan(300)
  while (heard.length < count) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(heard).toEqual(numbers)
  await gateway.endAsync()
})
