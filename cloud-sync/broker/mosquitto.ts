import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerError } from './broker-error.ts'

/** Up in 20 ms on an idle machine. */
const START_MS = 30_000
const LOOK_MS = 10
const STOP_MS = 5000
/** A port that was free may be taken by another before the server has it. */
const TRIES_MAX = 3
/** Where Debian puts servers; not everybody's path has it. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin']

export interface MosquittoOptions {
  /** More lines of its configuration, as `max_packet_size 16384`. */
  readonly settings?: readonly string[]
}

/** A Mosquitto of our own on this machine's loopback, for a test or a proof: its data lie in a folder, it ends with whoever began it. */
export class MosquittoProcess implements AsyncDisposable {
  readonly #folder: string
  readonly #settings: readonly string[]
  #port = 0
  #child: ChildProcess | null = null

  private constructor(folder: string, settings: readonly string[]) {
    this.#folder = folder
    this.#settings = settings
  }

  /**
   * @param folder made where it is not there; the server goes on with what lies in it
   * @throws BrokerError `missing` where the program is not installed, `unavailable` where it does not start
   */
  static async start(folder: string, { settings = [] }: MosquittoOptions = {}): Promise<MosquittoProcess> {
    mkdirSync(folder, { recursive: true })
    const server = new MosquittoProcess(folder, settings)
    for (let tries = 1; ; tries++) {
      server.#port = await freePort()
      try {
        await server.restart()
        return server
      } catch (error) {
        if (tries === TRIES_MAX || (error instanceof BrokerError && error.code === 'missing')) throw error
      }
    }
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Its log so far. */
  get log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : ''
  }

  /** Begins it again on the same port and data, unless they are to be wiped. @throws BrokerError as `start` */
  async restart({ isWiped = false }: { readonly isWiped?: boolean } = {}): Promise<void> {
    await this.kill()
    if (isWiped) rmSync(join(this.#folder, 'mosquitto.db'), { force: true })
    const config = join(this.#folder, 'mosquitto.conf')
    writeFileSync(config, configOf(this.#folder, this.#port, this.#settings))
    const log = openSync(this.#logFile, 'a')
    const path = [process.env.PATH, ...SERVER_FOLDERS].join(delimiter)
    const child = spawn('mosquitto', ['-c', config], { stdio: ['ignore', log, log], env: { ...process.env, PATH: path } })
    closeSync(log)
    this.#child = child
    let isMissing = false
    child.once('error', () => {
      isMissing = true
    })
    for (const until = performance.now() + START_MS; !(await isUp(this.#port)) || child.exitCode !== null; await sleep(LOOK_MS)) {
      if (isMissing) {
        this.#child = null
        throw new BrokerError(
          'missing',
          'expected Mosquitto to be installed here: on Debian or Ubuntu, apt-get install mosquitto',
        )
      }
      if (child.exitCode === null && performance.now() < until) continue
      await this.kill()
      throw new BrokerError(
        'unavailable',
        `expected mosquitto to start, it says: ${this.log.trim().split('\n').slice(-3).join('\n')}`,
      )
    }
  }

  /** kill -9: it gets to do nothing any more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Holds it still, as a machine that swaps does; `resume` lets it go on. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
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

  get #logFile(): string {
    return join(this.#folder, 'mosquitto.log')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}

/** Persistent, as it is run in earnest; begun by root it would else give its rights, and so this folder, away. */
function configOf(folder: string, port: number, settings: readonly string[]): string {
  return [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${folder}/`,
    'log_dest stderr',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...settings,
    '',
  ].join('\n')
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

async function isUp(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isOpen
}
