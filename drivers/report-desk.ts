import type { Clock, DeviceEvent, Reading } from '#devices'
import { Bell } from '#devices/time'
import type { DriverNote, Report } from './driver.ts'
import { DriverError } from './driver-error.ts'

/** Reports of one device that may wait to be kept; more are not taken, and so not acknowledged. */
export const REPORTS_WAITING_MAX = 64
/** Reports of a device that are known again when they come again, also after a restart. */
export const REPORTS_KNOWN_MAX = 16
/** A device that should have reported so often, and did not, is offline. */
export const SILENT_REPORTS_MAX = 2
const NOTE_KEY = 'reports'
const WAIT_MS = 60_000

interface Waiting {
  readonly key: string | undefined
  readonly items: readonly (Reading | DeviceEvent)[]
  readonly kept: PromiseWithResolvers<void>
}

export interface ReportDeskOptions {
  readonly device: string
  /** How often it should report, site time. */
  readonly everyMs: number
  readonly clock: Clock
  /** What earlier lives of it noted. */
  readonly notes: ReadonlyMap<string, string>
}

/**
 * Where the reports of a device that calls by itself become reports of its driver. Each is kept once, also if it comes again after a restart,
 * and whoever handed it in is told when it is on disk: the consumer asks for the next report only then.
 */
export class ReportDesk {
  readonly #options: ReportDeskOptions
  readonly #bell = new Bell()
  readonly #waiting: Waiting[] = []
  readonly #underWay = new Map<string, Promise<void>>()
  #known: readonly string[]
  #isOnline: boolean | undefined
  #cancelSilence = (): void => {}
  #isOpen = false
  readonly counts = { reports: 0, duplicates: 0, refusedReports: 0 }

  constructor(options: ReportDeskOptions) {
    this.#options = options
    this.#known = knownIn(options.notes.get(NOTE_KEY))
  }

  /** Whether a report with this key was kept before. */
  knows(key: string): boolean {
    return this.#known.includes(key)
  }

  /**
   * Takes a report. Resolves when it is on disk, at once for one that is there already.
   * @param key tells it from every other report of the device
   * @throws DriverError `overloaded`, `stopped`: it is not kept, and must not be acknowledged
   */
  take(key: string, items: readonly (Reading | DeviceEvent)[]): Promise<void> {
    this.hear()
    const underWay = this.#underWay.get(key)
    if (underWay !== undefined || this.#known.includes(key)) {
      this.counts.duplicates++
      return underWay ?? Promise.resolve()
    }
    const { device } = this.#options
    if (!this.#isOpen || this.#waiting.length >= REPORTS_WAITING_MAX) {
      this.counts.refusedReports++
      const code = this.#isOpen ? 'overloaded' : 'stopped'
      return Promise.reject(new DriverError(code, `expected to keep a report of ${device}, got ${this.#waiting.length} waiting`))
    }
    this.counts.reports++
    const kept = this.#push(key, items).finally(() => this.#underWay.delete(key))
    // Told to whoever handed it in.
    kept.catch(() => {})
    this.#underWay.set(key, kept)
    return kept
  }

  /** Tells something of the device; nobody waits for it. */
  tell(event: DeviceEvent): void {
    if (this.#isOpen && this.#waiting.length < REPORTS_WAITING_MAX) this.#push(undefined, [event]).catch(() => {})
  }

  /** The device was heard, whatever it said. */
  hear(): void {
    const { clock, device, everyMs } = this.#options
    if (this.#isOnline !== true) this.tell({ kind: 'device.online', device, at: clock.now() })
    this.#isOnline = this.#isOpen ? true : this.#isOnline
    this.#cancelSilence()
    if (!this.#isOpen) return
    this.#cancelSilence = clock.after((SILENT_REPORTS_MAX * everyMs) / clock.speed, () => {
      this.#isOnline = false
      this.tell({ kind: 'device.offline', device, at: clock.now(), reason: 'timeout' })
    })
  }

  /** What comes, as long as somebody asks. What was given out when it ends was not kept, and neither was what waits. */
  async *reports(stop: AbortSignal): AsyncGenerator<Report, void, undefined> {
    this.#isOpen = true
    let given: readonly Waiting[] = []
    try {
      for (let heard = this.#bell.count; !stop.aborted; ) {
        given = this.#waiting.splice(0)
        if (given.length === 0) {
          heard = await this.#bell.wait(heard, WAIT_MS, stop, this.#options.clock)
          continue
        }
        const keys = given.flatMap(({ key }) => (key === undefined ? [] : [key]))
        const known = [...this.#known, ...keys].slice(-REPORTS_KNOWN_MAX)
        const items = given.flatMap((each) => each.items)
        yield keys.length === 0 ? items : [...items, this.#note(known)]
        this.#known = known
        for (const { kept } of given) kept.resolve()
        given = []
      }
    } finally {
      this.#isOpen = false
      this.#cancelSilence()
      const error = new DriverError('stopped', `expected to keep the reports of ${this.#options.device}, got a stop`)
      for (const { kept } of [...given, ...this.#waiting.splice(0)]) kept.reject(error)
    }
  }

  #note(known: readonly string[]): DriverNote {
    const { device, clock } = this.#options
    return { kind: 'note', device, at: clock.now(), key: NOTE_KEY, body: JSON.stringify(known) }
  }

  #push(key: string | undefined, items: Waiting['items']): Promise<void> {
    const kept = Promise.withResolvers<void>()
    this.#waiting.push({ key, items, kept })
    this.#bell.ring()
    return kept.promise
  }
}

/** A note that a disk has damaged is as if there were none. */
function knownIn(body = '[]'): readonly string[] {
  try {
    const known: unknown = JSON.parse(body)
    return Array.isArray(known) ? known.filter((key) => typeof key === 'string') : []
  } catch {
    return []
  }
}
