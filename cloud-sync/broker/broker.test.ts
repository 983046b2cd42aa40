import { connect } from 'node:net'
import fc from 'fast-check'
import { connectAsync } from 'mqtt'
import pino from 'pino'
import { expect, test } from 'vitest'
import { Broker, CONNECT_BYTES_MAX, PACKET_BYTES_MAX, PacketLimit } from '#cloud/broker'
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
