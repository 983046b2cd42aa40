import type { BatchHead } from '#wire/decode'

/** Times that a batch may come damaged: a link damages one now and then, a gateway that damages it always would send it for ever. */
const TRIES_MAX = 3
/** Batches that are waited for; more, and all are waited for anew. */
const WAITED_MAX = 1000

/** Knows how often a batch came damaged. */
export class Patience {
  readonly #tries = new Map<string, number>()

  /** Whether it is to be sent again; otherwise it came damaged often enough. */
  waits({ gateway, epoch, lane, first, last }: BatchHead): boolean {
    const key = `${gateway} ${epoch} ${lane} ${first} ${last}`
    const tries = (this.#tries.get(key) ?? 0) + 1
    this.#tries.delete(key)
    if (tries >= TRIES_MAX) return false
    if (this.#tries.size >= WAITED_MAX) this.#tries.clear()
    this.#tries.set(key, tries)
    return true
  }
}
