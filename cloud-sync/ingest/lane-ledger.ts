import type { Statement } from 'better-sqlite3'
import type { Sqlite } from '#cloud/store'
import { type Lane, mergeRanges, missingFrom, type Ranges } from '#wire'

/** One lane of a gateway's epoch. */
export interface LaneName {
  readonly gateway: string
  readonly epoch: string
  readonly lane: Lane
}

/** What has become of a lane's seqs. */
export interface LaneAccount {
  /** The highest that was given out, as far as we were told. */
  readonly issued: number
  readonly received: Ranges
  readonly refused: Ranges
}

export const LANE_SCHEMA = `
CREATE TABLE lane (gateway TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL, issued INTEGER NOT NULL, received TEXT NOT NULL, refused TEXT NOT NULL,
  PRIMARY KEY (gateway, epoch, lane)) WITHOUT ROWID;
`

const EMPTY: LaneAccount = { issued: 0, received: [], refused: [] }

/**
 * The seqs of every lane, in memory and in one small row each: whether a batch is new is a look at its ranges, and costs the commit one page.
 * Changes are staged, written inside the transaction, and kept only when that came to be.
 */
export class LaneLedger {
  readonly #db: Sqlite
  readonly #kept = new Map<string, LaneName & LaneAccount>()
  readonly #staged = new Map<string, LaneName & LaneAccount>()
  #upsert: Statement | null = null

  constructor(db: Sqlite) {
    this.#db = db
    type Row = LaneName & { issued: number; received: string; refused: string }
    for (const row of db.prepare('SELECT * FROM lane ORDER BY gateway, epoch, lane').all() as Row[]) {
      this.#kept.set(keyOf(row), { ...row, received: JSON.parse(row.received), refused: JSON.parse(row.refused) })
    }
  }

  /** In the order of gateway, epoch and lane. */
  all(): readonly (LaneName & LaneAccount)[] {
    return [...this.#kept.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, account]) => account)
  }

  /** Whether every seq from first to last was received or refused already. */
  isKnown(name: LaneName, first: number, last: number): boolean {
    const { received, refused } = this.of(name)
    return missingFrom(received, first, last).every(([from, to]) => missingFrom(refused, from, to).length === 0)
  }

  issue(name: LaneName, seq: number): void {
    const account = this.of(name)
    if (seq > account.issued || account === EMPTY) this.#stage(name, { ...account, issued: seq })
  }

  receive(name: LaneName, ranges: Ranges): void {
    const account = this.of(name)
    this.#stage(name, { ...account, received: union(account.received, ranges) })
  }

  refuse(name: LaneName, ranges: Ranges): void {
    const account = this.of(name)
    this.#stage(name, { ...account, refused: union(account.refused, ranges) })
  }

  /** Seqs that were here and are no longer: the disk has damaged them. */
  lose(name: LaneName, ranges: Ranges): void {
    const account = this.of(name)
    this.#stage(name, {
      ...account,
      received: account.received.flatMap(([first, last]) => missingFrom(ranges, first, last)),
    })
  }

  /** Writes what is staged, as a part of all that `work` does, in one transaction. */
  transact(work: () => void): void {
    try {
      this.#db.transaction(() => {
        work()
        this.#write()
      })()
      for (const [key, account] of this.#staged) this.#kept.set(key, account)
    } finally {
      this.#staged.clear()
    }
  }

  #write(): void {
    this.#upsert ??= this.#db.prepare(
      `INSERT INTO lane VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET issued = excluded.issued, received = excluded.received, refused = excluded.refused`,
    )
    for (const { gateway, epoch, lane, issued, received, refused } of this.#staged.values()) {
      this.#upsert.run(gateway, epoch, lane, issued, JSON.stringify(received), JSON.stringify(refused))
    }
  }

  /** As it will be when the transaction is through. */
  of(name: LaneName): LaneAccount {
    const key = keyOf(name)
    return this.#staged.get(key) ?? this.#kept.get(key) ?? EMPTY
  }

  #stage({ gateway, epoch, lane }: LaneName, { issued, received, refused }: LaneAccount): void {
    const account = { gateway, epoch, lane, issued, received, refused }
    this.#staged.set(keyOf(account), account)
  }
}

function keyOf({ gateway, epoch, lane }: LaneName): string {
  return `${gateway} ${epoch} ${lane}`
}

function union(ranges: Ranges, more: Ranges): Ranges {
  return mergeRanges([...ranges, ...more])
}
