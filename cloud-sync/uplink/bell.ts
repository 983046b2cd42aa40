/** Wakes one waiter: a ring while nobody waits is kept for the next wait. */
export class Bell {
  #isRung = false
  #waiter: (() => void) | null = null

  ring(): void {
    this.#isRung = true
    this.#waiter?.()
  }

  /** Resolves at the next ring, after `timeoutMs`, or when `stop` is aborted. */
  async wait(timeoutMs: number, stop: AbortSignal): Promise<void> {
    if (!this.#isRung && !stop.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      const timer = setTimeout(wake, timeoutMs)
      this.#waiter = wake
      stop.addEventListener('abort', wake, { once: true })
      try {
        await promise
      } finally {
        clearTimeout(timer)
        stop.removeEventListener('abort', wake)
        this.#waiter = null
      }
    }
    this.#isRung = false
  }
}
