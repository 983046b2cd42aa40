import { join } from 'node:path'
import { auditFiles } from '#cloud/ingest'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { SmallDisk } from './small-disk.ts'
import { drain, pause, prove, type SuiteOptions, unproven } from './suite.ts'
import { until } from './until.ts'

const MIB = 1024 * 1024
const ROWS_PER_SECOND = { short: 5000, full: 3000 }
/** What is left for the journal, beside what lies there for ballast. */
const DISK_BYTES = { short: 7 * MIB, full: 24 * MIB }
/** Rows come on so long after the disk was full for the first time. */
const ON_FULL_MS = { short: 1_000, full: 60_000 }
const FILL_MS = 240_000
/** Less is as good as nothing: a page and its place in the log. */
const FULL_BYTES = 64 * 1024
const LOG_BYTES = 64 * 1024
const DRAIN_MS = 180_000

/**
 * T06: a journal's disk fills up while the cloud is away, and rows come on; so do the disks of its log and of temporary files. The site goes on,
 * loses no alarm and no event, and declares each reading that it gave up.
 */
export async function* fullDiskSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const lack = lackOf('mount')
  if (lack !== null) {
    yield unproven('T06', lack)
    return
  }
  const { size } = options
  let declared = 0
  const run = await prove('T06', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const disk = stage.use(SmallDisk.open(join(stage.folder, 'small'), DISK_BYTES[size]))
    const others = stage.use(SmallDisk.open(join(stage.folder, 'full'), LOG_BYTES))
    others.fill()
    const broker = cloud.brokerUrl
    const site = stage.site({ gateways: ['g1'], broker, rate: ROWS_PER_SECOND[size], series: 20, disk: disk.folder })
    const wrap = ['sh', '-c', `exec "$0" "$@" 2>>${join(others.folder, 'log')}`]
    await site.start({ wrap, env: { TMPDIR: others.folder } })
    const { pid } = site
    await until(() => site.isConnected, FILL_MS, stop)
    await cloud.kill('ingest')
    const isFull = await until(() => disk.freeBytes < FULL_BYTES || !site.isRunning, FILL_MS, stop)
    const atFull = site.accepted
    await pause(ON_FULL_MS[size], stop)
    const onFull = site.accepted - atFull
    await cloud.start('ingest', stop)
    await until(() => site.isConnected || !site.isRunning, DRAIN_MS, stop)
    const isAlive = site.isRunning && site.pid === pid
    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    if (!isAlive) troubles.push(`expected the site to go on, it ended with ${await site.exited}`)
    if (!isFull) troubles.push(`expected the disk to be full in ${FILL_MS / 1000} s, ${disk.freeBytes} bytes are free`)
    const losses = await declaredOf(cloud)
    declared = losses.reading
    if (losses.urgent > 0) troubles.push(`expected no alarm and no event to be given up, ${losses.urgent} were`)
    const notes = [
      `full after ${atFull} rows, then ${onFull} more came in ${ON_FULL_MS[size] / 1000} s; the drain took ${ms} ms`,
      'no half hour: the disk is small, and what comes after it is full says as much',
    ]
    return { faults: 1, notes, troubles }
  })
  // To the row: what is not there is what was declared, no more and no less.
  const { issued, stored, lost } = run.row
  const isExact = issued - stored - lost === declared
  const notes = isExact ? run.notes : [...run.notes, `expected ${issued - stored} rows to be declared lost, ${declared} are`]
  yield { row: { ...run.row, pass: run.row.pass && isExact }, notes }
}

async function declaredOf({ files }: ChaosCloud): Promise<{ readonly reading: number; readonly urgent: number }> {
  const { gateways } = await auditFiles(files)
  const sum = (isOf: (lane: string) => boolean) =>
    gateways.filter(({ lane }) => isOf(lane)).reduce((count, { declaredLost }) => count + declaredLost, 0)
  return { reading: sum((lane) => lane === 'reading'), urgent: sum((lane) => lane !== 'reading') }
}
