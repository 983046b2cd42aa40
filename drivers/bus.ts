import type { Duplex } from 'node:stream'
import type { Clock } from '#devices'
import { connectSerial } from './connect-serial.ts'
import { connectTcp } from './connect-tcp.ts'
import { DriverError } from './driver-error.ts'
import { type Line, type LineCounts, StreamLine, TIMEOUTS_IN_ROW_MAX } from './line.ts'
import { type LineAddress, lineKey, linePort, parseLine } from './line-address.ts'
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

/** The lines of a site, each opened when it is first asked something and shared by the devices on it. */
export interface Bus extends AsyncDisposable {
  /** A share of the line at a URL (see `parseLine`). Opens no port yet. @throws DriverError `configuration`, `stopped`. */
  lease(url: string): LineLease
  /** The counts of each open line by its URL. */
  counts(): ReadonlyMap<string, LineCounts>
  /** Where the line at a URL is listened to, whether it is open or not, and however often it is opened again. @throws DriverError `configuration`. */
  tap(url: string): WireTap
}

export interface BusOptions {
  readonly clock: Pick<Clock, 'mono' | 'after'>
  readonly log: Log
  /** From 0 to below 1; spreads the reconnects of many gateways. */
  readonly random: () => number
  /** Opens the stream of a line; default a socket or a serial port of this machine. @throws DriverError (of the promise) */
  readonly connect?: ConnectLine
}

export type ConnectLine = (address: LineAddress, stop: AbortSignal) => Promise<Duplex>

/** Disposing it ends every line, and every request on them with `stopped`. */
export function openBus(options: BusOptions): Bus {
  const lines = new Map<string, { readonly line: StreamLine; leases: number }>()
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
  return {
    lease(url) {
      if (isClosed) throw new DriverError('stopped', 'expected an open bus, got a closed one')
      const address = parseLine(url)
      const key = lineKey(address)
      const shared = lines.get(key) ?? { line: buildLine(address, tapOf(key), options), leases: 0 }
      if (!lines.has(key)) expectFree(address, [...lines.keys()])
      lines.set(key, shared)
      shared.leases++
      let isReleased = false
      return {
        line: shared.line,
        [Symbol.asyncDispose]: async () => {
          if (isReleased) return
          isReleased = true
          await release(key)
        },
      }
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

function buildLine(address: LineAddress, tap: WireTap, { clock, log, random, connect = connectLine }: BusOptions): StreamLine {
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
