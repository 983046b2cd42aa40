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
}

export interface BusOptions {
  readonly clock: Pick<Clock, 'mono' | 'after'>
  readonly log: Log
  /** From 0 to below 1; spreads the reconnects of many gateways. */
  readonly random: () => number
}

/** Disposing it ends every line, and every request on them with `stopped`. */
export function openBus(options: BusOptions): Bus {
  const lines = new Map<string, { readonly line: StreamLine; leases: number }>()
  let isClosed = false

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
      const shared = lines.get(key) ?? { line: buildLine(address, options), leases: 0 }
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

function buildLine(address: LineAddress, { clock, log, random }: BusOptions): StreamLine {
  const rtu = (): RtuFraming => new RtuFraming(() => clock.mono())
  const common = { url: lineKey(address), clock, log, random }
  if (address.kind === 'serial')
    return new StreamLine({
      ...common,
      framing: rtu(),
      connect: (stop) => connectSerial(address, stop),
      timing: serialTiming(address),
      // Nothing is gained by closing a port because its devices are silent: its end is told by the kernel.
      timeoutsInRowMax: Number.POSITIVE_INFINITY,
    })
  return new StreamLine({
    ...common,
    framing: address.kind === 'tcp' ? new TcpFraming() : rtu(),
    connect: (stop) => connectTcp(address, stop),
    timing: { byteMs: 0, gapMs: 0 },
    timeoutsInRowMax: TIMEOUTS_IN_ROW_MAX,
  })
}
