/** Answers of one unit that wait for their delay; one more is not given. */
export const WAITING_MAX = 64

/** The answers of one unit on a serial line: each when its delay is over, and never before the one ahead of it, as a device works. */
export class AnswerQueue implements Disposable {
  readonly #timers = new Set<NodeJS.Timeout>()
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  add(delayMs: number, send: () => void): void {
    if (delayMs === 0 && this.#waiting === 0) {
      send()
      return
    }
    if (this.#waiting >= WAITING_MAX) return
    this.#waiting++
    this.#last = Promise.all([this.#last, this.#pause(delayMs)]).then(() => {
      this.#waiting--
      send()
    })
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        resolve()
      }, ms)
      this.#timers.add(timer)
    })
  }
}
