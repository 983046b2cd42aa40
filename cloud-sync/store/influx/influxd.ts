import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError } from '../store-error.ts'

/** Up in 0.3 s on an idle machine. */
const START_MS = 30_000
const LOOK_MS = 20
const STOP_MS = 15_000
/** A port that was free may be taken by another before the server has it. */
const TRIES_MAX = 3

/** A server of our own on this machine's loopback, for a demo, a test or a measurement: its data lie in a folder, it ends with whoever began it. */
export class Influxd implements AsyncDisposable {
  readonly #folder: string
  readonly #isGuarded: boolean
  #ports: readonly [http: number, rpc: number] = [0, 0]
  #child: ChildProcess | null = null

  private constructor(folder: string, isGuarded: boolean) {
    this.#folder = folder
    this.#isGuarded = isGuarded
  }

  /**
   * @param folder made where it is not there; the server goes on with what lies in it
   * @param options `isGuarded`: asks who is there; the first statement may make an administrator
   * @throws StoreError `missing` where the program is not installed, `unavailable` where it does not start
   */
  static async start(folder: string, { isGuarded = false }: { readonly isGuarded?: boolean } = {}): Promise<Influxd> {
    mkdirSync(folder, { recursive: true })
    const server = new Influxd(folder, isGuarded)
    for (let tries = 1; ; tries++) {
      server.#ports = [await freePort(), await freePort()]
      try {
        await server.restart()
        return server
      } catch (error) {
        if (tries === TRIES_MAX || (error instanceof StoreError && error.code === 'missing')) throw error
      }
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports[0]}`
  }

  /** Begins it again on the same ports and data. @throws StoreError as `start` */
  async restart(): Promise<void> {
    await this.kill()
    const config = join(this.#folder, 'influxdb.conf')
    writeFileSync(config, configOf(this.#folder, this.#ports, this.#isGuarded))
    const log = openSync(this.#log, 'a')
    const child = spawn('influxd', ['-config', config], { stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    let missing = false
    child.once('error', () => {
      missing = true
    })
    for (const until = Date.now() + START_MS; ; await sleep(LOOK_MS)) {
      if (missing) {
        this.#child = null
        throw new StoreError('missing', 'expected InfluxDB to be installed here: on Debian or Ubuntu, apt-get install influxdb')
      }
      if (child.exitCode !== null || Date.now() > until) {
        await this.kill()
        throw new StoreError('unavailable', `expected influxd to start, it says: ${lastLines(this.#log)}`)
      }
      if (await isUp(this.url)) return
    }
  }

  /** kill -9: it gets to do nothing any more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Holds it still, as a machine that swaps does, and resolves when it stands (on Linux); `resume` lets it go on. */
  async pause(): Promise<void> {
    this.#child?.kill('SIGSTOP')
    const tasks = `/proc/${this.#child?.pid}/task`
    const isStill = (task: string) => / [Tt] /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8').split(')').at(-1) ?? '')
    while (existsSync(tasks) && !readdirSync(tasks).every(isStill)) await sleep(1)
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server that was held still hears no SIGTERM.
    this.resume()
    const child = this.#child
    const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_MS)
    await this.#end('SIGTERM')
    clearTimeout(timer)
  }

  get #log(): string {
    return join(this.#folder, 'influxd.log')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

function configOf(folder: string, [http, rpc]: readonly [number, number], isGuarded: boolean): string {
  const path = (name: string) => JSON.stringify(join(folder, name))
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = ${path('meta')}
[data]
  dir = ${path('data')}
  wal-dir = ${path('wal')}
  index-version = "tsi1"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  auth-enabled = ${isGuarded}
  log-enabled = false
[monitor]
  store-enabled = false
[logging]
  level = "warn"
`
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1000) })).status === 204
  } catch {
    return false
  }
}

function lastLines(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-3).join('\n') : 'nothing'
}
