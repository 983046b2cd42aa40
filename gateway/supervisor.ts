import type { Logger } from 'pino'
import { type Clock, type DeviceEvent, type DeviceRecord, type Reading, sectionOf } from '#devices'
import { sleep } from '#devices/time'
import { type Bus, DriverError, drivers, isDeviceEvent, isDriverNote, isReading } from '#drivers'
import type { SiteEvent } from '#wire'
import type { SiteDevice } from './config.ts'
import type { EdgeJudge } from './edge-judge.ts'
import { eventId } from './event-id.ts'
import { type Journal, JournalError } from './journal/index.ts'

/** Opening a device again, doubling between these, with jitter. */
const REOPEN_MS = [1000, 60_000] as const
/** Keys of states in the journal that begin so hold what a device's driver noted. */
const NOTE_STATE_PREFIX = 'driver '

const TOLD = {
  'device.online': 'the device answers',
  'device.offline': 'the device does not answer',
  'device.changed': 'another device answers in its place; nothing that it says is told',
} as const

export interface DeviceState {
  readonly id: string
  readonly line: string
  readonly unit: number
  /** Of a station that calls: its own address. */
  readonly address?: string
  readonly profile: string
  /** Null: nothing was heard of it yet. */
  readonly isOnline: boolean | null
  /** Site time of the last reading of any quality. */
  readonly lastAt: number | null
  /** Readings since the start, and how many of them had no value. */
  readonly readings: number
  readonly bad: number
  readonly error: string | null
  readonly counts: Readonly<Record<string, number>>
}

export interface SupervisorOptions {
  readonly device: SiteDevice
  readonly bus: Bus
  readonly journal: Journal
  readonly judge: EdgeJudge
  /** What is to be added to the times of readings; null: not known. Without it they are right. */
  readonly trust?: { readonly deltaMs: number | null }
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/** Keeps one device read: what its driver says goes into the journal, and when the driver gives up it is opened again. */
export class Supervisor implements AsyncDisposable {
  readonly #options: SupervisorOptions
  readonly #stop = new AbortController()
  #state: DeviceState
  #running: Promise<void> = Promise.resolve()

  private constructor(options: SupervisorOptions) {
    this.#options = options
    const { id, line, unit, profile, caller } = options.device
    this.#state = {
      ...(caller && { address: caller.address }),
      id,
      line,
      unit,
      profile: profile.name,
      isOnline: null,
      lastAt: null,
      readings: 0,
      bad: 0,
      error: null,
      counts: {},
    }
  }

  static start(options: SupervisorOptions): Supervisor {
    const supervisor = new Supervisor(options)
    supervisor.#running = supervisor.#run()
    return supervisor
  }

  get state(): DeviceState {
    return this.#state
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, random, log, device } = this.#options
    const { signal } = this.#stop
    for (let delayMs: number = REOPEN_MS[0]; !signal.aborted; ) {
      const openedAt = clock.mono()
      try {
        await this.#read()
      } catch (error) {
        // Without its journal the whole site ends, and says so itself.
        if (error instanceof JournalError) return
        const { message } = error as Error
        if (message !== this.#state.error) log.error({ device: device.id, err: error }, 'the driver gave up; it is opened again')
        this.#state = { ...this.#state, error: message }
      }
      if (clock.mono() - openedAt > REOPEN_MS[1]) delayMs = REOPEN_MS[0]
      await sleep(delayMs * (0.5 + random() / 2), signal, clock)
      delayMs = Math.min(delayMs * 2, REOPEN_MS[1])
    }
  }

  /** One life of the driver. */
  async #read(): Promise<void> {
    const { device, bus, clock, log, journal, random } = this.#options
    const section = sectionOf(device.profile.profile)
    if (section !== 'modbus' && section !== 'sl651')
      throw new DriverError('configuration', `expected a model that is read, got a ${section}`)
    const { open } = await drivers[section]()
    const prefix = `${NOTE_STATE_PREFIX}${device.id} `
    const notes = new Map((await journal.states(prefix)).map(([key, body]) => [key.slice(prefix.length), body]))
    await using driver = await open(device, { bus, clock, log, random, notes })
    for await (const report of driver.readings(this.#stop.signal)) {
      this.#state = { ...this.#state, counts: driver.counts, error: null }
      const readings: Reading[] = []
      const events: SiteEvent[] = []
      const noted: [key: string, body: string][] = []
      for (const item of report) {
        if (isReading(item)) readings.push(item)
        else if (isDeviceEvent(item)) events.push(this.#eventOf(item))
        else if (isDriverNote(item)) noted.push([`${prefix}${item.key}`, item.body])
        else events.push(this.#recordOf(item))
      }
      await this.#keep(readings, events, noted)
      // Its next report is asked for when this one can no more be lost.
      if (driver.isAcknowledging) await journal.kept()
    }
  }

  /** Readings, the states they lead to and the alarms they raise enter the journal in one commit. */
  async #keep(
    readings: readonly Reading[],
    events: readonly SiteEvent[],
    noted: readonly (readonly [key: string, body: string])[],
  ): Promise<void> {
    const { device, journal, judge, trust = { deltaMs: 0 } } = this.#options
    const { hash } = device.profile
    const { alarms, states } = judge.take(readings, trust.deltaMs)
    const last = readings.at(-1)
    if (last) {
      const bad = readings.filter(({ quality }) => quality === 'bad').length
      this.#state = {
        ...this.#state,
        lastAt: last.at,
        readings: this.#state.readings + readings.length,
        bad: this.#state.bad + bad,
      }
    }
    await journal.add(
      readings.map((reading) => ({ ...reading, hash })),
      [...states, ...noted],
      [...events, ...alarms],
    )
  }

  #eventOf(event: DeviceEvent): SiteEvent {
    const { kind, device, at, ...told } = event
    const { log, journal } = this.#options
    if (kind === 'device.online' || kind === 'device.offline' || kind === 'device.changed') {
      this.#state = { ...this.#state, isOnline: kind === 'device.online' }
      if (kind === 'device.changed') log.warn({ device, ...told }, TOLD[kind])
      else log.info({ device, ...told }, TOLD[kind])
    }
    if (!('body' in event)) return { id: eventId(kind, device, journal.boot, at), kind, at, device, body: told }
    const { body } = event
    // Several may be told of one instant.
    return { id: eventId(kind, device, journal.boot, at, JSON.stringify(body)), kind, at, device, body }
  }

  /** What is no point's value has no table of its own yet: it is kept as an event. */
  #recordOf({ kind, device, at, ...body }: DeviceRecord): SiteEvent {
    const id = eventId(`device.${kind}`, device, this.#options.journal.boot, at, JSON.stringify(body))
    return { id, kind: `device.${kind}`, at, device, body }
  }
}
