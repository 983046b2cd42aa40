import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lineSplitter } from '#protocols/frames'
import { FRAMES_BURST_MAX, FRAMES_PER_SECOND_MAX, FrameRate } from './frame-rate.ts'
import {
  CALLER_GARBAGE_BYTES_MAX,
  CALLER_IDLE_MS,
  freePort,
  ListeningPort,
  PARTIAL_FRAME_MS,
  type Peer,
} from './listening-port.ts'

const WAIT = { timeout: 20_000, interval: 5 }

/** Machine time as the test says it is. */
class Timers {
  now = 0
  readonly #waiting = new Set<{ readonly at: number; readonly job: () => void }>()
  readonly mono = (): number => this.now
  readonly after = (ms: number, job: () => void): (() => void) => {
    const entry = { at: this.now + ms, job }
    this.#waiting.add(entry)
    return () => void this.#waiting.delete(entry)
  }
  pass(ms: number): void {
    this.now += ms
    for (const entry of [...this.#waiting]) {
      if (entry.at > this.now || !this.#waiting.delete(entry)) continue
      entry.job()
    }
  }
}

let clock: Timers
let heard: { text: string; peer: Peer }[]
let listening: ListeningPort<Uint8Array>
let port = 0
let sockets: Socket[]
beforeEach(async () => {
  clock = new Timers()
  heard = []
  sockets = []
  port = await freePort()
  listening = new ListeningPort({
    ...{ host: '127.0.0.1', port, splitter: () => lineSplitter(0x0a, 64), frameBytesMax: 65, clock },
    onFrame: (frame, peer) => void heard.push({ text: Buffer.from(frame).toString().trim(), peer }),
  })
  await listening.listen()
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await listening[Symbol.asyncDispose]()
})

async function call(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  sockets.push(socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
const heardOf = (count: number) => vi.waitFor(() => expect(heard).toHaveLength(count), WAIT)

test('frames come from both ports of one number, and answers go back where they came from', async () => {
  const socket = await call()
  socket.write('tcp\n')
  await heardOf(1)
  const udp = createSocket('udp4')
  udp.send('udp\n', port, '127.0.0.1')
  await heardOf(2)
  for (const { text, peer } of heard) peer.send(Buffer.from(`${text}!`))
  const [[stream], [datagram]] = await Promise.all([once(socket, 'data'), once(udp, 'message')])
  expect([String(stream), String(datagram)]).toEqual(['tcp!', 'udp!'])
  expect(heard.map(({ peer }) => peer.name)).toEqual([
    expect.stringMatching(/^tcp 127\.0\.0\.1:\d+$/),
    expect.stringMatching(/^udp 127\.0\.0\.1:\d+$/),
  ])
  udp.close()
})

test('a connection that says nothing for too long ends', async () => {
  const socket = await call()
  socket.write('a\n')
  await heardOf(1)
  clock.pass(CALLER_IDLE_MS - 1)
  expect(listening.open).toBe(1)
  clock.pass(1)
  await once(socket, 'close')
  expect(listening.counts).toMatchObject({ connections: 1, idleConnections: 1 })
})

test('a connection of nothing but garbage ends', async () => {
  const socket = await call()
  socket.write(Buffer.alloc(CALLER_GARBAGE_BYTES_MAX + 65))
  await once(socket, 'close')
  expect(listening.counts).toMatchObject({ garbageConnections: 1, frames: 0 })
})

test('half a frame that nothing follows is given up', async () => {
  const socket = await call()
  socket.write('half')
  await vi.waitFor(() => expect(listening.open).toBe(1), WAIT)
  socket.write('a frame\nof')
  await heardOf(1)
  clock.pass(PARTIAL_FRAME_MS)
  socket.write('\nwhole\n')
  await vi.waitFor(() => expect(heard.at(-1)?.text).toBe('whole'), WAIT)
  expect(heard.map(({ text }) => text)).toEqual(['halfa frame', 'whole'])
})

test('who sends too fast over TCP is not read for a while, and loses nothing', async () => {
  const socket = await call()
  const count = FRAMES_BURST_MAX + FRAMES_PER_SECOND_MAX
  socket.write('x\n'.repeat(count))
  await heardOf(count)
  await vi.waitFor(() => expect(listening.counts.tooFast).toBe(1), WAIT)
  socket.write('later\n')
  clock.pass(1_000)
  await heardOf(count + 1)
})

test('datagrams that come too fast are dropped and counted', async () => {
  const udp = createSocket('udp4')
  udp.send('x\n'.repeat(FRAMES_BURST_MAX + 1), port, '127.0.0.1')
  await heardOf(FRAMES_BURST_MAX + 1)
  udp.send('lost\n', port, '127.0.0.1')
  await vi.waitFor(() => expect(listening.counts.tooFast).toBe(1), WAIT)
  clock.pass(1_000)
  udp.send('again\n', port, '127.0.0.1')
  await heardOf(FRAMES_BURST_MAX + 2)
  udp.close()
})

test('a peer has what it may send at once, and then what time gives', () => {
  const rate = new FrameRate(0)
  expect(rate.take(FRAMES_BURST_MAX, 0)).toBe(0)
  expect(rate.has(0)).toBe(false)
  expect(rate.take(FRAMES_PER_SECOND_MAX, 0)).toBe(1_000)
  expect(rate.has(1_000 + 1_000 / FRAMES_PER_SECOND_MAX)).toBe(true)
  expect(rate.take(FRAMES_BURST_MAX, 1e9)).toBe(0)
})
