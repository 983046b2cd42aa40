import type { Duplex } from 'node:stream'
import type { Clock } from '#devices'
import { connectSerial } from './connect-serial.ts'
import { connectTcp } from './connect-tcp.ts'
import { DriverError } from './driver-error.ts'
import { type Line, type LineCounts, StreamLine, TIMEOUTS_IN_ROW_MAX } from './line.ts'
import {
  type AskedAddress,
  isListening,
  type LineAddress,
  type ListenAddress,
  lineKey,
  linePort,
  parseAskedLine,
  parseLine,
} from './line-address.ts'
import type { Log } from './log.ts'
import { RtuFraming } from './rtu-framing.ts'
import { serialTiming } from './serial-timing.ts'
import { TcpFraming } from './tcp-framing.ts'
import { WireTap } from './wire-tap.ts'

/** Lines of one site. */
export const LINES_MAX = 2_000

/** A share of a line; the line closes with its last share. */
export interface LineLease extends AsyncDisposable {
  readonly line: Line
}

/** What listens at a line on which devices call. */
export interface Listening extends AsyncDisposable {
  /** Numbers that only rise, for `/metrics`. */
  readonly counts: Readonly<Record<string, number>>
}

/** How a listener is made; it opens no port by that. */
export type ListeningKind<T extends Listening> = new (address: ListenAddress, options: BusOptions) => T

/** A share of a listener, which closes with its last share. */
export interface ListenerLease<T extends Listening> extends AsyncDisposable {
  readonly listener: T
}

/** The lines of a site, each opened when it is first asked something and shared by the devices on it. */
export interface Bus extends AsyncDisposable {
  /** A share of the line at a URL (see `parseLine`). Opens no port yet. @throws DriverError `configuration`, `stopped`. */
  lease(url: string): LineLease
  /** The same of a line on which devices call; all who name it must name one kind. @throws DriverError `configuration`, `stopped`. */
  listen<T extends Listening>(url: string, kind: ListeningKind<T>): ListenerLease<T>
  /** The counts of each open line by its URL. */
  counts(): ReadonlyMap<string, LineCounts | Listening['counts']>
  /** Where the line at a URL is listened to, whether it is open or not, and however often it is opened again. @throws DriverError `configuration`. */
  tap(url: string): WireTap
}

export interface BusOptions {
  readonly clock: Clock
  readonly log: Log
  /** From 0 to below 1; spreads the reconnects of many gateways. */
  readonly random: () => number
  /** Opens the stream of a line; default a socket or a serial port of this machine. @throws DriverError (of the promise) */
  readonly connect?: ConnectLine
}

export type ConnectLine = (address: AskedAddress, stop: AbortSignal) => Promise<Duplex>

/** Disposing it ends every line, and every request on them with `stopped`. */
export function openBus(options: BusOptions): Bus {
  const lines = new Map<string, { readonly line: StreamLine | Listening; leases: number }>()
  const taps = new Map<string, WireTap>()
  let isClosed = false

  const tapOf = (key: string): WireTap => {
    const tap = taps.get(key) ?? new WireTap()
    if (!taps.has(key) && taps.size >= LINES_MAX)
      throw new DriverError('configuration', `expected at most ${LINES_MAX} lines, got one more: ${key}`)
    taps.set(key, tap)
    return tap
  }
  const release = async (url: string): Promise<void> => {
    const shared = lines.get(url)
    if (shared === undefined || --shared.leases > 0) return
    lines.delete(url)
    await shared.line[Symbol.asyncDispose]()
  }
  const share = (address: LineAddress, build: () => StreamLine | Listening) => {
    if (isClosed) throw new DriverError('stopped', 'expected an open bus, got a closed one')
    const key = lineKey(address)
    if (!lines.has(key)) expectFree(address, [...lines.keys()])
    const shared = lines.get(key) ?? { line: build(), leases: 0 }
    lines.set(key, shared)
    shared.leases++
    let isReleased = false
    const end = async () => {
      if (isReleased) return
      isReleased = true
      await release(key)
    }
    return { line: shared.line, end }
  }
  return {
    lease(url) {
      const address = parseAskedLine(url)
      const { line, end } = share(address, () => buildLine(address, tapOf(lineKey(address)), options))
      if (!(line instanceof StreamLine)) throw new DriverError('configuration', `expected a line of requests, got ${url}`)
      return { line, [Symbol.asyncDispose]: end }
    },
    listen(url, kind) {
      const address = parseLine(url)
      if (!isListening(address)) throw new DriverError('configuration', `expected a line on which stations call, got ${url}`)
      const { line: listener, end } = share(address, () => new kind(address, options))
      if (!(listener instanceof kind))
        throw new DriverError('configuration', `expected one way of talking on ${url}, got another`)
      return { listener, [Symbol.asyncDispose]: end }
    },
    tap: (url) => tapOf(lineKey(parseLine(url))),
    counts: () => new Map([...lines].map(([url, { line }]) => [url, line.counts])),
    async [Symbol.asyncDispose]() {
      isClosed = true
      const open = [...lines.values()]
      lines.clear()
      await Promise.all(open.map(({ line }) => line[Symbol.asyncDispose]()))
    },
  }
}

function expectFree(address: LineAddress, open: readonly string[]): void {
  if (open.length >= LINES_MAX)
    throw new DriverError('configuration', `expected at most ${LINES_MAX} lines, got one more: ${lineKey(address)}`)
  const other = open.find((key) => linePort(parseLine(key)) === linePort(address))
  if (other) throw new DriverError('configuration', `expected one line for each port, got ${lineKey(address)} beside ${other}`)
}

function buildLine(address: AskedAddress, tap: WireTap, { clock, log, random, connect = connectLine }: BusOptions): StreamLine {
  const rtu = (): RtuFraming => new RtuFraming(() => clock.mono())
  const common = {
    url: lineKey(address),
    clock,
    log,
    random,
    tap,
    connect: (stop: AbortSignal) => heard(connect(address, stop), tap),
  }
  if (address.kind === 'serial')
    return new StreamLine({
      ...common,
      framing: rtu(),
      timing: serialTiming(address),
      // Nothing is gained by closing a port because its devices are silent: its end is told by the kernel.
      timeoutsInRowMax: Number.POSITIVE_INFINITY,
    })
  return new StreamLine({
    ...common,
    framing: address.kind === 'tcp' ? new TcpFraming() : rtu(),
    timing: { byteMs: 0, gapMs: 0 },
    timeoutsInRowMax: TIMEOUTS_IN_ROW_MAX,
  })
}

/** Opens a socket or a serial port of this machine. */
export const connectLine: ConnectLine = (address, stop) =>
  address.kind === 'serial' ? connectSerial(address, stop) : connectTcp(address, stop)

/** Tells the tap how a connection begins and ends. */
async function heard(opening: Promise<Duplex>, tap: WireTap): Promise<Duplex> {
  try {
    const stream = await opening
    tap.tell({ kind: 'open' })
    stream.once('close', () => tap.tell({ kind: 'close' }))
    return stream
  } catch (error) {
    tap.tell({ kind: 'error', why: error instanceof Error ? error.message : String(error) })
    throw error
  }
}
