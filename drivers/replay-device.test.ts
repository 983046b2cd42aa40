import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { type Recording, type RecordingEntry, recordingHeader } from './recording.ts'
import { openReplayServer, REPLAY_EFFECTS_MAX, replayedDevice } from './replay-device.ts'
import { askedRaw, effectsFor, replayScript } from './replay-script.ts'
import { describeRecording } from './replay-text.ts'

const recordingOf = (line: string, ...entries: RecordingEntry[]): Recording => ({
  header: recordingHeader(line, [], { now: 0, speed: 1 }),
  entries,
})
const SCALE = 'rtu+tcp://127.0.0.1:4001'
/** Recorded time passes at once. */
const FAST = 1_000_000

function peerOf() {
  const heard: string[] = []
  let tell = (): void => {}
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      tell = resolve
    })
  const take = (what: string): void => {
    heard.push(what)
    tell()
  }
  return { heard, next, write: (bytes: Uint8Array) => take(Buffer.from(bytes).toString('hex')), end: () => take('end') }
}

async function connected(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url.replace(/^rtu\+/, '')).port), '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

test('what a device said by itself comes to each who connects, in its order', async () => {
  const recording = recordingOf(SCALE, { at: 5, rx: '01' }, { at: 9, rx: '02' })
  await using server = await openReplayServer(recording, replayedDevice(recording, FAST), 0)
  for (const _ of [1, 2]) {
    const socket = await connected(server.url)
    const heard: Buffer[] = []
    while (Buffer.concat(heard).length < 2) heard.push((await once(socket, 'data'))[0] as Buffer)
    expect(Buffer.concat(heard).toString('hex')).toBe('0102')
    socket.destroy()
  }
})

test('a request is found however it is cut, the last answer to it is repeated, and a connection that ended ends', async () => {
  const recording = recordingOf(
    SCALE,
    { at: 0, tx: '5730' },
    { at: 1, rx: 'aa' },
    { at: 2, tx: '5730' },
    { at: 3, rx: 'bb' },
    { at: 4, tx: '5731' },
    { at: 5, event: 'close' },
  )
  const device = replayedDevice(recording, FAST)
  const peer = peerOf()
  using connection = device.connect(peer)
  const ask = async (...chunks: string[]): Promise<void> => {
    const told = peer.next()
    for (const chunk of chunks) connection.receive(Buffer.from(chunk, 'hex'))
    await told
  }
  await ask('57', '30')
  await ask('ff5730')
  await ask('5730')
  await ask('5731')
  expect(peer.heard).toEqual(['aa', 'bb', 'bb', 'end'])
  expect(device.counts).toEqual({ requests: 5, unknownRequests: 1 })
})

test('who asks without end is answered within a bound, and who leaves is owed nothing', () => {
  const recording = recordingOf(SCALE, { at: 0, tx: '57' }, { at: 1000, rx: 'aa' })
  const device = replayedDevice(recording)
  const peer = peerOf()
  const connection = device.connect(peer)
  for (let index = 0; index < REPLAY_EFFECTS_MAX + 5; index++) connection.receive(Uint8Array.of(0x57))
  expect(device.counts.requests).toBe(REPLAY_EFFECTS_MAX + 5)
  connection[Symbol.dispose]()
  expect(peer.heard).toEqual([])
})

test('a port in use is told', async () => {
  const recording = recordingOf('tcp://127.0.0.1:502')
  const device = replayedDevice(recording)
  await using server = await openReplayServer(recording, device, 0)
  const { port } = new URL(server.url)
  await expect(openReplayServer(recording, device, Number(port))).rejects.toMatchObject({
    code: 'configuration',
    message: `expected to listen on 127.0.0.1:${port}, got EADDRINUSE`,
  })
})

test('the transactions of an answer move with that of the request, a late one’s and over the last number too', () => {
  const late = 'fffe000000050103020007'
  const own = 'ffff000000050103020008'
  const [exchange] = replayScript(
    recordingOf(
      'tcp://127.0.0.1:502',
      { at: 10, tx: 'ffff00000006010300000001' },
      // Cut in the middle of a head.
      { at: 12, rx: `${late}ff` },
      { at: 15, rx: own.slice(2) },
      { at: 16, event: 'close' },
    ),
  ).exchanges
  if (exchange === undefined) throw new Error('no exchange')
  const effects = effectsFor(exchange, { key: exchange.key, transaction: 5 })
  expect(effects.map(({ afterMs, bytes }) => [afterMs, bytes && Buffer.from(bytes).toString('hex')])).toEqual([
    [2, '000400000005010302000700'],
    [5, '05000000050103020008'],
    [6, undefined],
  ])
  expect(effectsFor(exchange, { key: exchange.key, transaction: 0xffff })).toBe(exchange.effects)
})

test('bytes that are no frame stay what they are', () => {
  const effects = [{ afterMs: 0, bytes: Uint8Array.from([0, 1, 9, 9, 0, 1]) }]
  const exchange = { ...askedRaw(Uint8Array.of(1)), at: 0, transaction: 1, effects }
  expect(effectsFor(exchange, { key: '01', transaction: 3 })[0]?.bytes).toEqual(Buffer.from([0, 1, 9, 9, 0, 1]))
})

test('a recording with gaps says so', () => {
  const recording = recordingOf(SCALE, { at: 1000, tx: '57' }, { at: 2000, dropped: 3 })
  expect(describeRecording(recording)).toBe(
    `1 sent and 0 received in 2.0 s, recorded 1970-01-01T00:00:00.000Z on ${SCALE}; 3 lines are missing, they were not read in time`,
  )
})
