import { crc32 } from 'node:zlib'
import { ProtocolError } from '#protocols/error'
import {
  decodeFrame,
  type Element,
  FRAME_BYTES_MAX,
  type Frame,
  type Message,
  readMessage,
  sl651Splitter,
  stationOf,
} from '#protocols/sl651'
import {
  LINK_LIMITS,
  type LinkLimits,
  type LinkMode,
  type LinkNotice,
  type LinkOutput,
  Sl651Centre,
  type StationCommand,
} from '#protocols/sl651-link'
import type { BusOptions } from './bus.ts'
import { DriverError } from './driver-error.ts'
import type { ListenAddress } from './line-address.ts'
import { ListeningPort, type Peer } from './listening-port.ts'
import { type CalledDevice, StationLine } from './station-line.ts'

/** The centre's address where a station has not said another. */
const CENTRE = 1

/** What one message says of one station. */
export interface StationReport {
  /** Tells it from every other report of the station, also after a restart. */
  readonly key: string
  readonly function: string
  readonly message: Message
  /** Those of this station. */
  readonly elements: readonly Element[]
  /** The bytes of its body. */
  readonly body: Uint8Array
  /** When its last packet arrived: site time. */
  readonly at: number
  /** The command that it answers. */
  readonly command: string | undefined
}

/** A report that could not be understood. */
export type UnreadReport = Pick<StationReport, 'key' | 'function' | 'body' | 'at'> & { readonly why: string }

/** A device of SL 651 on its line. */
export interface Sl651Device extends CalledDevice {
  readonly mode: LinkMode
  readonly password: string | undefined
  /** Resolves when it is on disk; rejects where it is not, and must not be acknowledged. */
  take(report: StationReport): Promise<void>
  takeUnread(report: UnreadReport): Promise<void>
  takeTest(): void
  /** It was heard, without a report. */
  hear(): void
  /** Something about its link, its commands among them. */
  notice(notice: LinkNotice): void
}

/** A line on which SL 651 stations call. What a station says is kept first and acknowledged then, station by station in the order it came. */
export class Sl651Line extends StationLine<Sl651Device, Uint8Array> {
  protected readonly port: ListeningPort<Uint8Array>
  readonly #centre: Sl651Centre
  /** Of each device the report that was kept last. */
  readonly #kept = new Map<string, string>()

  constructor(address: ListenAddress, options: BusOptions) {
    super(address, options)
    const { host, port } = address
    this.port = new ListeningPort({
      host,
      port,
      splitter: sl651Splitter,
      frameBytesMax: FRAME_BYTES_MAX,
      onFrame: (bytes, peer) => this.#receive(bytes, peer),
      clock: options.clock,
    })
    this.#centre = new Sl651Centre({
      centre: CENTRE,
      // A relay is no device itself: it waits for its answer as stations mostly do.
      modeOf: (station) => this.devices.get(station)?.mode ?? 'M2',
      passwordOf: (station) => this.devices.get(station)?.password,
      limits: scaled(options.clock.speed),
    })
  }

  /**
   * Queues a command for a station; what becomes of it is told in notices.
   * @throws ProtocolError for one that no frame holds; DriverError `stopped` for a station that is no device here, or not yet
   */
  command(station: string, command: StationCommand): void {
    if (!this.devices.has(station))
      throw new DriverError('stopped', `expected a device that listens on ${this.url}, got ${station}, which does not yet`)
    const outputs = this.#centre.command(station, command, this.options.clock.now())
    this.#inTurn(station, outputs)
  }

  /** Takes a command back, so that it is sent no more. */
  cancel(station: string, id: string): void {
    this.#inTurn(station, this.#centre.cancel(station, id, this.options.clock.now()))
  }

  protected override onTick(): void {
    for (const [station, outputs] of byStation(this.#centre.tick(this.options.clock.now()))) this.#inTurn(station, outputs)
  }

  #inTurn(station: string, outputs: readonly LinkOutput[]): void {
    if (outputs.length > 0) this.inTurn(station, () => this.#carryOut(outputs))
  }

  #receive(bytes: Uint8Array, peer: Peer): void {
    const frame = decodeFrame(bytes)
    const { station } = frame
    if (!this.devices.has(station) && !this.#isRelay(frame)) {
      this.stranger(station, bytes, peer, { protocol: 'sl651', function: frame.function })
      return
    }
    const at = this.options.clock.now()
    this.inTurn(station, async () => {
      this.heardAt(station, peer)
      const outputs = this.#centre.receive(frame, at)
      // A station whose clock begins anew with each start says the same serial and time again, and means another report.
      const isAnother = outputs.some(({ kind }) => kind === 'duplicate') && frame.packets === undefined && !this.#isKnown(frame)
      if (isAnother) this.#centre.forget(station)
      await this.#carryOut(isAnother ? this.#centre.receive(frame, at) : outputs)
    })
  }

  /** Whether a frame speaks for others, of whom one at least is a device here. */
  #isRelay(frame: Frame): boolean {
    if (frame.packets !== undefined || frame.direction === 'down') return false
    const message = tried(frame)
    return !(message instanceof ProtocolError) && stationsOf(message).some((station) => this.devices.has(station))
  }

  /** Whether the last report of the station that was kept, or was a test, is just this one. */
  #isKnown(frame: Frame): boolean {
    return this.#kept.get(frame.station) === keyOf(frame)
  }

  /** In order; where a report cannot be kept, nothing is sent any more, and it will be a report again when it comes again. */
  async #carryOut(outputs: readonly LinkOutput[]): Promise<void> {
    let isKept = true
    for (const output of outputs) {
      const { station } = output
      if (output.kind === 'report') isKept = await this.#keep(output)
      else if (output.kind === 'heartbeat' || output.kind === 'duplicate') this.devices.get(station)?.hear()
      else if (output.kind === 'notice') this.devices.get(station)?.notice(output.notice)
      else if (isKept) this.send(station, output.bytes)
    }
  }

  async #keep(report: Extract<LinkOutput, { kind: 'report' }>): Promise<boolean> {
    const { station, frame } = report
    try {
      const isWhole = await this.#deliver(report)
      if (isWhole && this.devices.has(station)) this.#kept.set(station, keyOf(frame))
      return isWhole
    } catch {
      // Not on disk: why, its device knows, and has counted it.
      this.events.unkept++
      this.#centre.forget(station)
      return false
    }
  }

  /** @returns whether all of it could be given to somebody */
  async #deliver({ station, frame, at, isTest, command }: Extract<LinkOutput, { kind: 'report' }>): Promise<boolean> {
    if (isTest) {
      this.devices.get(station)?.takeTest()
      return true
    }
    const common = { key: keyOf(frame), function: frame.function, body: frame.body, at }
    const message = tried(frame)
    if (message instanceof ProtocolError) {
      await this.devices.get(station)?.takeUnread({ ...common, why: message.code })
      return true
    }
    const owners = stationsOf(message)
    const known = owners.filter((owner) => this.devices.has(owner))
    await Promise.all(
      known.map((owner) => {
        const elements = (message.elements ?? []).filter((element) => stationOf(message, element) === owner)
        return this.devices.get(owner)?.take({ ...common, message, elements, command })
      }),
    )
    if (known.length === owners.length) return true
    // A relay that is acknowledged forgets what it said of those whom nobody knows.
    this.#centre.forget(station)
    return false
  }

  protected override leave(address: string): void {
    super.leave(address)
    this.#kept.delete(address)
    // What was not kept when its device went is a report again.
    this.#centre.forget(address)
  }
}

function stationsOf(message: Message): string[] {
  const owners = new Set((message.elements ?? []).map((element) => stationOf(message, element)))
  return owners.size === 0 ? [message.bodyStation ?? message.station] : [...owners]
}

/** The body begins with serial and send time, and holds the observe times. */
function keyOf({ function: code, body }: Frame): string {
  const head = Buffer.from(body.subarray(0, 8)).toString('hex')
  return `${code}/${head}/${crc32(body).toString(16)}`
}

function tried(frame: Frame): Message | ProtocolError {
  try {
    return readMessage(frame)
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
}

function byStation(outputs: readonly LinkOutput[]): Map<string, LinkOutput[]> {
  return Map.groupBy(outputs, ({ station }) => station)
}

/** The centre counts in site time, and stations wait in machine time. */
function scaled(speed: number): LinkLimits {
  const times = Math.max(1, speed)
  const { assemblyTimeoutMs, nakAfterMs, answerTimeoutMs, onlineMs } = LINK_LIMITS
  return {
    ...LINK_LIMITS,
    assemblyTimeoutMs: assemblyTimeoutMs * times,
    nakAfterMs: nakAfterMs * times,
    answerTimeoutMs: answerTimeoutMs * times,
    onlineMs: onlineMs * times,
  }
}
