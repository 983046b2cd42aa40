import { type EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Aedes, type Client } from 'aedes'
import { Gate } from './gate.ts'
import { CLOUD_PACE, GATEWAY_PACE, GuardedSocket } from './guarded-socket.ts'
import { type BrokerLog, type Refusal, Refusals } from './refusals.ts'
import { kindOf, maySubscribe, publishRefusal } from './rights.ts'
import { Takeovers } from './takeovers.ts'

/** A subscriber that takes nothing for this long is cut off: it would make all others wait. */
const DRAIN_MS = 2000
/** Packets of one client that come with its CONNECT, before it is answered. */
const CLIENT_QUEUE_MAX = 100
/** The longest silence that a client may ask for; it is cut off after one and a half of what it asked. */
const KEEPALIVE_S_MAX = 120
/** Gateways whose status is kept. */
const STATUSES_MAX = 5000
const TOPIC_LEVELS_MAX = 8
/** MQTT 3.1.1, section 3.2.2.3: the server is there but refuses. */
const NOT_AUTHORIZED = 5

export interface BrokerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly log: BrokerLog
}

/** The broker's numbers now; refusals since its start. */
export interface BrokerNumbers {
  readonly clients: number
  /** With those that have not sent their CONNECT. */
  readonly connections: number
  readonly takeovers: number
  readonly refused: Readonly<Record<Refusal, number>>
}

/**
 * The embedded MQTT broker. It holds nothing that is not also in a journal or an inbox: its acknowledgement means only that it took the
 * bytes, and everything it forgets is sent again.
 */
export class Broker implements AsyncDisposable {
  readonly url: string
  readonly #server: Server
  readonly #aedes: Aedes
  readonly #visitors: Visitors

  private constructor(server: Server, aedes: Aedes, visitors: Visitors) {
    const { address, port } = server.address() as AddressInfo
    this.url = `mqtt://${address}:${port}`
    this.#server = server
    this.#aedes = aedes
    this.#visitors = visitors
  }

  /** @throws the system's error where the port cannot be had. */
  static async open({ host, port, log }: BrokerOptions): Promise<Broker> {
    const visitors = new Visitors(log)
    const aedes = await Aedes.createBroker({
      drainTimeout: DRAIN_MS,
      queueLimit: CLIENT_QUEUE_MAX,
      keepaliveLimit: KEEPALIVE_S_MAX,
      maxInflightInbound: 1,
      maxTopicLevels: TOPIC_LEVELS_MAX,
      authenticate: (client, _user, _password, done) => {
        const refusal = visitors.refusalOf(client)
        if (refusal === null) done(null, true)
        else done(Object.assign(new Error(refusal), { returnCode: NOT_AUTHORIZED }), false)
      },
      authorizePublish: (client, packet, done) => {
        // The broker's own messages have no client.
        const refusal = client === null ? null : visitors.publishRefusal(client.id, packet)
        done(refusal === null ? null : new Error(refusal))
      },
      authorizeSubscribe: (client, subscription, done) =>
        done(null, maySubscribe(client.id, subscription.topic) ? subscription : null),
    })
    visitors.follow(aedes)
    const server = createServer((socket) => visitors.receive(socket, aedes))
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch (error) {
      await close(aedes)
      throw error
    }
    return new Broker(server, aedes, visitors)
  }

  get clients(): number {
    return this.#aedes.connectedClients
  }

  get numbers(): BrokerNumbers {
    return { clients: this.clients, ...this.#visitors.numbers }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    await close(this.#aedes)
    this.#visitors.end()
    await closed
  }
}

/** Everyone who comes: let in, watched, and counted when refused. */
class Visitors {
  readonly #log: BrokerLog
  readonly #gate = new Gate()
  readonly #refusals: Refusals
  readonly #takeovers = new Takeovers()
  readonly #statuses = new Set<string>()
  /** The addresses of those that are connected, by client id. */
  readonly #present = new Map<string, string>()
  #taken = 0

  constructor(log: BrokerLog) {
    this.#log = log
    this.#refusals = new Refusals(log)
  }

  get numbers(): Omit<BrokerNumbers, 'clients'> {
    return { connections: this.#gate.size, takeovers: this.#taken, refused: this.#refusals.counts }
  }

  tell(kind: Refusal, facts: object): void {
    this.#refusals.add(kind, facts, performance.now())
  }

  follow(aedes: Aedes): void {
    aedes.on('client', (client) => this.#present.set(client.id, addressOf(client)))
    aedes.on('clientDisconnect', (client) => this.#present.delete(client.id))
    aedes.on('clientError', (client, error) => this.#tellEnd('client', client, error))
    aedes.on('connectionError', (client, error) => this.#tellEnd('greeting', client, error))
    // Its own faults, too: without a listener they would end the process. The types do not know it.
    const faults: EventEmitter = aedes
    faults.on('error', (error: Error) => this.#log.error({ why: error.message }, 'the broker has a fault'))
  }

  /** A connection that the other end broke is no refusal, and one that broke a limit has been counted. */
  #tellEnd(kind: Refusal, client: Client, error: Error & { readonly code?: string }): void {
    const facts = { client: client.id, why: error.message }
    if (error.code !== undefined) this.#log.debug(facts, 'a connection broke')
    else if (!(client.conn instanceof GuardedSocket && client.conn.refusal !== null)) this.tell(kind, facts)
  }

  receive(socket: Socket, aedes: Aedes): void {
    const address = socket.remoteAddress
    const refusal = this.#gate.admit(socket, performance.now())
    if (refusal !== null) {
      this.tell(refusal, { address, connections: this.#gate.size })
      // A farewell would keep what a stranger has sent.
      socket.on('error', () => {})
      socket.resetAndDestroy()
      return
    }
    socket.setNoDelay(true)
    // The broker gets to know of it when its CONNECT is there: until then it costs a socket and no more.
    const guarded = new GuardedSocket(socket, () => {
      this.#gate.greeted(socket)
      aedes.handle(guarded)
    })
    guarded.on('error', () => {
      const { refusal: why, isGreeted } = guarded
      if (why !== null) this.tell(isGreeted ? 'packet' : 'greeting', { address, why })
    })
    const surplus = this.#gate.surplus()
    if (surplus !== null) {
      this.tell('connections', { address: surplus.remoteAddress, why: 'too many without a CONNECT' })
      surplus.destroy()
    }
  }

  /** Why a client that has sent its CONNECT may not come in, or null; with it the pace that it must keep. */
  refusalOf(client: Client): string | null {
    const kind = kindOf(client.id)
    if (kind === null) return `expected a client id of a gateway or of the cloud, got "${client.id.slice(0, 64)}"`
    // What waited for an absent client would wait here alone, without end.
    if (!client.clean) return `expected a clean session of ${client.id}`
    const was = this.#present.get(client.id)
    const now = performance.now()
    if (was !== undefined) {
      if (!this.#takeovers.allow(client.id, now)) {
        this.tell('takeover', { client: client.id, from: addressOf(client) })
        return `expected ${client.id} to come once: another is connected under this name`
      }
      this.#taken += 1
      this.#log.warn({ client: client.id, was, now: addressOf(client) }, 'a newer connection takes a client over')
    }
    if (client.conn instanceof GuardedSocket) client.conn.letIn(kind === 'cloud' ? CLOUD_PACE : GATEWAY_PACE)
    return null
  }

  publishRefusal(clientId: string, packet: Parameters<typeof publishRefusal>[1]): string | null {
    const refusal = publishRefusal(clientId, packet)
    if (refusal !== null || !packet.retain) return refusal
    if (packet.payload.length === 0) this.#statuses.delete(packet.topic)
    else if (this.#statuses.size >= STATUSES_MAX && !this.#statuses.has(packet.topic))
      return `expected at most ${STATUSES_MAX} gateways with a status`
    else this.#statuses.add(packet.topic)
    return null
  }

  end(): void {
    for (const socket of this.#gate.sockets) socket.destroy()
  }
}

function addressOf(client: Client): string {
  return client.conn instanceof GuardedSocket ? client.conn.address : ''
}

function close(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(() => resolve()))
}
