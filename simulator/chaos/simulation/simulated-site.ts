import type { Logger } from 'pino'
import { type Outflow, openOutflow } from '#gateway'
import { type Disk, InlineJournal } from '#gateway/journal'
import { SERIES_MAX, SiteLedger } from './ledger.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess, type WallClock } from './simulated-process.ts'
import type { SimulatedTime } from './simulated-time.ts'

export interface SiteOptions {
  readonly name: string
  readonly time: SimulatedTime
  readonly network: SimulatedNetwork
  readonly disk: SimulatedDisk
  readonly random: () => number
  readonly log: Logger
}

const JOURNAL = '/site'
const JOURNAL_FILE = `${JOURNAL}/journal.db`
/** A site is started again so long after its end. */
const RESTART_MS = [100, 3000] as const
/** Between readings. */
const FEED_MS = [50, 1500] as const

/** A gateway's data path, fed with rows by the ledger, on a simulated machine; started again whenever it ends. */
export class SimulatedSite {
  readonly name: string
  readonly ledger: SiteLedger
  readonly wall: WallClock = { offsetMs: 0 }
  readonly disk: SimulatedDisk
  isFed = true
  starts = 0
  /** Its disk was put back whole: whole epochs may be gone that nobody can close. */
  isRestored = false
  /** Its journal was put back: rows that it held then are told again, flagged. */
  isRolledBack = false
  /** How often a part of its journal was damaged. */
  damages = 0
  /** Its clock was set wrong: its rows have their true times within a bound, or are flagged. */
  isClockSet = false
  outflow: Outflow | null = null
  readonly #options: SiteOptions
  #process: SimulatedProcess

  constructor(options: SiteOptions) {
    this.#options = options
    this.name = options.name
    this.disk = options.disk
    this.ledger = new SiteLedger(options.name)
    this.#process = this.#boot()
  }

  /** kill -9, or a power cut: what was synced is there when it comes back. */
  kill(): void {
    this.#process.kill()
  }

  /** A backup of the whole disk is made now, and put back later: what came in between is gone from it. @returns puts it back */
  backUp(): () => void {
    const files = this.disk.snapshot()
    const doubt = this.ledger.remember()
    return () => {
      this.kill()
      this.isRestored = true
      this.isRolledBack = true
      doubt()
      this.disk.restore(files)
    }
  }

  /** The journal's file, but nothing beside it, is replaced by an older one. @returns does it */
  backUpJournal(): () => void {
    const image = this.disk.snapshot().get(JOURNAL_FILE)
    const doubt = this.ledger.remember()
    return () => {
      this.kill()
      this.isRolledBack = true
      doubt()
      this.disk.replace(JOURNAL_FILE, image)
    }
  }

  /** A bit of the journal's file flips while the machine is off; what it hit must be declared lost. */
  damage(random: () => number): void {
    this.kill()
    this.damages += 1
    this.disk.flip(JOURNAL_FILE, random(), Math.floor(random() * 8))
  }

  /** Sets its clock, machine time goes on. @param offsetMs what it is off by then */
  setClock(offsetMs: number): void {
    this.wall.offsetMs = offsetMs
    this.isClockSet ||= offsetMs !== 0
  }

  /** Rows that wait at the site. */
  get waiting(): number {
    if (this.outflow === null) return Number.POSITIVE_INFINITY
    const { lanes, counters } = this.outflow.journal
    return counters.held + lanes.alarm.waiting + lanes.event.waiting + lanes.reading.waiting
  }

  #boot(): SimulatedProcess {
    const { name, time, random, log } = this.#options
    // A machine sets its clock when it starts.
    this.wall.offsetMs = 0
    const process = new SimulatedProcess(name, time, this.wall)
    this.starts += 1
    process.onEnd(() => {
      this.outflow = null
      time.after(between(RESTART_MS, random), () => {
        this.#process = this.#boot()
      })
    })
    this.#open(process).catch((error: Error) => {
      log.info({ name, error: error.message }, 'a site did not start')
      process.kill()
    })
    return process
  }

  async #open(process: SimulatedProcess): Promise<void> {
    const { name, network, disk, random, log } = this.#options
    const journalDisk = diskOf(disk, process, random)
    const outflow = await openOutflow({
      config: { gateway: name, data: JOURNAL, broker: 'simulated', hash: 'config' },
      version: 'simulation',
      clock: process.clock,
      random,
      log,
      boot: `${name}-${this.starts}`,
      connect: network.connectOf(process),
      openStore: (options) =>
        InlineJournal.open({ ...options, disk: journalDisk, timers: process.clock, delayMs: () => random() * 5 }),
    })
    if (!process.isAlive) return
    this.outflow = outflow
    outflow.journal.ended.addEventListener('abort', () => process.kill(), { once: true })
    this.#feed(process, outflow)
  }

  #feed(process: SimulatedProcess, { journal }: Outflow): void {
    const { random } = this.#options
    let accepted = this.ledger.position
    const round = () => {
      process.clock.after(between(FEED_MS, random), round)
      if (!this.isFed) return
      const now = process.clock.now()
      const readings = this.ledger.offer(Math.ceil(random() * SERIES_MAX), now, now - this.wall.offsetMs)
      const kind = random() < 0.5 ? 'alarm' : 'gateway.started'
      const events = random() < 0.15 ? [this.ledger.offerEvent(kind, now)] : []
      journal.add(readings, [], events).catch(() => {})
      if (random() > 0.4) return
      const offered = this.ledger.position
      journal.flush().then(
        () => {
          if (!process.isAlive) return
          this.ledger.accept(accepted, offered)
          accepted = offered
        },
        () => {},
      )
    }
    round()
  }
}

export function between([from, to]: readonly [number, number], random: () => number): number {
  return from + random() * (to - from)
}

/** The disk as the journal asks for it. */
function diskOf(disk: SimulatedDisk, process: SimulatedProcess, random: () => number): Disk {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return {
    open: (file) => disk.open(file, process),
    lock: () => ({ [Symbol.dispose]: () => {} }),
    exists: (file) => disk.exists(file),
    setAside: (file, to) => disk.rename(file, to),
    remove: (file) => disk.replace(file, undefined),
    copy: (db, to) => disk.replace(to, db.serialize()),
    read: (file) => disk.image(file)?.toString('utf8') ?? null,
    write: (file, text) => disk.replace(file, Buffer.from(text)),
    newEpoch: () => hex() + hex(),
  }
}
