import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A port that leads to another one, and counts what passes: MQTT's bytes, headers and all, both ways. */
export class ByteCount implements AsyncDisposable {
  /** Bytes towards the broker, and from it. */
  up = 0
  down = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(port: number): Promise<ByteCount> {
    const server = createServer()
    const count = new ByteCount(server)
    server.on('connection', (near) => count.#join(near, connect(port, '127.0.0.1')))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return count
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #join(near: Socket, far: Socket): void {
    near.on('data', (chunk: Buffer) => {
      this.up += chunk.length
    })
    far.on('data', (chunk: Buffer) => {
      this.down += chunk.length
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.pipe(to)
      // Either end's end is the other's.
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
    }
  }
}
