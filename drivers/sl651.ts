import { createHash } from 'node:crypto'
import { type DeviceEvent, durationMs, isSl651Entry, type Reading, type Sl651Profile } from '#devices'
import { type Element, stationTime } from '#protocols/sl651'
import type { LinkMode, LinkNotice } from '#protocols/sl651-link'
import type { ListenerLease } from './bus.ts'
import type { Command, CommandResult } from './command.ts'
import { CLOCK_OFF_MS, type DeviceTime, deviceTime } from './device-time.ts'
import type { CallingStation, Device, Driver, OpenDriver, Report, Site } from './driver.ts'
import { DriverError } from './driver-error.ts'
import { ReportDesk } from './report-desk.ts'
import { Sl651Commands } from './sl651-commands.ts'
import { type Sl651Device, Sl651Line, type StationReport, type UnreadReport } from './sl651-line.ts'
import { sl651Readings } from './sl651-readings.ts'

/** Bytes that an event tells of a report that nothing understands, and characters of a text. */
export const TOLD_MAX = 1024
const [TEXT, IMAGE] = ['F2', 'F3'] as const

/** A station that calls by SL 651: its points are elements of its reports, its other words events. */
export const open: OpenDriver = async (device, site) => {
  const { profile, caller } = device
  if (!isSl651Entry(profile))
    throw new DriverError('configuration', `expected a model that reports by SL 651 for ${device.id}, got ${profile.name}`)
  if (caller === undefined || !/^[0-9A-F]{10}$/.test(caller.address))
    throw new DriverError('configuration', `expected a station address of ten digits for ${device.id}, got ${caller?.address}`)
  return new Sl651Driver(device, profile.profile, caller, site)
}

class Sl651Driver implements Driver, Sl651Device {
  readonly isAcknowledging = true
  readonly mode: LinkMode
  readonly password: string | undefined
  readonly #id: string
  readonly #points: Sl651Profile['sl651']['points']
  readonly #address: string
  readonly #site: Site
  readonly #lease: ListenerLease<Sl651Line>
  readonly #desk: ReportDesk
  readonly #commands: Sl651Commands
  readonly #counts = { tests: 0, unmapped: 0, unread: 0, notices: 0, commands: 0 }
  /** Undefined until its clock was judged. */
  #isClockRight: boolean | undefined

  constructor({ id, line }: Device, { sl651 }: Sl651Profile, { address, mode, password }: CallingStation, site: Site) {
    this.#id = id
    this.#points = sl651.points
    this.#address = address
    this.mode = mode
    this.password = password
    this.#site = site
    const everyMs = Math.min(...Object.values(sl651.points).map(({ every }) => durationMs(every)))
    this.#desk = new ReportDesk({ device: id, everyMs, clock: site.clock, notes: site.notes ?? new Map() })
    this.#lease = site.bus.listen(line, Sl651Line)
    const { listener } = this.#lease
    this.#commands = new Sl651Commands(
      site.clock,
      (command) => listener.command(address, command),
      (command) => listener.cancel(address, command),
    )
  }

  get counts(): Readonly<Record<string, number>> {
    return { ...this.#desk.counts, ...this.#counts }
  }

  async *readings(stop: AbortSignal): AsyncGenerator<Report, void, undefined> {
    await this.#lease.listener.listen()
    using _entry = this.#lease.listener.enter(this.#address, this)
    yield* this.#desk.reports(stop)
  }

  write(command: Command, stop: AbortSignal): Promise<CommandResult> {
    this.#counts.commands++
    return this.#commands.write(command, stop)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#commands.end()
    await this.#lease[Symbol.asyncDispose]()
  }

  async take({ key, message, elements, body, at, command }: StationReport): Promise<void> {
    const time = this.#timeOf(message.sendTime ?? '', at)
    const readings = sl651Readings(this.#id, this.#points, message, elements, time)
    this.#counts.unmapped += elements.filter(
      ({ id }) => !Object.values(this.#points).some(({ element }) => element === id),
    ).length
    const events = elements.flatMap((element) => this.#eventsOf(element, time))
    const isOpaque = elements.length === 0 && (message.data !== undefined || message.tail !== undefined)
    if (isOpaque && command === undefined) return this.takeUnread({ key, function: message.function, body, at, why: 'unknown' })
    await this.#desk.take(key, [...readings, ...events, ...this.#clockEvents(time, message.sendTime, at)])
    if (command !== undefined) this.#commands.answer(command, message)
  }

  async takeUnread({ key, function: code, body, at, why }: UnreadReport): Promise<void> {
    this.#counts.unread++
    const hex = Buffer.from(body.subarray(0, TOLD_MAX)).toString('hex').toUpperCase()
    const told = { function: code, why, bytes: body.length, body: hex }
    await this.#desk.take(key, [{ kind: 'device.unread', device: this.#id, at, body: told }])
  }

  takeTest(): void {
    this.#counts.tests++
    this.#desk.hear()
  }

  hear(): void {
    this.#desk.hear()
  }

  tell(event: DeviceEvent): void {
    this.#desk.tell(event)
  }

  notice(notice: LinkNotice): void {
    this.#counts.notices++
    this.#commands.notice(notice)
    if (notice.code === 'password-mismatch' || notice.code === 'assembly-dropped')
      this.#site.log.warn({ device: this.#id, code: notice.code }, 'a station does not talk as it should')
  }

  #timeOf(sendTime: string, at: number): DeviceTime {
    return deviceTime(stationTime(sendTime), at, CLOCK_OFF_MS * Math.max(1, this.#site.clock.speed))
  }

  /** What no reading holds; of an image only that it came, for there is no place for pictures yet. */
  #eventsOf({ id, text, hex = '', at: said = '' }: Element, time: DeviceTime): DeviceEvent[] {
    const at = time.at(stationTime(said))
    if (id === TEXT) return [{ kind: 'device.text', device: this.#id, at, body: { text: (text ?? hex).slice(0, TOLD_MAX) } }]
    if (id !== IMAGE) return []
    const bytes = Buffer.from(hex, 'hex')
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return [{ kind: 'device.image', device: this.#id, at, body: { bytes: bytes.length, sha256 } }]
  }

  /** Told when what is known of its clock changes: what it says, beside when that arrived. */
  #clockEvents({ isPlausible, offsetMs }: DeviceTime, said: string | undefined, at: number): readonly (DeviceEvent | Reading)[] {
    const isNews = isPlausible !== (this.#isClockRight ?? true)
    this.#isClockRight = isPlausible
    return isNews ? [{ kind: 'device.clock', device: this.#id, at, body: { said, offsetMs, isRight: isPlausible } }] : []
  }
}
