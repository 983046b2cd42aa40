import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { processTimers } from '#devices/time'
import { TcpSplitter } from '#protocols/modbus'
import { DriverError } from './driver-error.ts'
import { parseLine } from './line-address.ts'
import type { Recording } from './recording.ts'
import {
  type AskedBytes,
  askedTcp,
  type Effect,
  type Exchange,
  effectsFor,
  type ReplayScript,
  replayScript,
} from './replay-script.ts'

/** A test's master, and a few that look on. */
export const REPLAY_CONNECTIONS_MAX = 16
/** What one connection may still have to be told; a request beyond it is not answered. */
export const REPLAY_EFFECTS_MAX = 10_000
/** A peer that lets so many bytes lie is cut off. */
export const REPLAY_UNREAD_BYTES_MAX = 256 * 1024
/** Longest half request that is kept. */
const HALF_BYTES_MAX = 4096

export interface ReplayedDevice {
  /** Somebody connects. @param end ends the connection, where the recording has it end */
  connect(peer: { write(bytes: Uint8Array): void; end(): void }): ReplayConnection
  /** Requests so far, and those that were never recorded. */
  readonly counts: { readonly requests: number; readonly unknownRequests: number }
}

export interface ReplayConnection extends Disposable {
  /** Takes what the peer sends, however it is cut. */
  receive(chunk: Uint8Array): void
}

/**
 * A device that says what was recorded: each request is answered by what was heard after the same one in the recording, in its order; the last answer
 * to it is repeated. What it said before it was asked comes when somebody connects.
 * @param speed recorded time in real time
 */
export function replayedDevice(recording: Recording, speed = 1): ReplayedDevice {
  const script = replayScript(recording)
  const turns = new Map<string, number>()
  const counts = { requests: 0, unknownRequests: 0 }
  const next = (key: string): Exchange | undefined => {
    const exchanges = script.byKey.get(key) ?? []
    const turn = turns.get(key) ?? 0
    counts.requests++
    if (exchanges.length === 0) counts.unknownRequests++
    else turns.set(key, Math.min(turn + 1, exchanges.length - 1))
    return exchanges[turn]
  }
  return {
    counts,
    connect(peer) {
      const pending = new Set<() => void>()
      const play = ({ afterMs, bytes }: Effect): void => {
        if (pending.size >= REPLAY_EFFECTS_MAX) return
        const cancel = processTimers.after(afterMs / speed, () => {
          pending.delete(cancel)
          if (bytes === undefined) peer.end()
          else peer.write(bytes)
        })
        pending.add(cancel)
      }
      const split = splitterOf(script)
      for (const effect of script.unasked) play(effect)
      return {
        receive(chunk) {
          for (const asked of split(chunk)) {
            const exchange = next(asked.key)
            if (exchange === undefined) continue
            // Timers of one delay keep their order, those of 0 and of 1 ms do not: the next chunk is never before this one.
            for (const effect of effectsFor(exchange, asked)) play(effect)
          }
        },
        [Symbol.dispose]() {
          for (const cancel of pending) cancel()
          pending.clear()
        },
      }
    },
  }
}

/** Cuts what a master sends into requests. */
function splitterOf(script: ReplayScript): (chunk: Uint8Array) => AskedBytes[] {
  if (script.hasTransactions) {
    const splitter = new TcpSplitter()
    return (chunk) => askedTcp(chunk, splitter)
  }
  // No protocol is assumed: what was recorded as one request is one.
  const keys = [...script.byKey.keys()].sort((a, b) => b.length - a.length)
  let held = ''
  return (chunk) => {
    held = (held + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('hex')).slice(-HALF_BYTES_MAX * 2)
    const asked: AskedBytes[] = []
    let unknown = ''
    const book = (): void => {
      if (unknown !== '') asked.push({ key: unknown, transaction: 0 })
      unknown = ''
    }
    while (held !== '') {
      const key = keys.find((known) => held.startsWith(known))
      if (key !== undefined) {
        book()
        asked.push({ key, transaction: 0 })
        held = held.slice(key.length)
      } else if (keys.some((known) => known.startsWith(held))) break
      else {
        unknown += held.slice(0, 2)
        held = held.slice(2)
      }
    }
    book()
    return asked
  }
}

export interface ReplayServer extends AsyncDisposable {
  /** As a gateway's file names it; a recorded serial line is one through a serial server. */
  readonly url: string
}

/** Serves a replayed device on a TCP port of loopback. @param port 0: any that is free. @throws DriverError `configuration` */
export async function openReplayServer(recording: Recording, device: ReplayedDevice, port: number): Promise<ReplayServer> {
  const host = '127.0.0.1'
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    const connection = device.connect({
      write: (bytes) => {
        socket.write(bytes)
        if (socket.writableLength > REPLAY_UNREAD_BYTES_MAX) socket.destroy()
      },
      end: () => socket.destroy(),
    })
    socket.on('data', (chunk) => connection.receive(chunk))
    // A master that goes away in the middle is everyday life; `close` follows.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      sockets.delete(socket)
      connection[Symbol.dispose]()
    })
  })
  server.maxConnections = REPLAY_CONNECTIONS_MAX
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new DriverError('configuration', `expected to listen on ${host}:${port}, got ${code}`, { cause })
  }
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  const { kind } = parseLine(recording.header.line)
  return {
    url: `${kind === 'tcp' ? 'tcp' : 'rtu+tcp'}://${host}:${bound}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
