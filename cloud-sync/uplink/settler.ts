import { type Ack, type Lane, mergeRanges } from '#wire'
import type { Outbox } from './outbox.ts'

/** Hands acknowledgements to the outbox one after the other; those of a lane that come meanwhile become one. */
export class Settler {
  readonly #outbox: Outbox
  readonly #onSettled: () => void
  readonly #onFailure: (lane: Lane, error: Error) => void
  readonly #waiting = new Map<string, Ack>()
  #isSettling = false

  constructor(outbox: Outbox, on: { readonly settled: () => void; readonly failure: (lane: Lane, error: Error) => void }) {
    this.#outbox = outbox
    this.#onSettled = on.settled
    this.#onFailure = on.failure
  }

  settle(ack: Ack): void {
    const key = `${ack.epoch} ${ack.lane}`
    const known = this.#waiting.get(key)
    const both = known && { ranges: mergeRanges([...known.ranges, ...ack.ranges]), refused: [...known.refused, ...ack.refused] }
    this.#waiting.set(
      key,
      both ? { ...ack, ranges: both.ranges.map(([first, last]) => [first, last]), refused: both.refused } : ack,
    )
    if (!this.#isSettling) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isSettling = true
    for (let [entry] = this.#waiting; entry; [entry] = this.#waiting) {
      const [key, ack] = entry
      this.#waiting.delete(key)
      await this.#outbox.settle(ack).then(this.#onSettled, (error: Error) => this.#onFailure(ack.lane, error))
    }
    this.#isSettling = false
  }
}
