import type { Logger } from 'pino'
import { Inbox, Ingest } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords, type Records, type SeriesStore } from '#cloud/store'
import type { SimulatedDisk } from './simulated-disk.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { between } from './simulated-site.ts'
import type { SimulatedTime } from './simulated-time.ts'

export interface CloudOptions {
  readonly time: SimulatedTime
  readonly network: SimulatedNetwork
  readonly disk: SimulatedDisk
  readonly random: () => number
  readonly log: Logger
}

export interface CloudStores extends AsyncDisposable {
  readonly inbox: Inbox
  readonly records: Records
  readonly series: SeriesStore
}

const CLOUD_FILES = { inbox: '/inbox', records: '/records', series: '/series' } as const
const RESTART_MS = [100, 4000] as const

/** The role `ingest` with its stores on a simulated machine; started again whenever it ends. */
export class SimulatedCloud {
  readonly disk: SimulatedDisk
  ingest: Ingest | null = null
  starts = 0
  #isOver = false
  readonly #options: CloudOptions
  #process: SimulatedProcess

  constructor(options: CloudOptions) {
    this.#options = options
    this.disk = options.disk
    this.#process = this.#boot()
  }

  kill(): void {
    this.#process.kill()
  }

  /** Whether every reader has read all that the inbox holds. */
  get isIdle(): boolean {
    const state = this.ingest?.state
    return state !== undefined && state.refilling === null && state.readers.every(({ cursor }) => cursor === state.inbox.newest)
  }

  /** Ends it for good, and opens what is left on its disk. */
  async openStores(): Promise<CloudStores> {
    const { disk, time } = this.#options
    this.#isOver = true
    this.#process.kill()
    await using opened = new AsyncDisposableStack()
    const reader = new SimulatedProcess('reader', time, { offsetMs: 0 })
    const open = (file: string) => disk.open(file, reader)
    const inbox = opened.use(new Inbox(CLOUD_FILES.inbox, { open }))
    const records = opened.use(await openRecords(CLOUD_FILES.records, { open }))
    const series = opened.use(await openEmbeddedSeries(CLOUD_FILES.series, { open }))
    const stack = opened.move()
    return { inbox, records, series, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  #boot(): SimulatedProcess {
    const { time, random, log } = this.#options
    const process = new SimulatedProcess('cloud', time, { offsetMs: 0 })
    this.starts += 1
    process.onEnd(() => {
      this.ingest = null
      if (this.#isOver) return
      time.after(between(RESTART_MS, random), () => {
        this.#process = this.#boot()
      })
    })
    this.#open(process).catch((error: Error) => {
      log.info({ error: error.message }, 'the cloud did not start')
      process.kill()
    })
    return process
  }

  async #open(process: SimulatedProcess): Promise<void> {
    const { network, disk, log } = this.#options
    const open = (file: string) => {
      const database = disk.open(file, process)
      database.pragma('synchronous = FULL')
      return database
    }
    const records = await openRecords(CLOUD_FILES.records, { open })
    const series = await openEmbeddedSeries(CLOUD_FILES.series, { open })
    const ingest = await Ingest.start({
      brokerUrl: 'simulated',
      connect: network.connectOf(process),
      inboxFile: CLOUD_FILES.inbox,
      disk: { open },
      soon: (call) => void process.clock.after(0, call),
      records,
      series,
      rules: [],
      clock: process.clock,
      log,
    })
    if (process.isAlive) this.ingest = ingest
  }
}
