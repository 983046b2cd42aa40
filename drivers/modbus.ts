import {
  type Clock,
  type DeviceEvent,
  durationMs,
  type ModbusProfile,
  type Point,
  type PointDecoder,
  type PointValue,
  pointDecoder,
  type Reading,
  type Reason,
  type StatusJudge,
  statusJudges,
  type Table,
} from '#devices'
import { sleep } from '#devices/time'
import { ProtocolError } from '#protocols/error'
import type { Response } from '#protocols/modbus'
import { type Block, planBlocks } from './block-plan.ts'
import type { LineLease } from './bus.ts'
import { type Device, type Driver, isDeviceEvent, type Log, type OpenDriver, type Report, type Site } from './driver.ts'
import { DriverError } from './driver-error.ts'
import { type Query, queryOf } from './framing.ts'
import { PollSchedule } from './poll-schedule.ts'

/** Rounds in a row without any answer after which a device is offline. */
export const SILENT_ROUNDS_MAX = 2

const READS = { coil: 1, discrete: 2, holding: 3, input: 4 } as const satisfies Record<Table, number>

/** A device whose points are registers and bits that are read in turn, each at its own interval. */
export const open: OpenDriver = async (device, site) => {
  if (!Number.isInteger(device.unit) || device.unit < 0 || device.unit > 255) {
    throw new DriverError('configuration', `expected a unit from 0 to 255 for ${device.id}, got ${device.unit}`)
  }
  return new ModbusDriver(device, site)
}

/** A block as it is polled: its request is encoded and its points are prepared once. */
interface PolledBlock {
  readonly query: Query
  readonly points: readonly { readonly name: string; readonly from: number; readonly decode: PointDecoder }[]
}

interface PollClass {
  readonly everyMs: number
  readonly blocks: readonly PolledBlock[]
}

/** What is sent before a round, and how long the device then needs. */
interface Wake {
  readonly query: Query
  readonly delayMs: number
}

class ModbusDriver implements Driver {
  readonly #device: string
  readonly #unit: number
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #log: Log
  readonly #lease: LineLease
  readonly #classes: readonly PollClass[]
  readonly #wake: Wake | undefined
  readonly #judges: ReadonlyMap<string, StatusJudge> | undefined
  readonly #schedule: PollSchedule
  #rounds = 0
  #failedBlocks = 0
  #silentRounds = 0
  /** Undefined until the device was heard, or was silent for long enough. */
  #isOnline: boolean | undefined
  #isBehind = false

  constructor({ id, profile, line, unit }: Device, { bus, clock, log }: Site) {
    const { defaults, points, wake } = profile.profile.modbus
    this.#device = id
    this.#unit = unit
    this.#timeoutMs = durationMs(defaults.timeout)
    this.#clock = clock
    this.#log = log
    this.#classes = classesOf(points, defaults)
    this.#wake = wake && wakeOf(wake)
    this.#judges = statusJudges(points)
    this.#schedule = new PollSchedule(
      this.#classes.map(({ everyMs }) => everyMs),
      clock,
    )
    this.#lease = bus.lease(line)
  }

  get counts(): Readonly<Record<string, number>> {
    return { rounds: this.#rounds, overruns: this.#schedule.overruns, failedBlocks: this.#failedBlocks }
  }

  async *readings(stop: AbortSignal): AsyncGenerator<Report, void, undefined> {
    for (;;) {
      const overrunsBefore = this.#schedule.overruns
      const due = await this.#schedule.next(stop)
      if (due.length === 0) return
      this.#tellOverruns(this.#schedule.overruns - overrunsBefore)
      await this.#rouse(stop)
      const report = this.#judged(await this.#round(due, stop))
      if (report.length > 0) yield report
      if (stop.aborted) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]()
  }

  /** Wakes a device that has to be woken. Whether it heard that, the reads will tell. */
  async #rouse(stop: AbortSignal): Promise<void> {
    if (this.#wake === undefined) return
    await this.#ask(this.#wake, stop)
    await sleep(this.#wake.delayMs, stop, this.#clock)
  }

  /** The report with what the device's status points say of its other points. */
  #judged(report: Report): Report {
    const judges = this.#judges
    if (judges === undefined) return report
    const said = new Map(report.flatMap((item): [string, PointValue][] => (isDeviceEvent(item) ? [] : [[item.point, item]])))
    return report.map((item) => {
      const judge = isDeviceEvent(item) ? undefined : judges.get(item.point)
      if (judge === undefined || isDeviceEvent(item)) return item
      const { device, point, at, ...value } = item
      return { device, point, at, ...judge(value, said) }
    })
  }

  /** Asks for every block that is due; a stop ends the round with what was read until then. */
  async #round(due: readonly number[], stop: AbortSignal): Promise<Report> {
    const report: (Reading | DeviceEvent)[] = []
    let hasAnswered = false
    let failure: Reason | undefined
    let isGivenUp = false
    for (const block of this.#blocksOf(due)) {
      const outcome: readonly number[] | Reason | undefined = isGivenUp && failure ? failure : await this.#ask(block, stop)
      if (outcome === undefined) return report
      const at = this.#clock.now()
      if (typeof outcome === 'string') {
        this.#failedBlocks++
        failure = outcome
        if (outcome === 'exception') hasAnswered = true
        // A device known to be off costs its line one timeout a round, whatever the number of its blocks.
        isGivenUp = this.#isOnline === false && !hasAnswered && (outcome === 'timeout' || outcome === 'unreachable')
        for (const { name } of block.points)
          report.push({ device: this.#device, point: name, at, value: null, quality: 'bad', reason: outcome })
      } else {
        hasAnswered = true
        if (this.#isOnline !== true) report.push({ kind: 'device.online', device: this.#device, at })
        this.#isOnline = true
        for (const { name, from, decode } of block.points)
          report.push({ device: this.#device, point: name, at, ...decode(outcome, from) })
      }
    }
    this.#rounds++
    this.#silentRounds = hasAnswered ? 0 : this.#silentRounds + 1
    if (this.#silentRounds >= SILENT_ROUNDS_MAX && this.#isOnline !== false && failure) {
      this.#isOnline = false
      report.push({ kind: 'device.offline', device: this.#device, at: this.#clock.now(), reason: failure })
    }
    return report
  }

  /** The blocks in the order of asking: of a device that is off another one each round comes first, for some of them may never answer. */
  #blocksOf(due: readonly number[]): readonly PolledBlock[] {
    const blocks = due.flatMap((index) => this.#classes[index]?.blocks ?? [])
    const first = this.#isOnline === false ? this.#rounds % blocks.length : 0
    return first === 0 ? blocks : [...blocks.slice(first), ...blocks.slice(0, first)]
  }

  /** The block's words, or why there are none; undefined if a stop came. */
  async #ask({ query }: { readonly query: Query }, stop: AbortSignal): Promise<readonly number[] | Reason | undefined> {
    try {
      return wordsOf(await this.#lease.line.transact(this.#unit, query, this.#timeoutMs, stop))
    } catch (error) {
      if (error instanceof DriverError && error.code === 'stopped' && stop.aborted) return undefined
      return reasonOf(error)
    }
  }

  #tellOverruns(overruns: number): void {
    if (overruns > 0 && !this.#isBehind)
      this.#log.warn({ device: this.#device, overruns }, 'poll rounds take longer than their interval')
    this.#isBehind = overruns > 0
  }
}

/** Points of one interval are read together; shorter intervals first, for they can wait least. */
function classesOf(
  points: Readonly<Record<string, Point>>,
  limits: { readonly block: number; readonly hole: number },
): PollClass[] {
  const byInterval = new Map<number, Record<string, Point>>()
  for (const [name, point] of Object.entries(points)) {
    const everyMs = durationMs(point.every)
    byInterval.set(everyMs, { ...byInterval.get(everyMs), [name]: point })
  }
  return [...byInterval]
    .sort(([a], [b]) => a - b)
    .map(([everyMs, members]) => ({ everyMs, blocks: planBlocks(members, limits).map(prepared) }))
}

function prepared({ table, address, count, points }: Block): PolledBlock {
  return {
    query: queryOf({ function: READS[table], address, count }),
    points: points.map(({ name, point, from }) => ({ name, from, decode: pointDecoder(point) })),
  }
}

function wakeOf({ send, table, address, delay }: NonNullable<ModbusProfile['modbus']['wake']>): Wake {
  const query =
    send === 'read'
      ? queryOf({ function: READS[table], address, count: 1 })
      : queryOf({ function: 16, address, count: 0, registers: [] })
  return { query, delayMs: durationMs(delay) }
}

function wordsOf(response: Response): readonly number[] {
  if ('registers' in response) return response.registers
  return 'bits' in response ? response.bits.map(Number) : []
}

/** The reading's reason for what the line threw. @throws what is no answer of this layer: then the driver wants to be opened again. */
function reasonOf(error: unknown): Reason {
  if (error instanceof ProtocolError) return error.code === 'exception' || error.code === 'checksum' ? error.code : 'malformed'
  if (error instanceof DriverError && error.code === 'unreachable') return 'unreachable'
  if (error instanceof DriverError && (error.code === 'timeout' || error.code === 'overloaded')) return 'timeout'
  throw error
}
