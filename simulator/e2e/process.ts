import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A start takes at most so long. */
const READY_MS = 60_000
const LOOK_MS = 20
/** A stop that was asked for takes at most so long, then it is not asked any more. */
const STOP_MS = 15_000

/** A process of Sluice under its own name, with its log in a file and its addresses in another. */
export class SluiceProcess implements AsyncDisposable {
  readonly name: string
  readonly #cli: string
  readonly #folder: string
  readonly #args: readonly string[]
  #child: ChildProcess | null = null
  #rssMiB = 0

  constructor(
    name: string,
    { cli, folder, args }: { readonly cli: string; readonly folder: string; readonly args: readonly string[] },
  ) {
    this.name = name
    this.#cli = cli
    this.#folder = folder
    this.#args = args
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get log(): string {
    return join(this.#folder, `${this.name}.log`)
  }

  /** The most memory it has held, MiB; across restarts, of all of them. */
  get rssMiB(): number {
    if (this.#child?.exitCode === null) this.#rssMiB = Math.max(this.#rssMiB, memoryMiB(this.pid, 'VmHWM'))
    return Math.round(this.#rssMiB)
  }

  /** The memory it holds now, MiB. */
  get rssNowMiB(): number {
    return memoryMiB(this.pid, 'VmRSS')
  }

  /** CPU seconds of user and system so far. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  /** Starts it and resolves with what its ready file says. @throws Error with the end of its log when it ends instead */
  async start<T>(stop: AbortSignal, extra: readonly string[] = []): Promise<T> {
    const ready = join(this.#folder, `${this.name}.ready.json`)
    rmSync(ready, { force: true })
    const log = createWriteStream(this.log, { flags: 'a' })
    await once(log, 'open')
    const child = spawn(process.execPath, [...process.execArgv, this.#cli, ...this.#args, ...extra, '--ready-file', ready], {
      stdio: ['ignore', log, log],
    })
    log.end()
    this.#child = child
    for (const until = Date.now() + READY_MS; !existsSync(ready); await sleep(LOOK_MS)) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > until || stop.aborted) {
        const code = child.exitCode
        await this.kill()
        const why = stop.aborted ? 'stopped' : readFileSync(this.log, 'utf8').trim().split('\n').slice(-3).join('\n')
        throw new SluiceProcessError(this.name, code, why)
      }
    }
    return JSON.parse(readFileSync(ready, 'utf8')) as T
  }

  /** Asks it to stop and waits for it. @returns its exit code, or the signal's name that ended it */
  async stop(): Promise<number | string> {
    const child = this.#child
    if (child === null) return 0
    if (child.exitCode === null && child.signalCode === null) {
      this.#rssMiB = Math.max(this.#rssMiB, memoryMiB(this.pid, 'VmHWM'))
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await exited
      clearTimeout(timer)
    }
    return child.exitCode ?? child.signalCode ?? 0
  }

  /** kill -9: it gets to do nothing any more. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    this.#rssMiB = Math.max(this.#rssMiB, memoryMiB(this.pid, 'VmHWM'))
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** A process that did not come to listen. */
export class SluiceProcessError extends Error {
  readonly code = 'not-started'
  readonly exitCode: number | null
  constructor(name: string, exitCode: number | null, why: string) {
    super(`expected ${name} to start, it ended${exitCode === null ? '' : ` with ${exitCode}`}:\n${why}`)
    this.exitCode = exitCode
  }
}

function memoryMiB(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  try {
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    // It ended in between, or this system has no /proc.
    return 0
  }
}
