import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { RowAccount } from './row-account.ts'
import type { SiteMessage, SiteOrder, SiteProcessOptions, SiteState } from './site-process.ts'

const ENTRY = fileURLToPath(new URL('./site-process.ts', import.meta.url))
/** A planned stop sends what waits, for a bounded time. */
const STOP_MS = 15_000
const LOG_LINES = 5

export interface SiteOptions {
  /** For journals and logs. */
  readonly folder: string
  readonly broker: string
  /** Names of the gateways that run in the one process. */
  readonly gateways: readonly string[]
  /** Rows a second of each. */
  readonly rate: number
  /** Devices of each; default 10. */
  readonly series?: number
  /** Observe time of row 0, epoch ms. */
  readonly origin: number
  /** The first row of each; default 0. Two sites under one name are given different rows. */
  readonly from?: number
  /** Rows are stamped by the site's clock. */
  readonly isClocked?: boolean
  readonly clock?: string
  /** Of the log and of the folder of journals; default `site`. */
  readonly name?: string
  /** Where its journals lie; default the folder. */
  readonly disk?: string
}

export interface Launch {
  /** A command that runs it, as `strace -f …` or `ip netns exec …`. */
  readonly wrap?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Sites in a process of their own, fed with rows that are accounted for here. */
export class Site implements AsyncDisposable {
  readonly accounts: ReadonlyMap<string, RowAccount>
  readonly log: string
  readonly #options: SiteOptions
  readonly #states = new Map<string, SiteState>()
  #child: ChildProcess | null = null
  #ready = Promise.withResolvers<number>()
  #exited: Promise<string> = Promise.resolve('not started')
  #rate: number

  constructor(options: SiteOptions) {
    const { gateways, series = 10, origin, from, isClocked = false, folder, name = 'site' } = options
    this.#options = options
    this.#rate = options.rate
    this.accounts = new Map(gateways.map((gateway) => [gateway, new RowAccount({ gateway, series, origin, isClocked }, from)]))
    this.log = join(folder, `${name}.log`)
  }

  /** Of the process that was started: that of the command around it, where there is one. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when the process has ended, to its exit code or signal. */
  get exited(): Promise<string> {
    return this.#exited
  }

  /** As each gateway told last. */
  get states(): ReadonlyMap<string, SiteState> {
    return this.#states
  }

  /** Rows that the cloud has not acknowledged; infinite while a gateway of this start has not told yet. */
  get waiting(): number {
    const told = [...this.#states.values()]
    return told.length < this.accounts.size ? Number.POSITIVE_INFINITY : told.reduce((sum, { waiting }) => sum + waiting, 0)
  }

  get isConnected(): boolean {
    return this.#states.size === this.accounts.size && [...this.#states.values()].every(({ isConnected }) => isConnected)
  }

  get accepted(): number {
    return [...this.accounts.values()].reduce((sum, { accepted }) => sum + accepted, 0)
  }

  /** Folder of a gateway's journal. */
  data(gateway: string): string {
    const { folder, disk = folder, name = 'site' } = this.#options
    return join(disk, `${name}-${gateway}`)
  }

  /** Starts it and waits until its journals are open. @returns how long that took, ms @throws SiteError where it ended before */
  async start(launch: Launch = {}): Promise<number> {
    const begun = performance.now()
    this.launch(launch)
    const ended = this.#exited.then((how) => {
      throw new SiteError(this.log, how)
    })
    await Promise.race([this.#ready.promise, ended])
    return performance.now() - begun
  }

  /** Starts it; whether it comes to be ready is seen later. It goes on from the first row that was never offered. */
  launch({ wrap = [], env = {} }: Launch = {}): void {
    const { broker, clock } = this.#options
    const sites = [...this.accounts.values()].map(({ feed, next }) => ({ ...feed, next, data: this.data(feed.gateway) }))
    const options: SiteProcessOptions = { sites, broker, rate: this.#rate, ...(clock !== undefined && { clock }) }
    const [command = '', ...args] = [...wrap, process.execPath, ...process.execArgv, ENTRY, JSON.stringify(options)]
    const log = createWriteStream(this.log, { flags: 'a' })
    // A group of its own, so that a command around it and the site end together.
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env }, detached: true })
    this.#child = child
    this.#ready = Promise.withResolvers()
    this.#ready.promise.catch(() => {})
    this.#states.clear()
    child.stdin?.on('error', () => {})
    child.stderr?.pipe(log)
    const lines = createInterface({ input: child.stdout ?? process.stdin })
    lines.on('line', (line) => this.#hear(line))
    const heard = once(lines, 'close')
    // Only once all that it said was heard it counts as ended.
    this.#exited = once(child, 'exit').then(async ([code, signal]) => {
      await heard
      return String(code ?? signal)
    })
    this.#exited.catch(() => {})
  }

  /** From now on it is fed so many rows a second for each gateway, also after a restart. */
  feed(rate: number): void {
    this.#rate = rate
    const order: SiteOrder = { rate }
    if (this.isRunning) this.#child?.stdin?.write(`${JSON.stringify(order)}\n`)
  }

  /** kill -9, with what runs around it. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL')
    await this.#exited
  }

  /** Freezes it (SIGSTOP) or lets it go on (SIGCONT). */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#signal(name)
  }

  /** A planned stop. @returns its exit code or signal */
  async stop(): Promise<string> {
    if (!this.isRunning) return this.#exited
    this.#signal('SIGTERM')
    const timer = setTimeout(() => this.#signal('SIGKILL'), STOP_MS)
    const how = await this.#exited
    clearTimeout(timer)
    return how
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #signal(name: NodeJS.Signals): void {
    if (!this.isRunning || this.pid === 0) return
    try {
      process.kill(-this.pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  #hear(line: string): void {
    // The command around it may say something too, and a killed process leave half a line.
    if (!line.startsWith('{') || !line.endsWith('}')) return
    const message = JSON.parse(line) as SiteMessage
    if ('ready' in message) this.#ready.resolve(message.ready)
    else if ('state' in message) this.#states.set(...message.state)
    else if ('offered' in message) this.accounts.get(message.offered[0])?.offer(message.offered[1], message.offered[2])
    else this.accounts.get(message.accepted[0])?.accept(message.accepted[1], message.accepted[2])
  }
}

/** A site that did not come to be ready. */
export class SiteError extends Error {
  readonly code = 'not-started'
  constructor(log: string, how: string) {
    const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n')
    super(`expected the site to start, it ended with ${how}:\n${tail}`)
  }
}
