import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isAnswering } from './port.ts'

const READY_MS = 10_000
const LOOK_MS = 20

/** A Mosquitto that keeps its sessions in a file, and can be made to forget them. */
export class WipedMosquitto implements AsyncDisposable {
  readonly url: `mqtt://${string}`
  readonly #folder: string
  readonly #port: number
  #child: ChildProcess | null = null

  private constructor(folder: string, port: number) {
    this.#folder = join(folder, 'mosquitto')
    this.#port = port
    this.url = `mqtt://127.0.0.1:${port}`
  }

  static async open(folder: string): Promise<WipedMosquitto> {
    const broker = new WipedMosquitto(folder, await freePort())
    await broker.#start()
    return broker
  }

  /** kill -9, its file taken away, and a new start on the same port. */
  async wipe(): Promise<void> {
    await this.#kill()
    rmSync(this.#folder, { recursive: true, force: true })
    await this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kill()
  }

  async #start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true })
    const file = join(this.#folder, 'mosquitto.conf')
    const lines = [`listener ${this.#port} 127.0.0.1`, 'allow_anonymous true', 'persistence true', 'autosave_interval 1']
    const user = process.getuid?.() === 0 ? ['user root'] : []
    writeFileSync(file, [...lines, ...user, `persistence_location ${this.#folder}/`, 'max_queued_messages 0', ''].join('\n'))
    const log = createWriteStream(`${this.#folder}.log`, { flags: 'a' })
    await once(log, 'open')
    const child = spawn('mosquitto', ['-c', file], { stdio: ['ignore', log, log] })
    log.end()
    this.#child = child
    await once(child, 'spawn')
    for (const end = performance.now() + READY_MS; !(await isAnswering(this.#port)); await sleep(LOOK_MS)) {
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`expected Mosquitto to listen on ${this.#port}, see ${this.#folder}.log`)
    }
  }

  async #kill(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}
