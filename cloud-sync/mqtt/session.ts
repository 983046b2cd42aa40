import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { SyncError } from '#wire'

/** The broker has this long to accept a connection, and a publish to be taken. */
const ANSWER_WAIT_MS = 10_000
/** A planned end waits so long for the peer. */
const FAREWELL_MS = 1000
/** A half-open link is noticed after one and a half of these. */
const KEEPALIVE_S = 15

export interface SessionOptions {
  /** `mqtt://host:port`. */
  readonly url: string
  readonly clientId: string
  readonly will?: { readonly topic: string; readonly payload: string }
  /** Called for each message of a subscribed topic; `isRetained`: it was said before this subscription. */
  readonly onMessage: (topic: string, payload: Uint8Array, isRetained: boolean) => void
}

/** One connection to a broker, as both ends use it. */
export interface Connection extends AsyncDisposable {
  /** Aborted when the connection ends. */
  readonly closed: AbortSignal
  subscribe(topic: string): Promise<void>
  /** Resolves when the broker has taken it; that frees nothing. @throws SyncError */
  publish(topic: string, payload: Uint8Array | string, options?: { readonly retain?: boolean }): Promise<void>
  /** Ends it at once, without a farewell: for a peer that answers nothing. */
  abort(): void
}

/** Opens a connection; `stop` ends the opening only. @throws SyncError `unreachable` or `timeout` */
export type Connect = (options: SessionOptions, stop: AbortSignal) => Promise<Connection>

/**
 * One MQTT connection that is not repaired: when it ends, `closed` is aborted and its owner makes another. The client's own queue is never
 * used, because it loses rows on a reconnect; what is not sent is sent again from the journal.
 */
export class Session implements Connection {
  readonly #client: MqttClient
  readonly #closed = new AbortController()

  private constructor(client: MqttClient) {
    this.#client = client
  }

  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** `stop` ends the opening only. @throws SyncError `unreachable` or `timeout` */
  static async open({ url, clientId, will, onMessage }: SessionOptions, stop: AbortSignal): Promise<Session> {
    const options: IClientOptions = {
      clientId,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: ANSWER_WAIT_MS,
      keepalive: KEEPALIVE_S,
      queueQoSZero: false,
      // Else every number that may stand in a packet is kept as a buffer of its own: 65,536 of them, some 8 MiB of a small box.
      writeCache: false,
    }
    const client = connect(url, {
      ...options,
      ...(will && { will: { ...will, payload: Buffer.from(will.payload), qos: 1 as const, retain: true } }),
    })
    const session = new Session(client)
    const opened = Promise.withResolvers<void>()
    // The client tells of a broken socket by error and close, in either order, and of a peer that hangs up before CONNACK by close alone.
    client.on('error', (cause) => session.#end(opened, cause.message))
    client.on('close', () => session.#end(opened, 'closed by the broker'))
    client.on('connect', () => opened.resolve())
    client.on('message', (topic, payload, { retain }) => onMessage(topic, payload, retain))
    const cancel = () => session.#end(opened, 'stopped')
    stop.addEventListener('abort', cancel, { once: true })
    if (stop.aborted) cancel()
    try {
      await within(opened.promise, `CONNACK from ${url}`)
    } catch (error) {
      client.end(true)
      throw error instanceof SyncError
        ? error
        : new SyncError('unreachable', `expected a broker at ${url}: ${(error as Error).message}`)
    } finally {
      // From here on its owner ends it, with a farewell.
      stop.removeEventListener('abort', cancel)
    }
    return session
  }

  async subscribe(topic: string): Promise<void> {
    await this.#whileOpen(this.#client.subscribeAsync(topic, { qos: 1 }), `SUBACK for ${topic}`)
  }

  async publish(topic: string, payload: Uint8Array | string, options: { readonly retain?: boolean } = {}): Promise<void> {
    const bytes =
      typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    await this.#whileOpen(
      this.#client.publishAsync(topic, bytes, { qos: 1, retain: options.retain ?? false }),
      `PUBACK for ${topic}`,
    )
  }

  abort(): void {
    this.#closed.abort()
    this.#client.end(true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOpen = !this.closed.aborted
    this.#closed.abort()
    await within(this.#client.endAsync(!isOpen), 'the end of the connection', FAREWELL_MS).catch(() => this.#client.end(true))
  }

  #end(opened: PromiseWithResolvers<void>, why: string): void {
    opened.reject(new SyncError('unreachable', why))
    this.#closed.abort()
    this.#client.end(true)
  }

  /** The client leaves a promise unsettled where the connection ends in between. */
  async #whileOpen(work: Promise<unknown>, what: string): Promise<void> {
    const gone = Promise.withResolvers<never>()
    const reject = () => gone.reject(new SyncError('unreachable', `expected ${what}, the connection ended`))
    this.closed.addEventListener('abort', reject, { once: true })
    if (this.closed.aborted) reject()
    try {
      await within(Promise.race([work, gone.promise]), what)
    } finally {
      this.closed.removeEventListener('abort', reject)
    }
  }
}

async function within<T>(work: Promise<T>, what: string, waitMs = ANSWER_WAIT_MS): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new SyncError('timeout', `expected ${what} within ${waitMs} ms`)), waitMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
