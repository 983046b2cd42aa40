import type { Timers } from './timers.ts'

/** Wakes everyone who waits for news. Whoever remembers the count it has seen misses no ring, also one that came while nobody waited. */
export class Bell {
  #count = 0
  #rung = Promise.withResolvers<void>()

  /** Rings so far. */
  get count(): number {
    return this.#count
  }

  ring(): void {
    this.#count += 1
    this.#rung.resolve()
    this.#rung = Promise.withResolvers()
  }

  /** Resolves when it has rung since `seen`, after `timeoutMs`, or when `stop` is aborted; never rejects. @returns the count now */
  async wait(seen: number, timeoutMs: number, stop: AbortSignal, timers: Timers): Promise<number> {
    if (this.#count === seen && !stop.aborted) {
      const end = Promise.withResolvers<void>()
      const finish = () => end.resolve()
      const cancel = timers.after(timeoutMs, finish)
      stop.addEventListener('abort', finish, { once: true })
      await Promise.race([this.#rung.promise, end.promise])
      cancel()
      stop.removeEventListener('abort', finish)
    }
    return this.#count
  }
}
