import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { encodeTcp, type TcpFrame, TcpSplitter } from '#protocols/modbus'
import type { Service } from './simulated-device.ts'
import { SimulatorError } from './simulator-error.ts'

/** Answers the requests to one unit. */
export interface SlaveUnit {
  serve(pdu: Uint8Array): Service
}

export interface SlaveOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** By unit id, 0..255. */
  readonly units: ReadonlyMap<number, SlaveUnit>
  /** Machine time, epoch ms. */
  readonly wall: () => number
}

/** One TCP port with its units. */
export interface ModbusSlave extends AsyncDisposable {
  readonly port: number
}

export const CONNECTIONS_MAX = 64
/** Answers of one connection that wait for their delay; a request beyond them is not answered. */
export const DELAYED_MAX = 64
/** A peer that lets so many bytes of answers lie is cut off. */
export const UNREAD_BYTES_MAX = 256 * 1024

/** "Gateway target device failed to respond": what a gateway says of a unit that is not on its line. */
const NO_SUCH_UNIT = 11

/** Listens for Modbus TCP masters. @throws SimulatorError `port` where it cannot listen. */
export async function openModbusSlave(options: SlaveOptions, stop: AbortSignal): Promise<ModbusSlave> {
  const { host, port } = options
  stop.throwIfAborted()
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serveSocket(socket, options)
  })
  server.maxConnections = CONNECTIONS_MAX
  server.listen({ host, port })
  try {
    await once(server, 'listening', { signal: stop })
  } catch (cause) {
    server.close()
    stop.throwIfAborted()
    throw new SimulatorError('port', `expected to listen on ${host}:${port}, got ${codeOf(cause)}`, { cause })
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function serveSocket(socket: Socket, { units, wall }: SlaveOptions): void {
  const splitter = new TcpSplitter()
  const delayed = new Set<NodeJS.Timeout>()

  const write = (frame: TcpFrame, service: Service): void => {
    const { answer } = service
    if (answer === null || !socket.writable) return
    const t = wall()
    socket.write('pdu' in answer ? encodeTcp(frame.transaction, frame.unit, answer.pdu) : answer.garbage, (error) => {
      if (!error) service.written(t)
    })
    if (socket.writableLength > UNREAD_BYTES_MAX) socket.destroy()
  }
  const serve = (frame: TcpFrame): void => {
    const service = units.get(frame.unit)?.serve(frame.pdu) ?? noSuchUnit(frame)
    if (service.delayMs === 0) write(frame, service)
    else if (delayed.size < DELAYED_MAX) later(frame, service)
  }
  const later = (frame: TcpFrame, service: Service): void => {
    const timer = setTimeout(() => {
      delayed.delete(timer)
      write(frame, service)
    }, service.delayMs)
    delayed.add(timer)
  }

  socket.on('data', (chunk) => {
    for (const frame of splitter.push(chunk)) serve(frame)
  })
  // A master that goes away in the middle is everyday life; `close` follows.
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    for (const timer of delayed) clearTimeout(timer)
  })
}

function noSuchUnit({ pdu }: TcpFrame): Service {
  return { answer: { pdu: Uint8Array.of((pdu[0] ?? 0) | 0x80, NO_SUCH_UNIT) }, delayMs: 0, written: () => undefined }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
