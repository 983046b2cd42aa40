import { TokenBucket } from './token-bucket.ts'

/** A gateway whose link broke takes its own old connection over; two that bear one name would do so for ever. */
export const TAKEOVERS_PER_MINUTE_MAX = 10
/** Names that are remembered. */
const NAMES_MAX = 4000

/** How often one client id may be taken over. */
export class Takeovers {
  readonly #paces = new Map<string, TokenBucket>()

  /** Whether the client id may be taken over once more. @param now machine ms */
  allow(clientId: string, now: number): boolean {
    const known = this.#paces.get(clientId)
    if (known) return known.takeOne(now)
    if (this.#paces.size >= NAMES_MAX) {
      for (const [id, pace] of this.#paces) if (pace.isFull(now)) this.#paces.delete(id)
      const [oldest] = this.#paces.keys()
      if (this.#paces.size >= NAMES_MAX && oldest !== undefined) this.#paces.delete(oldest)
    }
    const pace = new TokenBucket({ perSecond: TAKEOVERS_PER_MINUTE_MAX / 60, most: TAKEOVERS_PER_MINUTE_MAX }, now)
    this.#paces.set(clientId, pace)
    return pace.takeOne(now)
  }
}
