import type { Timers } from '#devices/time'

interface Due {
  readonly at: number
  readonly order: number
  call: (() => void) | null
}

/**
 * Machine time that passes only when nothing is left to do at its present moment. Timers of one moment are called in the order in which they
 * were asked for, so that the same program does the same things again.
 */
export class SimulatedTime implements Timers {
  #mono = 0
  #order = 0
  /** A binary heap by (at, order). */
  readonly #heap: Due[] = []

  /** Machine milliseconds since the beginning. */
  get mono(): number {
    return this.#mono
  }

  after(ms: number, call: () => void): () => void {
    const due: Due = { at: this.#mono + Math.max(0, ms), order: this.#order++, call }
    this.#push(due)
    return () => {
      due.call = null
    }
  }

  /** Lets time pass up to a moment, or until `isDone` says so between two timers. */
  async runUntil(mono: number, isDone: () => boolean = () => false): Promise<void> {
    await settle()
    while (!isDone()) {
      const due = this.#heap[0]
      if (due === undefined || due.at > mono) break
      this.#pop()
      if (due.call === null) continue
      this.#mono = due.at
      due.call()
      await settle()
    }
    if (!isDone()) this.#mono = Math.max(this.#mono, mono)
  }

  #push(due: Due): void {
    const heap = this.#heap
    let index = heap.push(due) - 1
    for (let parent = (index - 1) >> 1; index > 0; index = parent, parent = (index - 1) >> 1) {
      const above = heap[parent] as Due
      if (!isBefore(due, above)) break
      heap[index] = above
      heap[parent] = due
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Due
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]]
      const [next, at] = right && left && isBefore(right, left) ? [right, 2 * index + 2] : [left, 2 * index + 1]
      if (next === undefined || !isBefore(next, last)) break
      heap[index] = next
      index = at
    }
    heap[index] = last
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Everything that is promised comes to be before the next macrotask of the process. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
