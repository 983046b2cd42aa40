import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openRecords } from '#cloud/store'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { ChaosRun } from './chaos-row.ts'
import { lackOf } from './feature.ts'
import { drain, pause, prove, type Stage, type SuiteOptions, unproven } from './suite.ts'
import { until } from './until.ts'

const ROWS_PER_SECOND = 100
/** The n-th sync of a journal fails. */
const SYNCS = { short: [1, 7, 10, 16], full: Array.from({ length: 100 }, (_, index) => index + 1) }
const TOGETHER = 4
const REACH_MS = 60_000
/** A commit that failed is tried again after a second. */
const GO_ON_MS = 1500
const DRAIN_MS = 60_000
/** What a log says of a disk that fails. */
const TOLD = /takes no rows|I\/O error|IOERR|could not free|EIO|expected a journal at/

/** What accepted rows rest on. SQLite passes over a folder that cannot be synced, and tries again where the file holds nothing yet. */
const RESTS = /\.db-wal$|\.mark\.part$/

/** T07: the n-th sync of a journal ends with an I/O error. No accepted row is lost, the rows go on without a restart, and each error is told. */
export async function* failingSyncSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const lack = lackOf('strace')
  if (lack !== null) {
    yield unproven('T07', lack)
    return
  }
  yield await prove('T07', options, stop, async (stage) => {
    const cloud = await stage.cloud()
    const failures: Failure[] = []
    const troubles: string[] = []
    const waiting = [...SYNCS[options.size]]
    const worker = async () => {
      for (let n = waiting.shift(); n !== undefined && !stop.aborted; n = waiting.shift()) {
        const { trouble, failure } = await failAt(stage, cloud, n)
        if (failure !== null) failures.push(failure)
        if (trouble !== null) troubles.push(`sync ${n}: ${trouble}`)
      }
    }
    await Promise.all(Array.from({ length: TOGETHER }, worker))
    const drained = await drain(cloud, [], DRAIN_MS, stop)
    const told = await toldOf(cloud, failures)
    const [resting, others] = [failures.filter(({ file }) => RESTS.test(file)), failures.filter(({ file }) => !RESTS.test(file))]
    for (const failure of resting)
      if (!told.has(failure)) troubles.push(`${failure.gateway}, ${failure.file}: expected the error to be told`)
    const toldTimes = (of: readonly Failure[]) => `${of.filter((failure) => told.has(failure)).length} of ${of.length}`
    const notes = [
      'the call fails and its pages stay dirty: a kernel that drops them is for the simulation',
      `told: ${toldTimes(resting)} on what rows and the mark rest on, ${toldTimes(others)} on folders and a file without rows`,
    ]
    return { faults: failures.length, notes, troubles: [...troubles, ...drained.troubles] }
  })
}

/** A sync that failed, and what is known of it. */
interface Failure {
  readonly gateway: string
  /** The file that was to be synced. */
  readonly file: string
  /** Whether the gateway counts it, or its log tells it. */
  readonly isToldHere: boolean
}

async function failAt(
  { folder, site: makeSite, stop }: Stage,
  cloud: ChaosCloud,
  n: number,
): Promise<{ readonly trouble: string | null; readonly failure: Failure | null }> {
  const gateway = `eio-${n}`
  const site = makeSite({ name: gateway, gateways: [gateway], broker: cloud.brokerUrl, rate: ROWS_PER_SECOND, series: 3 })
  const trace = join(folder, `${gateway}.strace`)
  const inject = `inject=fsync,fdatasync:error=EIO:when=${n}`
  site.launch({ wrap: ['strace', '-f', '-y', '--seccomp-bpf', '-qq', '-o', trace, '-e', 'trace=fsync,fdatasync', '-e', inject] })
  const failedFile = () => /<(.*)>.*\(INJECTED\)/.exec(readFileSync(trace, { encoding: 'utf8', flag: 'a+' }))?.[1]
  await until(() => failedFile() !== undefined, REACH_MS, stop)
  await pause(GO_ON_MS, stop)
  // One that could not open its journal is begun again, as a supervisor of processes does.
  if (!site.isRunning) await site.start()
  site.feed(0)
  const isDrained = await until(() => site.waiting === 0, DRAIN_MS, stop)
  const isCounted = (site.states.get(gateway)?.diskErrors ?? 0) > 0
  await site.stop()
  const file = failedFile()
  if (file === undefined) return { trouble: `expected so many syncs in ${REACH_MS / 1000} s`, failure: null }
  return {
    trouble: isDrained ? null : `expected all rows to go out in ${DRAIN_MS / 1000} s, ${site.waiting} wait still`,
    failure: { gateway, file, isToldHere: isCounted || TOLD.test(readFileSync(site.log, 'utf8')) },
  }
}

/** Those that the gateway counts, that its log tells or that it told the cloud. */
async function toldOf({ files }: ChaosCloud, failures: readonly Failure[]): Promise<ReadonlySet<Failure>> {
  await using records = await openRecords(files.records, { readonly: true })
  const events = await records.db.selectFrom('event').select('gateway').where('kind', '=', 'journal.damaged').execute()
  const gateways = new Set(events.map(({ gateway }) => gateway))
  return new Set(failures.filter(({ gateway, isToldHere }) => isToldHere || gateways.has(gateway)))
}
