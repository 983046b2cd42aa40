import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'

/** How a simulated station reaches its centre. */
export interface StationLink extends AsyncDisposable {
  /** Writes bytes as they are; what the line does with them is its own affair. */
  send(bytes: Uint8Array): void
  /** False: the centre hung up, and has to be called again. */
  readonly isOpen: boolean
}

export interface LinkTarget {
  readonly transport: 'tcp' | 'udp'
  readonly host: string
  readonly port: number
  /** Where it calls from; another is as if the network had given the station another. */
  readonly from?: string
}

/** Calls the centre. @throws the system's error where nobody listens (TCP only) */
export async function callCentre(target: LinkTarget, onBytes: (bytes: Uint8Array) => void): Promise<StationLink> {
  return target.transport === 'tcp' ? await callTcp(target, onBytes) : await callUdp(target, onBytes)
}

async function callTcp({ host, port, from }: LinkTarget, onBytes: (bytes: Uint8Array) => void): Promise<StationLink> {
  const socket = connect({ host, port, noDelay: true, ...(from !== undefined && { localAddress: from }) })
  await once(socket, 'connect')
  socket.on('data', onBytes)
  // Its end shows as an answer that does not come.
  socket.on('error', () => {})
  return {
    send: (bytes) => void (socket.destroyed || socket.write(bytes)),
    get isOpen() {
      return !socket.destroyed && socket.readable
    },
    [Symbol.asyncDispose]: async () => {
      if (socket.closed) return
      const closed = once(socket, 'close')
      socket.destroy()
      await closed
    },
  }
}

async function callUdp({ host, port, from }: LinkTarget, onBytes: (bytes: Uint8Array) => void): Promise<StationLink> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.bind(from === undefined ? {} : { address: from })
  await once(socket, 'listening')
  socket.on('message', onBytes)
  socket.on('error', () => {})
  return {
    send: (bytes) => socket.send(bytes, port, host),
    isOpen: true,
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}
