import type { Connect, Connection, SessionOptions } from '#mqtt'
import { SyncError } from '#wire'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedTime } from './simulated-time.ts'

/** As long as an answer of a real broker is waited for. */
const ANSWER_WAIT_MS = 10_000
/** After it a broker knows that a silent client is gone. */
const KEEPALIVE_MS = 22_500

/** What the network does on purpose. Shares are from 0 to 1. */
export interface NetworkFaults {
  /** Of messages that are delivered twice. */
  duplicate: number
  /** Of messages that are held back, so that later ones overtake them. */
  late: number
  lateMs: number
  /** Of messages that a broker takes and forgets. */
  forget: number
}

interface Client {
  readonly process: SimulatedProcess
  readonly options: SessionOptions
  readonly filters: string[]
  readonly closed: AbortController
  /** When the last byte of what was sent before has arrived. */
  upAt: number
  downAt: number
}

interface Link {
  /** Nothing passes, and nobody is told. */
  isDead: boolean
  /** Connections are refused and cut. */
  isCut: boolean
  bytesPerMs: number
}

/** A broker and the links to it. What it acknowledges it may forget at once: it promises nothing, as no broker does. */
export class SimulatedNetwork {
  readonly faults: NetworkFaults = { duplicate: 0, late: 0, lateMs: 0, forget: 0 }
  readonly #time: SimulatedTime
  readonly #random: () => number
  readonly #clients = new Map<string, Client>()
  readonly #links = new Map<string, Link>()
  readonly #retained = new Map<string, Uint8Array>()
  #isUp = true

  constructor(time: SimulatedTime, random: () => number) {
    this.#time = time
    this.#random = random
  }

  /** The link of every process of that name, now and later. */
  link(name: string): Link {
    const known = this.#links.get(name)
    if (known) return known
    const link = { isDead: false, isCut: false, bytesPerMs: Number.POSITIVE_INFINITY }
    this.#links.set(name, link)
    return link
  }

  /** Ends every connection of that name. */
  cut(name: string): void {
    for (const client of this.#clients.values()) if (client.process.name === name) this.#drop(client, true)
  }

  /** The broker is gone, with everything that it held. */
  crash(): void {
    this.#isUp = false
    this.#retained.clear()
    for (const client of this.#clients.values()) this.#drop(client, false)
  }

  restart(): void {
    this.#isUp = true
  }

  /** How a process reaches the broker. */
  connectOf(process: SimulatedProcess): Connect {
    return async (options, stop) => {
      await this.#wait(process, 2 + this.#random() * 30)
      const link = this.link(process.name)
      if (link.isDead) await this.#wait(process, ANSWER_WAIT_MS)
      if (stop.aborted || !this.#isUp || link.isCut || link.isDead)
        throw new SyncError('unreachable', 'expected the simulated broker')
      const known = this.#clients.get(options.clientId)
      if (known) this.#drop(known, true)
      const closed = new AbortController()
      const client: Client = { process, options, filters: [], closed, upAt: 0, downAt: 0 }
      this.#clients.set(options.clientId, client)
      const leave = process.onEnd(() => this.#lose(client))
      closed.signal.addEventListener('abort', leave, { once: true })
      return this.#connection(client)
    }
  }

  #connection(client: Client): Connection {
    const { process, closed } = client
    return {
      closed: closed.signal,
      subscribe: async (filter) => {
        await this.#answer(client, 0)
        client.filters.push(filter)
        for (const [name, payload] of this.#retained) if (matches(filter, name)) this.#deliver(client, name, payload, true)
      },
      publish: async (name, payload, { retain = false } = {}) => {
        const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : Uint8Array.from(payload)
        await this.#answer(client, bytes.length)
        this.#route(name, bytes, retain)
        // The way back of the acknowledgement, which may be lost with the connection.
        await this.#answer(client, 0)
      },
      abort: () => this.#drop(client, true),
      [Symbol.asyncDispose]: async () => {
        // A farewell: no last will.
        if (!closed.signal.aborted && process.isAlive) this.#drop(client, false)
      },
    }
  }

  /** Resolves when bytes have come to the broker. @throws SyncError where the connection ends before that */
  async #answer(client: Client, bytes: number): Promise<void> {
    const link = this.link(client.process.name)
    const begun = Math.max(client.upAt, this.#time.mono)
    client.upAt = begun + bytes / link.bytesPerMs
    await this.#wait(client.process, client.upAt - this.#time.mono + 1 + this.#random() * 20)
    if (link.isDead) {
      await this.#wait(client.process, ANSWER_WAIT_MS)
      this.#drop(client, true)
      throw new SyncError('timeout', 'expected an answer of the simulated broker')
    }
    if (client.closed.signal.aborted) throw new SyncError('unreachable', 'the simulated connection ended')
  }

  #route(name: string, payload: Uint8Array, retain: boolean): void {
    if (!this.#isUp || this.#random() < this.faults.forget) return
    if (retain) this.#retained.set(name, payload)
    for (const client of this.#clients.values()) {
      if (!client.filters.some((filter) => matches(filter, name))) continue
      this.#deliver(client, name, payload, false)
      if (this.#random() < this.faults.duplicate) this.#deliver(client, name, payload, false)
    }
  }

  #deliver(client: Client, name: string, payload: Uint8Array, isRetained: boolean): void {
    const link = this.link(client.process.name)
    client.downAt = Math.max(client.downAt, this.#time.mono) + payload.length / link.bytesPerMs
    const late = this.#random() < this.faults.late ? this.#random() * this.faults.lateMs : 0
    this.#time.after(client.downAt - this.#time.mono + 1 + this.#random() * 20 + late, () => {
      if (client.closed.signal.aborted || !client.process.isAlive || link.isDead) return
      client.options.onMessage(name, payload, isRetained)
    })
  }

  /** A process that ended says no farewell: the broker finds out, and speaks its last will. */
  #lose(client: Client): void {
    this.#time.after(this.#random() < 0.5 ? 50 : KEEPALIVE_MS, () => this.#drop(client, true))
  }

  #drop(client: Client, isLost: boolean): void {
    if (client.closed.signal.aborted) return
    if (this.#clients.get(client.options.clientId) === client) this.#clients.delete(client.options.clientId)
    client.closed.abort()
    const { will } = client.options
    if (isLost && will) this.#route(will.topic, new TextEncoder().encode(will.payload), true)
  }

  #wait(process: SimulatedProcess, ms: number): Promise<void> {
    return new Promise((resolve) => void process.clock.after(ms, resolve))
  }
}

function matches(filter: string, name: string): boolean {
  const [wanted, given] = [filter.split('/'), name.split('/')]
  return wanted.length === given.length && wanted.every((part, index) => part === '+' || part === given[index])
}
