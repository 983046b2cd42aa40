import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { PacketLimit } from './packet-limit.ts'
import { TokenBucket } from './token-bucket.ts'

/** From the first byte to the end of CONNECT. */
export const CONNECT_WAIT_MS = 5000
/** Bytes that wait for one client to take them; beyond it the others wait for it too, for `DRAIN_MS`. */
export const CLIENT_QUEUE_BYTES_MAX = 4 * 1024 * 1024

/** What a client may send a second; who sends faster is read more slowly. */
export interface Pace {
  readonly bytesPerSecond: number
  readonly packetsPerSecond: number
}
/** A gateway: full batches of 100,000 rows a second are under 1 MB. */
export const GATEWAY_PACE: Pace = { bytesPerSecond: 8 * 1024 * 1024, packetsPerSecond: 1000 }
/** The cloud's own readers answer every message of every gateway. */
export const CLOUD_PACE: Pace = { bytesPerSecond: 64 * 1024 * 1024, packetsPerSecond: 100_000 }
/** Pauses shorter than this are not worth a timer. */
const PAUSE_MS_MIN = 5

/**
 * A socket that lets only well-sized packets through, at a bounded pace: the broker behind it keeps whatever is sent to it, as much and as long
 * as it comes. What breaks a limit ends the connection with the reason.
 */
export class GuardedSocket extends Duplex {
  readonly #socket: Socket
  readonly #limit = new PacketLimit()
  readonly #timer: NodeJS.Timeout
  readonly #onGreeted: () => void
  #bytes: TokenBucket | null = null
  #packets: TokenBucket | null = null
  #resting: NodeJS.Timeout | null = null
  #isFull = false
  /** What came behind the CONNECT before that was judged: the broker would act on it for a client that has no name yet. */
  #held: Buffer[] | null = []
  #refusal: string | null = null

  /** @param onGreeted called once a whole CONNECT has come, which is the first thing to be read */
  constructor(socket: Socket, onGreeted: () => void) {
    super({ allowHalfOpen: false, writableHighWaterMark: CLIENT_QUEUE_BYTES_MAX })
    this.#socket = socket
    this.#onGreeted = onGreeted
    this.#timer = setTimeout(() => this.#refuse(`expected CONNECT within ${CONNECT_WAIT_MS} ms`), CONNECT_WAIT_MS)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  get address(): string {
    return this.#socket.remoteAddress ?? ''
  }

  /** True once a whole CONNECT has come. */
  get isGreeted(): boolean {
    return this.#limit.isConnected
  }

  /** The limit that it broke; null while it broke none. */
  get refusal(): string | null {
    return this.#refusal
  }

  /** Its CONNECT was judged well: from now on it may send so fast, and for a second twice as fast. */
  letIn({ bytesPerSecond, packetsPerSecond }: Pace): void {
    const now = performance.now()
    this.#bytes = new TokenBucket({ perSecond: bytesPerSecond, most: bytesPerSecond }, now)
    this.#packets = new TokenBucket({ perSecond: packetsPerSecond, most: packetsPerSecond }, now)
    const held = this.#held ?? []
    this.#held = null
    for (const chunk of held) this.#hand(chunk)
    if (!this.#isFull) this.#socket.resume()
  }

  #refuse(why: string): void {
    this.#refusal = why
    this.destroy(new Error(why))
  }

  #take(chunk: Buffer): void {
    const { isConnected, packets } = this.#limit
    const refusal = this.#limit.push(chunk)
    if (refusal !== null) {
      this.#refuse(refusal)
      return
    }
    if (!isConnected && this.#limit.isConnected) this.#greet(chunk)
    else if (isConnected && this.#held !== null) this.#held.push(chunk)
    else this.#hand(chunk)
    const now = performance.now()
    const waitMs = Math.max(
      this.#bytes?.take(chunk.length, now) ?? 0,
      this.#packets?.take(this.#limit.packets - packets, now) ?? 0,
    )
    if (waitMs >= PAUSE_MS_MIN && !this.destroyed) this.#rest(waitMs)
  }

  get #isHolding(): boolean {
    return this.#limit.isConnected && this.#held !== null
  }

  #hand(chunk: Buffer): void {
    if (this.push(chunk)) return
    this.#isFull = true
    this.#socket.pause()
  }

  /** Hands over what ends with the CONNECT; what comes behind it waits. */
  #greet(chunk: Buffer): void {
    clearTimeout(this.#timer)
    const { greetingEnd } = this.#limit
    if (greetingEnd < chunk.length) this.#held?.push(chunk.subarray(greetingEnd))
    this.#socket.pause()
    this.#hand(chunk.subarray(0, greetingEnd))
    this.#onGreeted()
  }

  /** Reads on after a while; until then what comes waits at the sender. */
  #rest(waitMs: number): void {
    this.#socket.pause()
    this.#resting ??= setTimeout(() => {
      this.#resting = null
      if (!this.#isFull && !this.#isHolding) this.#socket.resume()
    }, waitMs)
  }

  override _read(): void {
    this.#isFull = false
    if (this.#resting === null && !this.#isHolding) this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  /** The pieces of a packet, and packets that came together, go in one piece. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.cork()
    const last = chunks.at(-1)
    for (const piece of chunks) this.#socket.write(piece.chunk, piece === last ? done : undefined)
    this.#socket.uncork()
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    if (this.#resting !== null) clearTimeout(this.#resting)
    // What a stranger has sent and nobody read is dropped at once.
    if (this.#refusal === null) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
    done(error)
  }
}
