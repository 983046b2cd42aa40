import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InfluxClient, Influxd, openSqlite } from '#cloud/store'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { SmallDisk } from './small-disk.ts'
import { drain, pause, prove, type Stage, type SuiteOptions, unproven, until } from './suite.ts'

const GATEWAYS = ['g1', 'g2', 'g3', 'g4']
/** Of each gateway. */
const ROWS_PER_SECOND = { short: 125, full: 500 }
const ALL = ['freeze', 'kill', 'full', 'stop', 'wipe'] as const
type Fault = (typeof ALL)[number]
const STRIKES: Readonly<Record<SuiteOptions['size'], readonly Fault[]>> = {
  short: ['freeze', 'full', 'wipe'],
  full: [...ALL, ...ALL, ...ALL, ...ALL],
}
/** How long a server is away. */
const AWAY_MS = { short: [500, 1500], full: [4_000, 15_000] } as const
/** Between two faults. */
const WELL_MS = { short: 500, full: 3_000 }
const MIB = 1024 * 1024
const DISK_BYTES = { short: 48 * MIB, full: 512 * MIB }
const DRAIN_MS = 120_000

interface Place {
  readonly server: Influxd
  readonly disk: SmallDisk
  /** Passes while the fault is there. */
  readonly away: () => Promise<void>
}

/** What happens to a server; each ends with the server up. */
const FAULTS: Readonly<Record<Fault, (place: Place) => Promise<void>>> = {
  async freeze({ server, away }) {
    await server.pause()
    await away()
    server.resume()
  },
  async kill({ server, away }) {
    await server.kill()
    await away()
    await server.restart()
  },
  async full({ server, disk, away }) {
    disk.fill()
    await away()
    disk.clear()
    // A server that met a full disk refuses until it is begun again.
    await server.kill()
    await server.restart()
  },
  async stop({ server, away }) {
    await server[Symbol.asyncDispose]()
    await away()
    await server.restart()
  },
  async wipe({ server, disk, away }) {
    await server.kill()
    for (const part of ['data', 'meta', 'wal']) rmSync(join(disk.folder, part), { recursive: true, force: true })
    await server.restart()
    await away()
  },
}

/** T27: InfluxDB is frozen, killed, filled up, stopped and wiped while a site writes; afterwards it must hold what the site told, row by row. */
export async function* influxFaultsSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const lack = lackOf('mount') ?? lackOf('influxd')
  if (lack !== null) {
    yield unproven('T27', lack)
    return
  }
  // Beside the stage: the server answers also when what it holds is judged.
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-influx-'))
  await using parts = new AsyncDisposableStack()
  parts.defer(() => rmSync(folder, { recursive: true }))
  const disk = parts.use(SmallDisk.open(join(folder, 'disk'), DISK_BYTES[options.size]))
  const server = parts.use(await Influxd.start(disk.folder))
  yield await prove('T27', options, stop, async (stage) => {
    const series = { kind: 'influx', url: server.url, database: 'chaos' } as const
    const cloud = await stage.cloud({ series })
    const client = new InfluxClient(series, { makesDatabase: false })
    const site = stage.site({ gateways: GATEWAYS, broker: cloud.brokerUrl, rate: ROWS_PER_SECOND[options.size] })
    await site.start()
    let faults = 0
    for (const fault of STRIKES[options.size]) {
      await pause(WELL_MS[options.size], stop)
      if (stop.aborted) break
      await FAULTS[fault]({ server, disk, away: () => away(stage, options.size) })
      faults += 1
    }
    site.feed(0)
    const begun = performance.now()
    const isWhole = await until(() => isFilled(client, cloud).catch(() => false), DRAIN_MS, stop)
    const healedMs = Math.round(performance.now() - begun)
    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    if (!isWhole) troubles.push(`expected the series store to say in ${DRAIN_MS / 1000} s that it is whole`)
    const notes = [`${faults} faults; the store was whole after ${healedMs} ms, drained after ${ms} more`]
    return { faults, notes, troubles }
  })
}

function away({ random, stop }: Stage, size: SuiteOptions['size']): Promise<void> {
  const [least, most] = AWAY_MS[size]
  return pause(least + (most - least) * random() ** 2, stop)
}

/** Whether the mark that the writer leaves in the store says that it holds all that is in the inbox. */
async function isFilled(client: InfluxClient, { files }: ChaosCloud): Promise<boolean> {
  using opened = new DisposableStack()
  const inbox = opened.adopt(openSqlite(files.inbox, { readonly: true }), (file) => file.close())
  const newest = inbox.prepare<[], number | null>('select max(id) from batch').pluck().get() ?? 0
  const [[table] = []] = await client.query(['SELECT "reached" FROM "sluice"'])
  return Number(table?.values[0]?.[1] ?? 0) >= newest
}
