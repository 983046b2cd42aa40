import type { Duplex } from 'node:stream'
import type { Clock } from '#devices'
import { backoffMs } from './backoff.ts'
import { DriverError } from './driver-error.ts'
import type { Log } from './log.ts'

export interface LineConnectorOptions {
  readonly url: string
  /** Opens the stream; throws DriverError. */
  readonly connect: (stop: AbortSignal) => Promise<Duplex>
  readonly clock: Pick<Clock, 'mono'>
  readonly log: Log
  /** From 0 to below 1, for the backoff. */
  readonly random: () => number
}

/** Opens a line's connections: after one that was refused no other is tried before its backoff is over, for ever. */
export class LineConnector {
  readonly #options: LineConnectorOptions
  /** In a row. One that opened and then ended needs no backoff: it is opened by the next request only. */
  #failures = 0
  #retryAt = Number.NEGATIVE_INFINITY
  #isKnownLost = false
  #opened = 0
  #refused = 0

  constructor(options: LineConnectorOptions) {
    this.#options = options
  }

  get counts(): { readonly connections: number; readonly refusedConnections: number } {
    return { connections: this.#opened, refusedConnections: this.#refused }
  }

  /** @throws DriverError `unreachable`, also before the next try is due; `stopped`. */
  async open(stop: AbortSignal): Promise<Duplex> {
    const { clock, connect, log, url } = this.#options
    const waitMs = Math.ceil(this.#retryAt - clock.mono())
    if (waitMs > 0)
      throw new DriverError('unreachable', `expected a connection to ${url}, got none; the next try is in ${waitMs} ms`)
    try {
      const stream = await connect(stop)
      this.#opened++
      this.#failures = 0
      if (this.#isKnownLost) log.info({ line: url }, 'line open again')
      this.#isKnownLost = false
      return stream
    } catch (error) {
      if (error instanceof DriverError && error.code !== 'stopped') this.#missed(error)
      throw error
    }
  }

  #missed(error: DriverError): void {
    const { clock, log, random, url } = this.#options
    this.#refused++
    this.#retryAt = clock.mono() + backoffMs(++this.#failures, random())
    if (!this.#isKnownLost) log.warn({ line: url, code: error.code, cause: error.message }, 'line lost')
    this.#isKnownLost = true
  }
}
