/** Wakes everyone who waits: batches came, or a reader went on. */
export class Bell {
  #rung = Promise.withResolvers<void>()

  ring(): void {
    this.#rung.resolve()
    this.#rung = Promise.withResolvers()
  }

  /** Resolves at the next ring, after `timeoutMs`, or when `stop` is aborted. */
  async wait(timeoutMs: number, stop: AbortSignal): Promise<void> {
    await this.#until(this.#rung.promise, timeoutMs, stop)
  }

  /** As `wait`, rings or not. */
  async pause(timeoutMs: number, stop: AbortSignal): Promise<void> {
    await this.#until(new Promise(() => {}), timeoutMs, stop)
  }

  async #until(rung: Promise<void>, timeoutMs: number, stop: AbortSignal): Promise<void> {
    if (stop.aborted) return
    const end = Promise.withResolvers<void>()
    const finish = () => end.resolve()
    const timer = setTimeout(finish, timeoutMs)
    stop.addEventListener('abort', finish, { once: true })
    try {
      await Promise.race([rung, end.promise])
    } finally {
      clearTimeout(timer)
      stop.removeEventListener('abort', finish)
    }
  }
}
