import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { PacketLimit } from './packet-limit.ts'

/** From the first byte to the end of CONNECT. */
const CONNECT_WAIT_MS = 5000

/**
 * A socket that lets only well-sized packets through: the broker behind it keeps whatever is sent to it, as much and as long as it comes.
 * What breaks a limit ends the connection with the reason.
 */
export class GuardedSocket extends Duplex {
  readonly #socket: Socket
  readonly #limit = new PacketLimit()
  readonly #timer: NodeJS.Timeout

  constructor(socket: Socket) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#timer = setTimeout(() => this.destroy(new Error(`expected CONNECT within ${CONNECT_WAIT_MS} ms`)), CONNECT_WAIT_MS)
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  #take(chunk: Buffer): void {
    const refusal = this.#limit.push(chunk)
    if (refusal !== null) {
      this.destroy(new Error(refusal))
      return
    }
    if (this.#limit.isConnected) clearTimeout(this.#timer)
    if (!this.push(chunk)) this.#socket.pause()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#socket.destroy()
    done(error)
  }
}
