import type { Logger } from 'pino'
import type { Clock, DeviceEvent, Reading } from '#devices'
import { sleep } from '#devices/time'
import { type Bus, drivers, isDeviceEvent } from '#drivers'
import type { SiteEvent } from '#wire'
import type { SiteDevice } from './config.ts'
import type { EdgeJudge } from './edge-judge.ts'
import { eventId } from './event-id.ts'
import { type Journal, JournalError } from './journal/index.ts'

/** Opening a device again, doubling between these, with jitter. */
const REOPEN_MS = [1000, 60_000] as const

const TOLD = {
  'device.online': 'the device answers',
  'device.offline': 'the device does not answer',
  'device.changed': 'another device answers in its place; nothing that it says is told',
} as const satisfies Record<DeviceEvent['kind'], string>

export interface DeviceState {
  readonly id: string
  readonly line: string
  readonly unit: number
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
    const { id, line, unit, profile } = options.device
    this.#state = {
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
    const { device, bus, clock, log, random } = this.#options
    const { open } = await drivers.modbus()
    await using driver = await open(device, { bus, clock, log, random })
    for await (const report of driver.readings(this.#stop.signal)) {
      this.#state = { ...this.#state, counts: driver.counts, error: null }
      const readings: Reading[] = []
      const events: SiteEvent[] = []
      for (const item of report) {
        if (isDeviceEvent(item)) events.push(this.#eventOf(item))
        else readings.push(item)
      }
      await this.#keep(readings, events)
    }
  }

  /** Readings, the states they lead to and the alarms they raise enter the journal in one commit. */
  async #keep(readings: readonly Reading[], events: readonly SiteEvent[]): Promise<void> {
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
      states,
      [...events, ...alarms],
    )
  }

  #eventOf({ kind, device, at, ...body }: DeviceEvent): SiteEvent {
    this.#state = { ...this.#state, isOnline: kind === 'device.online' }
    if (kind === 'device.changed') this.#options.log.warn({ device, ...body }, TOLD[kind])
    else this.#options.log.info({ device, ...body }, TOLD[kind])
    return { id: eventId(kind, device, this.#options.journal.boot, at), kind, at, device, body }
  }
}
