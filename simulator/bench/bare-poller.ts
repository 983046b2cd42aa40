import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the bare poller is told, as its process's one message. */
export interface BareOrder {
  /** One connection each, with the bytes of the requests that are written to it in a round. */
  readonly lines: readonly { readonly host: string; readonly port: number; readonly requests: readonly string[] }[]
  readonly everyMs: number
  /** Rounds before anything is counted. */
  readonly warmUpRounds: number
  readonly rounds: number
}

/** What it answers. */
export interface BareCost {
  /** CPU seconds of user and system in the counted rounds. */
  readonly cpuSeconds: number
  readonly seconds: number
  readonly bytesRead: number
}

process.once('message', (order: BareOrder) => void run(order))

/** Writes bytes that were made before and counts what comes back: no less can be done to poll these devices. */
async function run({ lines, everyMs, warmUpRounds, rounds }: BareOrder): Promise<void> {
  let bytesRead = 0
  const sockets = await Promise.all(
    lines.map(async ({ host, port, requests }) => {
      const socket = await opened(host, port)
      socket.on('data', (chunk: Buffer) => {
        bytesRead += chunk.length
      })
      return { socket, bytes: requests.map((hex) => Buffer.from(hex, 'hex')) }
    }),
  )
  const round = async () => {
    await sleep(everyMs - (Date.now() % everyMs))
    for (const { socket, bytes } of sockets) for (const request of bytes) socket.write(request)
  }
  for (let count = 0; count < warmUpRounds; count++) await round()
  await sleep(everyMs / 2)
  const [cpu, since] = [process.cpuUsage(), performance.now()]
  bytesRead = 0
  for (let count = 0; count < rounds; count++) await round()
  await sleep(everyMs / 2)
  const { user, system } = process.cpuUsage(cpu)
  const cost: BareCost = { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - since) / 1000, bytesRead }
  for (const { socket } of sockets) socket.destroy()
  process.send?.(cost, () => process.disconnect())
}

async function opened(host: string, port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host, port, noDelay: true }, () => resolve(socket))
  socket.once('error', reject)
  return promise
}
