/** Of the link, while rows of both kinds wait for it: what the backlog gets, so that it always shrinks. */
const BACKLOG_SHARE = 0.2

/** Readings that came since the connection began, and those that waited for it. */
export type Share = 'fresh' | 'backlog'

/** Divides the link between fresh readings and backlog, in bytes; whatever one of them leaves is the other's. */
export class Shares {
  /** Bytes that the backlog is owed. */
  #owed = 0
  #isContended = false

  /** Whose turn it is; null where neither has anything to send. */
  choose(has: Readonly<Record<Share, boolean>>): Share | null {
    this.#isContended = has.fresh && has.backlog
    if (this.#isContended) return this.#owed > 0 ? 'backlog' : 'fresh'
    return has.fresh ? 'fresh' : has.backlog ? 'backlog' : null
  }

  /** The one that was chosen takes so many bytes; what nobody else wanted costs nothing. */
  charge(share: Share, bytes: number): void {
    if (this.#isContended) this.#owed += share === 'backlog' ? -bytes * (1 - BACKLOG_SHARE) : bytes * BACKLOG_SHARE
  }
}
