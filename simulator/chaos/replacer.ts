import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Version } from './replace-process.ts'

const ENTRY = fileURLToPath(new URL('./replace-process.ts', import.meta.url))
/** Files that the process replaces, by who writes them. */
export const REPLACED = { mark: 'mark.json', ready: 'ready.json', careless: 'careless.json' } as const
export type Replaced = keyof typeof REPLACED

/** The process that replaces files, as it is seen from outside. */
export class Replacer implements AsyncDisposable {
  readonly #folder: string
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #begun = 0
  #done = 0

  /** @param wrap a command that runs it, as `strace -f …` */
  constructor(folder: string, wrap: readonly string[] = []) {
    this.#folder = folder
    const [command = '', ...args] = [...wrap, process.execPath, ...process.execArgv, ENTRY, folder]
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    const lines = createInterface({ input: this.#child.stdout ?? process.stdin })
    lines.on('line', (line) => {
      const told = JSON.parse(line) as { begun?: number; done?: number }
      this.#begun = told.begun ?? this.#begun
      this.#done = told.done ?? this.#done
    })
    this.#ended = Promise.all([once(this.#child, 'exit'), once(lines, 'close')])
  }

  get done(): number {
    return this.#done
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get ended(): Promise<unknown> {
    return this.#ended
  }

  /** Stands still from now on. */
  freeze(): void {
    this.#signal('SIGSTOP')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal('SIGKILL')
    await this.#ended
  }

  /**
   * Looks at what a cut left.
   * @param isDurable whether it must be there as it was last done; otherwise an older one will do, as long as it is whole
   * @returns what is wrong with a file, or null
   */
  faultOf(name: Replaced, isDurable = true): string | null {
    const file = join(this.#folder, REPLACED[name])
    const least = isDurable ? this.#done : 0
    if (!existsSync(file)) return least === 0 ? null : `${name} is not there, version ${this.#done} was done`
    const text = readFileSync(file, 'utf8')
    try {
      const { version } = JSON.parse(text) as Version
      return version >= least && version <= this.#begun ? null : `${name} is version ${version}, ${this.#done} was done`
    } catch {
      return `${name} cannot be read: ${text.length} characters`
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid !== undefined && this.isRunning) process.kill(-pid, signal)
  }
}
