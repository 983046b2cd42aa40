import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import {
  decodeRequest,
  encodeResponse,
  encodeRtu,
  encodeTcp,
  type ReadRequest,
  type Request,
  RtuSplitter,
  requestLength,
  TcpSplitter,
} from '#protocols/modbus'

/** One request as a test's slave got it. */
export interface Asked {
  readonly transaction: number
  readonly unit: number
  readonly request: Request
  /** Counts the requests of this slave from 0, over all its connections. */
  readonly index: number
  /** Sends bytes to whoever listens by then. */
  write(bytes: Uint8Array): void
}

/** One that came over TCP. */
export interface AskedTcp extends Asked {
  readonly socket: Socket
}

export interface ScriptedSlave extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Connections so far. */
  connections(): number
  /** Destroys the open connections. */
  cut(): void
}

/** For tests: a slave on loopback that does with each request just what the script says. Speaks Modbus TCP, or RTU frames over TCP. */
export async function openScriptedSlave(
  script: (asked: AskedTcp) => void,
  options: { kind?: 'tcp' | 'rtu+tcp'; port?: number } = {},
): Promise<ScriptedSlave> {
  const { kind = 'tcp', port = 0 } = options
  const sockets = new Set<Socket>()
  let connections = 0
  let index = 0
  // As serial servers do: what comes from the line goes to all that are connected.
  const write = (bytes: Uint8Array): void => {
    for (const socket of sockets) socket.write(bytes)
  }
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    const tcp = new TcpSplitter()
    const rtu = new RtuSplitter(requestLength)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk: Uint8Array) => {
      const frames = kind === 'tcp' ? tcp.push(chunk) : rtu.push(chunk).map((frame) => ({ transaction: 0, ...frame }))
      for (const { transaction, unit, pdu } of frames)
        script({ transaction, unit, request: decodeRequest(pdu), socket, write, index: index++ })
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : 0
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: bound,
    url: `${kind}://127.0.0.1:${bound}`,
    connections: () => connections,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

/** For tests: the same on the held end of a pseudo-terminal. */
export function serveSerial(
  pty: { readonly input: Readable; write(bytes: Uint8Array): boolean },
  script: (asked: Asked) => void,
): void {
  const splitter = new RtuSplitter(requestLength)
  const write = (bytes: Uint8Array): void => void pty.write(bytes)
  let index = 0
  pty.input.on('data', (chunk: Uint8Array) => {
    for (const { unit, pdu } of splitter.push(chunk))
      script({ transaction: 0, unit, request: decodeRequest(pdu), write, index: index++ })
  })
}

/** A port of loopback on which nobody listens: for a peer that cannot be given port 0. */
export async function freePort(): Promise<number> {
  const slave = await openScriptedSlave(() => {})
  await slave[Symbol.asyncDispose]()
  return slave.port
}

/** The answer's PDU in which each register holds its own address, each bit whether that is odd. */
export function echoPdu({ function: code, address, count }: ReadRequest): Uint8Array {
  const addresses = Array.from({ length: count }, (_, index) => (address + index) & 0xffff)
  return code === 1 || code === 2
    ? encodeResponse({ function: code, bits: addresses.map((at) => at % 2 === 1) })
    : encodeResponse({ function: code, registers: addresses })
}

/** That answer as Modbus TCP; `differs` makes it another's. */
export function echoTcp(
  { transaction, unit, request }: Pick<Asked, 'transaction' | 'unit' | 'request'>,
  differs: { transaction?: number; unit?: number } = {},
): Uint8Array {
  return encodeTcp(differs.transaction ?? transaction, differs.unit ?? unit, echoPdu(readOf(request)))
}

/** That answer as RTU. */
export function echoRtu({ unit, request }: Pick<Asked, 'unit' | 'request'>): Uint8Array {
  return encodeRtu(unit, echoPdu(readOf(request)))
}

export function readOf(request: Request): ReadRequest {
  if (request.function > 4 || !('count' in request) || 'bits' in request || 'registers' in request)
    throw new Error(`expected a read, got function ${request.function}`)
  return request
}
