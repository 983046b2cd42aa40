import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Logger } from 'pino'
import { processTimers, sleep, type Timers } from '#devices/time'
import type { BrokerNews, BrokerOrder, ProcessNumbers } from './broker-message.ts'

const ENTRY = new URL('./broker-entry.ts', import.meta.url)
/** As every process of the house: a small nursery, one helper thread. */
const FLAGS = ['--max-semi-space-size=2', '--v8-pool-size=1']
/** Between its end and its next start, doubling; from the first again once it has run for `STEADY_MS`. */
const BACKOFF_MS = [200, 10_000] as const
const STEADY_MS = 60_000
/** A stop that was asked for takes at most so long. */
const STOP_MS = 3000

export interface BrokerProcessOptions {
  readonly host: string
  /** 0: any free one, kept for as long as this lives. */
  readonly port: number
  readonly timers?: Timers
  readonly log: Logger
}

/**
 * The embedded broker in a process of its own: who floods it takes nothing from the ingest, and a fault in it ends nothing else. It is begun
 * again on the same port whenever it ends.
 */
export class BrokerProcess implements AsyncDisposable {
  readonly #options: BrokerProcessOptions
  readonly #stop = new AbortController()
  #child: ChildProcess | null = null
  #url = ''
  #numbers: ProcessNumbers | null = null
  #restarts = 0
  #running: Promise<void> = Promise.resolve()

  private constructor(options: BrokerProcessOptions) {
    this.#options = options
  }

  /** @throws the system's error where the port cannot be had. */
  static async open(options: BrokerProcessOptions): Promise<BrokerProcess> {
    const broker = new BrokerProcess(options)
    const { exited } = await broker.#begin(options.port)
    broker.#running = broker.#supervise(exited)
    return broker
  }

  get url(): string {
    return this.#url
  }

  /** 0 while it is not running. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** What it told last; null while it is not running. */
  get numbers(): ProcessNumbers | null {
    return this.#numbers
  }

  /** How often it ended by itself. */
  get restarts(): number {
    return this.#restarts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    const child = this.#child
    if (child !== null) {
      order(child, { kind: 'stop' })
      const cancel = this.#timers.after(STOP_MS, () => child.kill('SIGKILL'))
      await this.#running
      cancel()
    } else await this.#running
  }

  get #timers(): Timers {
    return this.#options.timers ?? processTimers
  }

  async #supervise(first: Promise<unknown>): Promise<void> {
    const { log } = this.#options
    const port = Number(new URL(this.#url).port)
    let exited = first
    for (let delayMs: number = BACKOFF_MS[0]; ; ) {
      const since = performance.now()
      const how = await exited
      if (this.#stop.signal.aborted) return
      this.#restarts += 1
      if (performance.now() - since >= STEADY_MS) delayMs = BACKOFF_MS[0]
      log.error({ how, restarts: this.#restarts }, 'the broker ended; it is begun again, and its clients come back by themselves')
      await sleep(delayMs, this.#stop.signal, this.#timers)
      delayMs = Math.min(delayMs * 2, BACKOFF_MS[1])
      if (this.#stop.signal.aborted) return
      const begun = await this.#begin(port).catch((error: Error) => ({ exited: Promise.resolve(error.message) }))
      exited = begun.exited
    }
  }

  /** Begins the process and resolves once it listens. @returns `exited` settles when it has ended */
  async #begin(port: number): Promise<{ readonly exited: Promise<unknown> }> {
    const { host, log } = this.#options
    const child = fork(ENTRY, [], { execArgv: FLAGS, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#child = child
    const exited = once(child, 'exit').then(([code, signal]) => {
      if (this.#child === child) this.#child = null
      this.#numbers = null
      return signal ?? code
    })
    const ready = Promise.withResolvers<string>()
    child.on('error', (error) => ready.reject(error))
    child.on('message', (news: BrokerNews) => {
      if (news.kind === 'log') log[news.level](news.facts, news.words)
      else if (news.kind === 'numbers') this.#numbers = news.numbers
      else if (news.kind === 'ready') ready.resolve(news.url)
      else ready.reject(Object.assign(new Error(news.message), news.facts))
    })
    exited.then((how) => ready.reject(new Error(`expected the broker to listen, it ended with ${how}`)))
    order(child, { kind: 'open', options: { host, port }, isDebugging: log.isLevelEnabled('debug') })
    try {
      this.#url = await ready.promise
    } catch (error) {
      child.kill('SIGKILL')
      if (child.pid !== undefined) await exited
      throw error
    }
    return { exited }
  }
}

function order(child: ChildProcess, message: BrokerOrder): void {
  // A process that is just ending takes no orders and needs none.
  if (child.connected) child.send(message, () => {})
}
