import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Aedes, type Client, type PublishPacket } from 'aedes'
import type { Logger } from 'pino'
import { parseTopic, type TopicEnd, topic } from '#wire'
import { GuardedSocket } from './guarded-socket.ts'

export const CONNECTIONS_MAX = 2000
/** A whole district may stand behind one address. */
export const CONNECTIONS_PER_ADDRESS_MAX = 1000
/** A subscriber that takes nothing for this long is cut off: it would make all others wait. */
const DRAIN_MS = 2000
/** Packets of one client that wait to be handled. */
const CLIENT_QUEUE_MAX = 100

/** Client ids: a gateway's is this and its id; the cloud's own readers have theirs. */
const GATEWAY_CLIENT = 'sluice-'
const CLOUD_CLIENT = 'cloud-'

const FROM_GATEWAY: readonly TopicEnd[] = ['up', 'status', 'result', 'reported']
const FROM_CLOUD: readonly TopicEnd[] = ['ack', 'command', 'config']

export interface BrokerOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly log: Logger
}

/**
 * The embedded MQTT broker. It holds nothing that is not also in a journal or an inbox: its acknowledgement means only that it took the
 * bytes, and everything it forgets is sent again.
 */
export class Broker implements AsyncDisposable {
  readonly url: string
  readonly #server: Server
  readonly #aedes: Aedes
  readonly #sockets: ReadonlySet<Socket>

  private constructor(server: Server, aedes: Aedes, sockets: ReadonlySet<Socket>) {
    const { address, port } = server.address() as AddressInfo
    this.url = `mqtt://${address}:${port}`
    this.#server = server
    this.#aedes = aedes
    this.#sockets = sockets
  }

  /** @throws the system's error where the port cannot be had. */
  static async open({ host, port, log }: BrokerOptions): Promise<Broker> {
    const aedes = await Aedes.createBroker({
      drainTimeout: DRAIN_MS,
      queueLimit: CLIENT_QUEUE_MAX,
      maxClientsIdLength: 64,
      authorizePublish: (client, packet, done) =>
        done(mayPublish(client, packet) ? null : new Error(`${client?.id} may not publish to ${packet.topic}`)),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, maySubscribe(client, subscription.topic) ? subscription : null),
    })
    const tellRefusal = (client: Client | null, error: Error) =>
      log.warn({ client: client?.id, why: error.message }, 'a connection was ended')
    aedes.on('clientError', tellRefusal)
    aedes.on('connectionError', tellRefusal)
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      const ofAddress = [...sockets].filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress).length
      if (sockets.size >= CONNECTIONS_MAX || ofAddress >= CONNECTIONS_PER_ADDRESS_MAX) {
        log.warn({ address: socket.remoteAddress, connections: sockets.size }, 'too many connections: one was refused')
        socket.destroy()
        return
      }
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.once('close', () => sockets.delete(socket))
      const guarded = new GuardedSocket(socket)
      guarded.on('error', (error) => log.debug({ address: socket.remoteAddress, why: error.message }, 'a connection was ended'))
      aedes.handle(guarded)
    })
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch (error) {
      await close(aedes)
      throw error
    }
    return new Broker(server, aedes, sockets)
  }

  get clients(): number {
    return this.#aedes.connectedClients
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    await close(this.#aedes)
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

/** A gateway speaks only under its own id. Until clients prove who they are, the id is what they say. */
function mayPublish(client: Client | null, { topic: name }: PublishPacket): boolean {
  // The broker's own messages have no client.
  if (client === null) return true
  const parsed = parseTopic(name)
  if (parsed === null) return false
  if (client.id.startsWith(CLOUD_CLIENT)) return FROM_CLOUD.includes(parsed.end)
  return client.id === `${GATEWAY_CLIENT}${parsed.gateway}` && FROM_GATEWAY.includes(parsed.end)
}

function maySubscribe(client: Client, filter: string): boolean {
  if (client.id.startsWith(CLOUD_CLIENT)) return FROM_GATEWAY.some((end) => filter === topic('+', end))
  const parsed = parseTopic(filter)
  return parsed !== null && client.id === `${GATEWAY_CLIENT}${parsed.gateway}` && FROM_CLOUD.includes(parsed.end)
}

function close(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(() => resolve()))
}
