import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import pino from 'pino'
import { type Clock, parseClock, siteClock, wallClock } from '#devices'
import { sleep } from '#devices/time'
import { type Outflow, openOutflow } from '#gateway'
import { type Feed, fedRow } from './fed-row.ts'

/** Between two portions of rows: the journal's own group commit waits as long. */
const BEAT_MS = 100
/** Rows of one portion: a process that stood still does not catch up at once. */
const PORTION_ROWS_MAX = 5000

/** Characters of the log that wait where it cannot be written. */
const LOG_WAITING_MAX = 256 * 1024

/** The argument of the process, as JSON. */
export interface SiteProcessOptions {
  readonly sites: readonly (Feed & {
    /** Folder of its journal. */
    readonly data: string
    /** The row to go on from. */
    readonly next: number
  })[]
  readonly broker: string
  /** Rows a second of each site. */
  readonly rate: number
  /** Site clock as on the command line; absent: the machine's. */
  readonly clock?: string
}

/** A line that it says on stdout, in the order in which things happened: what was said is out also when it is killed at once. */
export type SiteMessage =
  | { readonly ready: number }
  | { readonly offered: readonly [gateway: string, first: number, last: number] }
  | { readonly accepted: readonly [gateway: string, first: number, last: number] }
  | { readonly state: readonly [gateway: string, SiteState] }

export interface SiteState {
  /** Rows of all lanes that the cloud has not acknowledged. */
  readonly waiting: number
  readonly isConnected: boolean
  readonly epoch: string
  /** How often the disk failed the journal in this run of the process. */
  readonly diskErrors: number
}

/** A line that it takes on stdin; the end of stdin ends it. */
export interface SiteOrder {
  readonly rate: number
}

const options = JSON.parse(process.argv[2] ?? '{}') as SiteProcessOptions
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
await runSites(options, stop)
process.exit()

async function runSites({ sites, broker, rate, clock: setting }: SiteProcessOptions, { signal }: AbortController): Promise<void> {
  const clock = setting === undefined ? wallClock() : siteClock(parseClock(setting, Date.now()))
  const destination = pino.destination({ dest: 2, sync: true, maxLength: LOG_WAITING_MAX })
  // As the front door does: a log on a full disk ends nothing.
  destination.on('error', () => {})
  const log = pino({ level: process.env.SLUICE_LOG ?? 'info' }, destination)
  const order = { rate }
  const orders = createInterface({ input: process.stdin })
  orders.on('line', (line) => Object.assign(order, JSON.parse(line) as SiteOrder))
  // Whoever started it is gone.
  orders.on('close', () => stop.abort())
  await using parts = new AsyncDisposableStack()
  const open = async (site: (typeof sites)[number]) => {
    const { gateway, data } = site
    const config = { gateway, data, broker, hash: 'chaos' }
    const outflow = await openOutflow({ config, version: 'chaos', clock, random: Math.random, log: log.child({ gateway }) })
    return { site, outflow: parts.use(outflow) }
  }
  const opened = await Promise.all(sites.map(open))
  say({ ready: process.pid })
  await Promise.all(
    opened.flatMap(({ site, outflow }) => [
      feed(outflow, site, { clock, rate: () => order.rate, stop: signal }),
      tell(outflow, site, { clock, stop: signal }),
    ]),
  )
}

/** Offers rows at the asked rate, and says of which it heard that they are on disk. */
async function feed(
  { journal }: Outflow,
  { next, ...site }: SiteProcessOptions['sites'][number],
  { clock, rate, stop }: { readonly clock: Clock; readonly rate: () => number; readonly stop: AbortSignal },
): Promise<void> {
  let due = 0
  let seen = clock.mono()
  for (let first = next; !stop.aborted; await sleep(BEAT_MS, stop, clock)) {
    const now = clock.mono()
    due = Math.min(due + ((now - seen) * rate()) / 1000, PORTION_ROWS_MAX)
    seen = now
    const last = first + Math.floor(due) - 1
    due -= Math.floor(due)
    if (last < first) continue
    const { gateway } = site
    const at = site.isClocked ? clock.now() : undefined
    const rows = Array.from({ length: last - first + 1 }, (_, index) => fedRow(site, first + index, at))
    say({ offered: [gateway, first, last] })
    await journal.add(
      rows.flatMap((row) => (row.lane === 'reading' ? [row.reading] : [])),
      [],
      rows.flatMap((row) => (row.lane === 'reading' ? [] : [row.event])),
    )
    const accepted = [gateway, first, last] as const
    journal.flush().then(
      () => say({ accepted }),
      () => {},
    )
    first = last + 1
  }
}

/** Says how far a site is, whenever it changed. */
async function tell(
  { journal, uplink }: Outflow,
  { gateway }: Feed,
  { clock, stop }: { readonly clock: Clock; readonly stop: AbortSignal },
): Promise<void> {
  for (let told = ''; !stop.aborted; await sleep(BEAT_MS, stop, clock)) {
    const waiting = Object.values(journal.lanes).reduce((sum, lane) => sum + lane.waiting, 0)
    const { pending, held, diskErrors } = journal.counters
    const state = { waiting: waiting + pending + held, isConnected: uplink.state.isConnected, epoch: journal.epoch, diskErrors }
    if (JSON.stringify(state) === told) continue
    told = JSON.stringify(state)
    say({ state: [gateway, state] })
  }
}

/** Written at once: what a killed process still had in its buffers nobody would hear. */
function say(message: SiteMessage): void {
  let bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
