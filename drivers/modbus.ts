import {
  type Clock,
  type DeviceEvent,
  durationMs,
  isModbusEntry,
  type ModbusProfile,
  type PointValue,
  type Reading,
  type StatusJudge,
  statusJudges,
} from '#devices'
import { sleep } from '#devices/time'
import type { LineLease } from './bus.ts'
import { type Device, type Driver, isDeviceEvent, type OpenDriver, type Report, type Site } from './driver.ts'
import { DriverError } from './driver-error.ts'
import { FingerprintGuard } from './fingerprint.ts'
import type { Log } from './log.ts'
import { pollClasses } from './poll-class.ts'
import { PollSchedule } from './poll-schedule.ts'
import { UnitPoller } from './unit-poller.ts'
import { type Failure, isFailure, UnitReader, type Wake, wakeOf } from './unit-reader.ts'

/** Rounds without an overrun after which a device is said to keep its interval again. */
export const ROUNDS_IN_TIME_MIN = 10

/** A device whose points are registers and bits that are read in turn, each at its own interval. */
export const open: OpenDriver = async (device, site) => {
  if (!Number.isInteger(device.unit) || device.unit < 0 || device.unit > 255) {
    throw new DriverError('configuration', `expected a unit from 0 to 255 for ${device.id}, got ${device.unit}`)
  }
  if (!isModbusEntry(device.profile))
    throw new DriverError('configuration', `expected a model read by Modbus for ${device.id}, got ${device.profile.name}`)
  return new ModbusDriver(device, device.profile.profile, site)
}

/** What is read, and what is told of the device itself. */
type Brought = readonly (Reading | DeviceEvent)[]

/** What a round brought, and when the first answer came. */
interface Round {
  readonly readings: readonly Reading[]
  readonly answeredAt: number | undefined
}

class ModbusDriver implements Driver {
  readonly #device: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #lease: LineLease
  readonly #reader: UnitReader
  readonly #poller: UnitPoller
  readonly #guard: FingerprintGuard | undefined
  readonly #wake: Wake | undefined
  readonly #judges: ReadonlyMap<string, StatusJudge> | undefined
  readonly #schedule: PollSchedule
  /** Undefined until the device was heard, or was silent for long enough. */
  #isOnline: boolean | undefined
  /** What was found last in its place. */
  #other: string | undefined
  /** Rounds in a row without an overrun since the last; undefined: it was told that all is well. */
  #roundsInTime: number | undefined

  constructor({ id, line, unit, fingerprint }: Device, { modbus }: ModbusProfile, { bus, clock, log, random }: Site) {
    const classes = pollClasses(modbus)
    this.#device = id
    this.#clock = clock
    this.#log = log
    this.#wake = modbus.wake && wakeOf(modbus.wake)
    this.#judges = statusJudges(modbus.points)
    this.#schedule = new PollSchedule(
      classes.map(({ everyMs }) => everyMs),
      clock,
    )
    this.#lease = bus.lease(line)
    this.#reader = new UnitReader(this.#lease.line, unit, durationMs(modbus.defaults.timeout))
    const pace = (): number => clock.mono() * clock.speed
    this.#poller = new UnitPoller({ device: id, classes, reader: this.#reader, pace, log, random })
    const guarding = { reader: this.#reader, line: this.#lease.line, pace, random }
    this.#guard = fingerprint && new FingerprintGuard({ fingerprint, ...guarding })
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#poller.counts, overruns: this.#schedule.overruns }
  }

  async *readings(stop: AbortSignal): AsyncGenerator<Report, void, undefined> {
    for (;;) {
      const overrunsBefore = this.#schedule.overruns
      const due = await this.#schedule.next(stop)
      if (due.length === 0) return
      this.#tellOverruns(this.#schedule.overruns - overrunsBefore)
      await this.#rouse(stop)
      const report = this.#judged(await this.#guarded(due, stop))
      if (report.length > 0) yield report
      if (stop.aborted) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lease[Symbol.asyncDispose]()
  }

  /** Wakes a device that has to be woken. Whether it heard that, the reads will tell. */
  async #rouse(stop: AbortSignal): Promise<void> {
    if (this.#wake === undefined || this.#poller.isResting || this.#guard?.isResting) return
    await this.#reader.ask(this.#wake.query, stop)
    await sleep(this.#wake.delayMs, stop, this.#clock)
  }

  /** The report with what the device's status points say of its other points. */
  #judged(report: Brought): Brought {
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

  /** A round of the device of this name: without a fingerprint whatever answers is it. A stop ends it with what was read until then. */
  async #guarded(due: readonly number[], stop: AbortSignal): Promise<Brought> {
    const guard = this.#guard
    if (guard?.isResting) return []
    const isAsked = guard && !this.#poller.isResting
    const before = isAsked && !guard.isSure ? await guard.verify(stop) : 'same'
    if (before === undefined) return []
    if (before !== 'same' && 'found' in before) return this.#changed(before.found)
    const round = await this.#round(due, stop, before === 'same' ? undefined : before)
    // What was read may be another's, where the connection is a new one or something was not answered.
    const after = isAsked && round.answeredAt !== undefined && !guard.isSure ? await guard.verify(stop) : 'same'
    if (after === undefined) return []
    if (after === 'same') return this.#told(round)
    if ('found' in after) return this.#changed(after.found)
    return round.readings.map(({ device, point, at }) => ({
      device,
      point,
      at,
      value: null,
      quality: 'bad',
      reason: after.reason,
    }))
  }

  async #round(due: readonly number[], stop: AbortSignal, missed: Failure | undefined): Promise<Round> {
    const readings: Reading[] = []
    const device = this.#device
    let answeredAt: number | undefined
    for await (const { part, outcome } of this.#poller.poll(due, stop, missed)) {
      const at = this.#clock.now()
      if (isFailure(outcome)) {
        const { kind, reason } = outcome
        if (kind === 'silent' || kind === 'unreachable') this.#guard?.doubt()
        for (const { name } of part.points) readings.push({ device, point: name, at, value: null, quality: 'bad', reason })
      } else {
        answeredAt ??= at
        for (const { name, from, decode } of part.points) readings.push({ device, point: name, at, ...decode(outcome, from) })
      }
    }
    return { readings, answeredAt }
  }

  /** The readings, and that the device came or went. */
  #told({ readings, answeredAt }: Round): Brought {
    const device = this.#device
    const { off } = this.#poller
    if (answeredAt !== undefined && this.#isOnline !== true) {
      this.#isOnline = true
      this.#other = undefined
      return [{ kind: 'device.online', device, at: answeredAt }, ...readings]
    }
    if (off === undefined || this.#isOnline === false) return readings
    this.#isOnline = false
    return [...readings, { kind: 'device.offline', device, at: this.#clock.now(), reason: off }]
  }

  /** Another device answers: nothing of what it says is told, only that it is there, once for each that was found. */
  #changed(found: string): Brought {
    const device = this.#device
    const at = this.#clock.now()
    const report: DeviceEvent[] = []
    if (found !== this.#other && this.#guard)
      report.push({ kind: 'device.changed', device, at, expected: this.#guard.expected, found })
    if (this.#isOnline === true) report.push({ kind: 'device.offline', device, at })
    this.#other = found
    this.#isOnline = false
    return report
  }

  /** Told when it begins and when it is over, not each time: a device on the edge of it would fill the log. */
  #tellOverruns(overruns: number): void {
    if (overruns > 0) {
      if (this.#roundsInTime === undefined)
        this.#log.warn({ device: this.#device, overruns }, 'poll rounds take longer than their interval')
      this.#roundsInTime = 0
    } else if (this.#roundsInTime !== undefined && ++this.#roundsInTime >= ROUNDS_IN_TIME_MIN) {
      this.#roundsInTime = undefined
      this.#log.info({ device: this.#device, overruns: this.#schedule.overruns }, 'poll rounds keep their interval again')
    }
  }
}
