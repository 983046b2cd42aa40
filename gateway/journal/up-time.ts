import { commitSum } from './row-sums.ts'
import type { Statements } from './statements.ts'

const HOUR_MS = 3_600_000

interface CommitRow {
  readonly id: number
  readonly boot: string
  readonly journalled: number
  readonly mono: number
  readonly sum: number
}

/**
 * How long rows have waited, in hours that the gateway ran: of machine time, because a clock that jumps by years must not make everything that
 * waits look old. A damaged commit tells nothing.
 */
export class UpTime {
  readonly #sql: Statements
  /** First and last machine time of each run of the process, in their order. */
  readonly #boots = new Map<string, { readonly from: number; to: number }>()

  constructor(sql: Statements) {
    this.#sql = sql
    const boots = sql.all<{ first: number; last: number }>(
      'SELECT MIN(id) AS first, MAX(id) AS last FROM "commit" GROUP BY boot ORDER BY MIN(id)',
    )
    for (const { first, last } of boots) {
      const [from, to] = [this.#commit(first), this.#commit(last)]
      if (from && to) this.#boots.set(from.boot, { from: from.mono, to: to.mono })
    }
  }

  note({ boot, mono }: { readonly boot: string; readonly mono: number }): void {
    const known = this.#boots.get(boot)
    if (known) known.to = Math.max(known.to, mono)
    else this.#boots.set(boot, { from: mono, to: mono })
  }

  /** Hours that the gateway ran, as far back as rows tell. */
  get hours(): number {
    let ms = 0
    for (const { from, to } of this.#boots.values()) ms += to - from
    return ms / HOUR_MS
  }

  /** How long ago rows were committed; 0 where that is not known. */
  hoursSince(id: number): number {
    const commit = this.#commit(id)
    if (!commit || !this.#boots.has(commit.boot)) return 0
    let ms = 0
    let isSince = false
    for (const [boot, { from, to }] of this.#boots) {
      if (boot === commit.boot) {
        isSince = true
        ms += to - commit.mono
      } else if (isSince) ms += to - from
    }
    return ms / HOUR_MS
  }

  #commit(id: number): CommitRow | null {
    const row = this.#sql.get<CommitRow>('SELECT id, boot, journalled, mono, sum FROM "commit" WHERE id = ?', id)
    return row && row.sum === commitSum(row.id, row.boot, row.journalled, row.mono) ? row : null
  }
}
