import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { BrokerProbe } from './broker-probe.ts'
import type { ChaosRun } from './chaos-row.ts'
import type { Flood, FloodTold } from './strangers-process.ts'
import { drain, pause, prove, type SuiteOptions, until } from './suite.ts'

const ENTRY = new URL('./strangers-process.ts', import.meta.url)
const MESSAGES_PER_SECOND = 200
const ROWS_PER_SECOND = 200
const QUIET_MS = { short: 2500, full: 15_000 }
const FLOOD_BYTES = { short: 40_000_000, full: 600_000_000 }
const FLOOD_MS = { short: 4000, full: 60_000 }
/** A flood that the machine has no room for ends here. */
const FLOOD_MS_MAX = { short: 8000, full: 80_000 }
const IDLERS = { short: 100, full: 700 }
const GROWTH_MIB_MAX = 50
const SLOWDOWN_MAX = 2
/** Below it latencies are the machine's own unrest: in the short form all tests run beside it. */
const UNREST_MS = { short: 1000, full: 25 }
const LINK_MS = 30_000
const DRAIN_MS = 30_000
const LOOK_MS = 100

/** T22: strangers send what no client would, before CONNECT and after it, while a site and a healthy pair of clients go on. */
export async function* floodSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const { size, seed } = options
  yield await prove('T22', options, stop, async (stage) => {
    const cloud = await stage.cloud({ broker: 'apart' })
    const broker = cloud.part('broker')
    const site = stage.site({ gateways: ['g1'], broker: cloud.brokerUrl, rate: ROWS_PER_SECOND })
    await site.start()
    await until(() => site.isConnected, LINK_MS, stop)
    const probe = stage.use(await BrokerProbe.open(cloud.brokerUrl, stop))
    // The first second is that of a program that is not compiled yet.
    await probe.run(MESSAGES_PER_SECOND, over(1000), stop)
    const quiet = await probe.run(MESSAGES_PER_SECOND, over(QUIET_MS[size]), stop)

    const before = broker.rssNowMiB
    const strangers = stage.use(
      new Strangers({ port: cloud.brokerPort, seed, bytes: FLOOD_BYTES[size], durationMs: FLOOD_MS[size], idlers: IDLERS[size] }),
    )
    const isLate = over(FLOOD_MS_MAX[size])
    const watching = new AbortController()
    const peak = watchMemory(() => broker.rssNowMiB, watching.signal)
    const flooded = await probe.run(MESSAGES_PER_SECOND, () => strangers.told.isDone || isLate(), stop)
    watching.abort()
    const growth = Math.round((await peak) - before)
    await strangers[Symbol.asyncDispose]()
    const { bytes, connections } = strangers.told

    const { ms, troubles } = await drain(cloud, [site], DRAIN_MS, stop)
    const p99Max = Math.max(quiet.p99Ms * SLOWDOWN_MAX, quiet.p99Ms + UNREST_MS[size])
    if (growth > GROWTH_MIB_MAX)
      troubles.push(`expected the broker to grow by ${GROWTH_MIB_MAX} MiB at most, it grew by ${growth}`)
    if (flooded.p99Ms > p99Max)
      troubles.push(`expected a p99 of ${p99Max.toFixed(1)} ms at most, got ${flooded.p99Ms.toFixed(1)}`)
    for (const { sent, heard, doubled } of [quiet, flooded])
      if (heard !== sent || doubled > 0)
        troubles.push(`of ${sent} messages of a healthy client ${heard} were heard, ${doubled} twice`)
    if (bytes < FLOOD_BYTES[size]) troubles.push(`expected ${FLOOD_BYTES[size] / 1e6} MB to be sent, got ${bytes / 1e6}`)
    return {
      faults: connections,
      troubles,
      notes: [
        `${Math.round(bytes / 1e6)} MB over ${connections} connections${size === 'full' ? '' : ' (the full form: 600 MB)'}`,
        `the broker held ${Math.round(before)} MiB and grew by ${growth}`,
        `p99 ${quiet.p99Ms.toFixed(1)} ms in quiet, ${flooded.p99Ms.toFixed(1)} in the flood, the slowest ${flooded.slowestMs.toFixed(0)}`,
        `${quiet.sent + flooded.sent} messages of a healthy client; the site was drained in ${ms} ms`,
      ],
    }
  })
}

/** A flood that runs. */
class Strangers implements AsyncDisposable {
  readonly #child: ChildProcess
  told: FloodTold = { bytes: 0, connections: 0, isDone: false }

  constructor(flood: Flood) {
    this.#child = fork(ENTRY, [JSON.stringify(flood)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child.on('message', (told: FloodTold) => {
      this.told = told
    })
    this.#child.once('exit', () => {
      this.told = { ...this.told, isDone: true }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

/** True once so much time has passed. */
function over(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() >= end
}

/** The most memory that was held until the stop, MiB. */
async function watchMemory(memoryMiB: () => number, stop: AbortSignal): Promise<number> {
  let most = 0
  for (; !stop.aborted; await pause(LOOK_MS, stop)) most = Math.max(most, memoryMiB())
  return most
}
