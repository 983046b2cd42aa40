import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isPublish, PacketStream } from './packet-stream.ts'

/** Chances from 0 to 1 of what befalls a PUBLISH packet as a whole. */
export interface PacketFaults {
  /** It never arrives. */
  readonly drop?: number
  /** It arrives twice. */
  readonly duplicate?: number
  /** It arrives after the next one. */
  readonly shuffle?: number
}

export interface CableOptions {
  /** Where it leads to, on this machine. */
  readonly port: number
  /** Where it listens; default loopback. */
  readonly address?: string | undefined
  readonly random: () => number
}

const LOOPBACK = '127.0.0.1'

/** From the gateway to the broker, or back. */
export type Direction = 'up' | 'down'

/** A cable from gateways to the broker: a TCP proxy in this process that can be cut, frozen, slowed and made to lose, repeat and shuffle packets. */
export class Cable implements AsyncDisposable {
  readonly #server: Server
  readonly #options: CableOptions
  readonly #open = new Set<Socket>()
  readonly #faults: Record<Direction, PacketFaults> = { up: {}, down: {} }
  #isDown = false
  #isFrozen = false
  #bytesPerSecond = Number.POSITIVE_INFINITY
  /** Connections made so far. */
  connects = 0
  /** Packets that were dropped, doubled or shuffled so far. */
  faults = 0

  private constructor(server: Server, options: CableOptions) {
    this.#server = server
    this.#options = options
  }

  static async open(options: CableOptions): Promise<Cable> {
    const server = createServer()
    const cable = new Cable(server, options)
    server.on('connection', (socket) => cable.#join(socket))
    server.listen(0, options.address ?? LOOPBACK)
    await once(server, 'listening')
    return cable
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `mqtt://${this.#options.address ?? LOOPBACK}:${this.port}`
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const socket of this.#open) socket.resetAndDestroy()
  }

  /** Down, every connection is cut and no new one comes to be; up again, new ones do. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown
    if (isDown) this.cut()
  }

  /** Frozen, nothing passes and nobody is told: a half-open link. What was held back is lost with its connection, else it passes later. */
  setFrozen(isFrozen: boolean): void {
    this.#isFrozen = isFrozen
    for (const socket of this.#open) {
      if (isFrozen) socket.pause()
      else socket.resume()
    }
  }

  setFaults(direction: Direction, faults: PacketFaults): void {
    this.#faults[direction] = faults
  }

  /** Bytes a second of each connection and direction. */
  throttle(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.setFrozen(false)
    this.setDown(true)
    this.#server.close()
  }

  #join(near: Socket): void {
    if (this.#isDown) {
      near.resetAndDestroy()
      return
    }
    this.connects += 1
    const far = connect(this.#options.port, LOOPBACK)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(socket)
      socket.setNoDelay()
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#open.delete(socket)
        other.destroy()
      })
      if (this.#isFrozen) socket.pause()
    }
    this.#carry(near, far, 'up')
    this.#carry(far, near, 'down')
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    const stream = new PacketStream()
    let held: Buffer[] = []
    let sent: Promise<void> = Promise.resolve()
    from.on('data', (bytes: Buffer) => {
      const passing: Buffer[] = []
      for (const packet of stream.take(bytes)) {
        const [first = 0, isHeld] = isPublish(packet) ? this.#befall(direction) : [1, false]
        const copies = Array.from({ length: first }, () => packet)
        if (isHeld && held.length === 0) held = copies
        else {
          passing.push(...copies, ...held)
          held = []
        }
      }
      const out = Buffer.concat(passing)
      if (Number.isFinite(this.#bytesPerSecond)) sent = sent.then(() => this.#slowly(from, to, out))
      else to.write(out)
    })
    from.on('end', () => to.end())
  }

  /** @returns how many copies pass, and whether they wait for the next packet */
  #befall(direction: Direction): [copies: number, isHeld: boolean] {
    const { random } = this.#options
    const { drop = 0, duplicate = 0, shuffle = 0 } = this.#faults[direction]
    const copies = random() < drop ? 0 : random() < duplicate ? 2 : 1
    const isHeld = copies > 0 && random() < shuffle
    if (copies !== 1 || isHeld) this.faults += 1
    return [copies, isHeld]
  }

  async #slowly(from: Socket, to: Socket, bytes: Buffer): Promise<void> {
    from.pause()
    await sleep((bytes.length / this.#bytesPerSecond) * 1000)
    to.write(bytes)
    if (!this.#isFrozen) from.resume()
  }
}
