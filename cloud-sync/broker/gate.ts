import type { Socket } from 'node:net'
import { TokenBucket } from './token-bucket.ts'

export const CONNECTIONS_MAX = 2000
/** A whole district may stand behind one address. */
export const CONNECTIONS_PER_ADDRESS_MAX = 1000
/** New ones a minute: such a district may come back three times. */
export const CONNECTS_PER_ADDRESS_PER_MINUTE_MAX = 3000
/** Connections that have not sent their CONNECT yet. One more, and the one that has waited longest goes: who means it sends it at once. */
export const CONNECTING_MAX = 500
/** Addresses whose pace is remembered. */
const ADDRESSES_MAX = 10_000

/** Who may connect: so many in all, so many from one address, and at what pace. */
export class Gate {
  readonly #sockets = new Map<Socket, string>()
  readonly #connecting = new Set<Socket>()
  readonly #perAddress = new Map<string, number>()
  readonly #paces = new Map<string, TokenBucket>()

  get sockets(): Iterable<Socket> {
    return this.#sockets.keys()
  }

  /** Connections now, with those that have not sent their CONNECT. */
  get size(): number {
    return this.#sockets.size
  }

  /** Lets a connection in, or says why not. @param now machine ms */
  admit(socket: Socket, now: number): 'connections' | 'pace' | null {
    const address = socket.remoteAddress ?? ''
    if (!this.#paceOf(address, now).takeOne(now)) return 'pace'
    const ofAddress = this.#perAddress.get(address) ?? 0
    if (this.#sockets.size >= CONNECTIONS_MAX || ofAddress >= CONNECTIONS_PER_ADDRESS_MAX) return 'connections'
    this.#sockets.set(socket, address)
    this.#perAddress.set(address, ofAddress + 1)
    this.#connecting.add(socket)
    socket.once('close', () => this.#leave(socket))
    return null
  }

  /** The connection that has waited longest with its CONNECT, where too many wait. */
  surplus(): Socket | null {
    const [oldest] = this.#connecting
    if (oldest === undefined || this.#connecting.size <= CONNECTING_MAX) return null
    this.#connecting.delete(oldest)
    return oldest
  }

  /** Its CONNECT has come. */
  greeted(socket: Socket): void {
    this.#connecting.delete(socket)
  }

  #leave(socket: Socket): void {
    const address = this.#sockets.get(socket)
    this.#sockets.delete(socket)
    this.#connecting.delete(socket)
    if (address === undefined) return
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left > 0) this.#perAddress.set(address, left)
    else this.#perAddress.delete(address)
  }

  #paceOf(address: string, now: number): TokenBucket {
    const known = this.#paces.get(address)
    if (known) return known
    if (this.#paces.size >= ADDRESSES_MAX) this.#forget(now)
    const most = CONNECTS_PER_ADDRESS_PER_MINUTE_MAX
    const pace = new TokenBucket({ perSecond: most / 60, most }, now)
    this.#paces.set(address, pace)
    return pace
  }

  /** Forgets all that keep the pace, or else the one known longest. */
  #forget(now: number): void {
    for (const [address, pace] of this.#paces) if (pace.isFull(now)) this.#paces.delete(address)
    const [oldest] = this.#paces.keys()
    if (this.#paces.size >= ADDRESSES_MAX && oldest !== undefined) this.#paces.delete(oldest)
  }
}
