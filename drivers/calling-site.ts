import { type CatalogueEntry, type Clock, loadCatalogue, wallClock } from '#devices'
import type { CallingStation, Device, Driver, OpenDriver, Report } from './driver.ts'
import { type Bus, openBus } from './index.ts'
import { freePort } from './listening-port.ts'

/** A gateway in small, for tests: one bus, drivers on one line on which stations call, and a journal that keeps when it is told to. */
export class CallingSite implements AsyncDisposable {
  readonly bus: Bus
  readonly port: number
  readonly clock: Clock
  readonly logged: string[] = []
  readonly #log = {
    info: (_: object, message: string) => void this.logged.push(message),
    warn: (_: object, message: string) => void this.logged.push(message),
  }
  readonly #scheme: string
  readonly #running: { readonly stop: AbortController; readonly ended: Promise<unknown> }[] = []

  private constructor(scheme: string, port: number, clock: Clock) {
    this.#scheme = scheme
    this.port = port
    this.clock = clock
    this.bus = openBus({ clock, random: () => 0, log: this.#log })
  }

  static async open(scheme: string, clock: Clock = wallClock()): Promise<CallingSite> {
    return new CallingSite(scheme, await freePort(), clock)
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.bus.counts().values()].flatMap((counts) => Object.entries(counts)))
  }

  device(id: string, profile: string, caller: CallingStation): Device {
    return { id, profile: entryOf(profile), line: `${this.#scheme}:${this.port}`, unit: 1, caller }
  }

  /** Runs a driver as the gateway does. @param keep resolves when a report is on disk; rejects where it never will be */
  async run(
    open: OpenDriver,
    device: Device,
    keep: (report: Report) => Promise<void>,
    notes: ReadonlyMap<string, string> = new Map(),
  ): Promise<{ readonly driver: Driver; readonly ended: Promise<unknown>; stop(): Promise<void> }> {
    const driver = await open(device, { bus: this.bus, clock: this.clock, log: this.#log, random: () => 0, notes })
    const stop = new AbortController()
    const read = async (): Promise<void> => {
      await using _ = driver
      for await (const report of driver.readings(stop.signal)) await keep(report)
    }
    const ended = read().catch((error: unknown) => error)
    const running = { stop, ended }
    this.#running.push(running)
    return {
      driver,
      ended,
      stop: async () => {
        stop.abort()
        await ended
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#running) stop.abort()
    await Promise.all(this.#running.map(({ ended }) => ended))
    await this.bus[Symbol.asyncDispose]()
  }
}

const catalogue = loadCatalogue(undefined, new Set(['station/sl651-river', 'station/sl651-rain', 'multi/acme-ws-5']))

function entryOf(name: string): CatalogueEntry {
  const entry = catalogue.get(name)
  if (entry === undefined) throw new Error(`expected the model ${name}`)
  return entry
}
