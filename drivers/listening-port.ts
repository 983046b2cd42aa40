import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '#devices'
import type { Splitter } from '#protocols/frames'
import { DriverError } from './driver-error.ts'
import { FrameRate } from './frame-rate.ts'
import { UNSENT_BYTES_MAX } from './line.ts'

/** Connections at a time; beyond it who has been silent for longest gives way, for it is most likely gone. */
export const CALLERS_MAX = 2_000
/** A connection that says nothing for so long is closed; the stations' own heartbeat comes at least every 255 s. */
export const CALLER_IDLE_MS = 1_800_000
/** Bytes in a row that belong to no frame: then it is no station, and the connection ends. */
export const CALLER_GARBAGE_BYTES_MAX = 128 * 1024
/** Half a frame that nothing follows for so long is given up, so that a length that is wrong does not swallow the frames behind it. */
export const PARTIAL_FRAME_MS = 10_000
/** Addresses whose datagrams are counted against their rate. */
export const UDP_PEERS_MAX = 4_000

/** Where a frame came from, and where its answer goes. */
export interface Peer {
  /** `tcp 10.0.0.7:4312` */
  readonly name: string
  /** Sends it if the peer is still there. */
  send(bytes: Uint8Array): void
}

export interface ListeningPortOptions<T> {
  readonly host: string
  readonly port: number
  readonly splitter: () => Splitter<T>
  /** More bytes than any frame of the splitter has. */
  readonly frameBytesMax: number
  /** Must not throw. */
  readonly onFrame: (frame: T, peer: Peer) => void
  readonly clock: Pick<Clock, 'mono' | 'after'>
}

/** Counts of a listening port, which only rise. */
export interface ListeningCounts {
  connections: number
  refusedConnections: number
  idleConnections: number
  garbageConnections: number
  datagrams: number
  frames: number
  tooFast: number
  garbageBytes: number
  socketErrors: number
}

/** A TCP and a UDP port of one number, from which frames come, cut and counted, each peer within its bounds. */
export class ListeningPort<T> implements AsyncDisposable {
  readonly counts: ListeningCounts = {
    ...{ connections: 0, refusedConnections: 0, idleConnections: 0, garbageConnections: 0, datagrams: 0, frames: 0 },
    ...{ tooFast: 0, garbageBytes: 0, socketErrors: 0 },
  }
  readonly #options: ListeningPortOptions<T>
  /** Heard longest ago first. */
  readonly #callers = new Map<Socket, () => void>()
  /** Likewise. */
  readonly #rates = new Map<string, FrameRate>()
  readonly #padding: Uint8Array
  #server: Server | undefined
  #udp: UdpSocket | undefined

  constructor(options: ListeningPortOptions<T>) {
    this.#options = options
    this.#padding = new Uint8Array(options.frameBytesMax)
  }

  /** Connections that are open. */
  get open(): number {
    return this.#callers.size
  }

  /** @throws DriverError `unreachable` where one of the two ports cannot be had; neither is then. */
  async listen(): Promise<void> {
    const { host, port } = this.#options
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket))
    const udp = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' }, (bytes, from) => this.#datagram(bytes, from))
    try {
      server.listen({ host, port })
      await once(server, 'listening')
      udp.bind({ address: host, port })
      await once(udp, 'listening')
    } catch (cause) {
      server.close()
      udp.close()
      const { code, message } = cause as NodeJS.ErrnoException
      throw new DriverError('unreachable', `expected to listen at ${host}:${port}, got ${code ?? message}`, { cause })
    }
    const onError = (): void => void this.counts.socketErrors++
    server.on('error', onError)
    udp.on('error', onError)
    this.#server = server
    this.#udp = udp
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [server, udp] = [this.#server, this.#udp]
    this.#server = undefined
    this.#udp = undefined
    for (const socket of this.#callers.keys()) socket.destroy()
    if (udp) await new Promise<void>((resolve) => udp.close(() => resolve()))
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    const { clock, splitter: build } = this.#options
    const { remoteAddress, remotePort } = socket
    this.counts.connections++
    this.#makeRoom()
    const splitter = build()
    const rate = new FrameRate(clock.mono())
    const peer: Peer = {
      name: `tcp ${remoteAddress}:${remotePort}`,
      send: (bytes) => {
        if (socket.destroyed) return
        // Who takes no answers is no station that is still there.
        if (socket.writableLength > UNSENT_BYTES_MAX) socket.destroy()
        else socket.write(bytes)
      },
    }
    let cancelIdle = (): void => {}
    let cancelPartial = (): void => {}
    let cancelPause = (): void => {}
    let garbageBytes = 0
    const isHeard = (): void => {
      cancelIdle()
      cancelIdle = clock.after(CALLER_IDLE_MS, () => {
        this.counts.idleConnections++
        socket.destroy()
      })
      // Moved to the end: the map is in the order of being heard.
      this.#callers.delete(socket)
      this.#callers.set(socket, cancelIdle)
    }
    const take = (chunk: Uint8Array, added: number): void => {
      const before = splitter.droppedBytes
      const frames = splitter.push(chunk)
      const dropped = Math.max(0, splitter.droppedBytes - before - added)
      this.counts.garbageBytes += dropped
      garbageBytes = frames.length > 0 ? 0 : garbageBytes + dropped
      this.counts.frames += frames.length
      for (const frame of frames) this.#options.onFrame(frame, peer)
      const waitMs = rate.take(frames.length, clock.mono())
      if (waitMs === 0 || socket.destroyed) return
      this.counts.tooFast++
      socket.pause()
      cancelPause = clock.after(waitMs, () => socket.resume())
    }
    isHeard()
    socket.on('data', (chunk) => {
      isHeard()
      cancelPartial()
      take(chunk, 0)
      if (garbageBytes > CALLER_GARBAGE_BYTES_MAX) {
        this.counts.garbageConnections++
        socket.destroy()
      } else if (splitter.pendingBytes > 0)
        cancelPartial = clock.after(PARTIAL_FRAME_MS, () => take(this.#padding, this.#padding.length))
    })
    socket.on('error', () => void this.counts.socketErrors++)
    socket.on('close', () => {
      cancelIdle()
      cancelPartial()
      cancelPause()
      this.#callers.delete(socket)
    })
  }

  #makeRoom(): void {
    const [oldest] = this.#callers.keys()
    if (oldest === undefined || this.#callers.size < CALLERS_MAX) return
    this.counts.refusedConnections++
    this.#callers.delete(oldest)
    oldest.destroy()
  }

  #datagram(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const { clock, splitter: build, onFrame } = this.#options
    const now = clock.mono()
    const name = `udp ${address}:${port}`
    const rate = this.#rates.get(name) ?? new FrameRate(now)
    this.#rates.delete(name)
    this.#rates.set(name, rate)
    const [oldest = name] = this.#rates.keys()
    if (this.#rates.size > UDP_PEERS_MAX) this.#rates.delete(oldest)
    this.counts.datagrams++
    if (!rate.has(now)) {
      this.counts.tooFast++
      return
    }
    const splitter = build()
    const frames = splitter.push(bytes)
    // Frames do not go on in another datagram, but a wrong length must not hide a good one behind it.
    if (splitter.pendingBytes > 0) frames.push(...splitter.push(this.#padding))
    this.counts.frames += frames.length
    if (frames.length === 0) this.counts.garbageBytes += bytes.length
    rate.take(frames.length, now)
    const peer: Peer = { name, send: (answer) => this.#udp?.send(answer, port, address) }
    for (const frame of frames) onFrame(frame, peer)
  }
}

/** A port of this machine that is free for both TCP and UDP just now: for tests and simulations. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer()
  server.listen({ host, port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}
