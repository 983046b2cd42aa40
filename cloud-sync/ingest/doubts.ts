import type { Sqlite } from '#cloud/store'
import { LANES, type Lane, type Status } from '#wire'

/** Runs of a gateway whose order is remembered. */
const BOOTS_MAX = 100
/** From this journal schema on a gateway understands what an acknowledgement says besides, and begins a new epoch when it is asked to. */
const RENEWING_SCHEMA = 2

/** Why the numbers of an epoch cannot be trusted. */
export interface Doubt {
  readonly gateway: string
  readonly epoch: string
  readonly why: string
  /** Nothing of the epoch is taken any more; false: told only. */
  readonly fenced: boolean
}

/** What a hello is compared with. */
export interface HelloContext {
  /** It was said before this cloud listened. */
  readonly isRetained: boolean
  /** Rows of this gateway came since this cloud listens: what was said before is older than what is known. */
  readonly isHeard: boolean
  /** The highest seq that was seen of a lane of this epoch. */
  readonly seen: (lane: Lane) => number
}

/** Remembers the runs and epochs of each gateway, to notice a disk that was restored or cloned: its numbers are then given out twice. */
export class Doubts {
  readonly #db: Sqlite

  constructor(db: Sqlite) {
    this.#db = db
  }

  /** Whether a gateway can be asked to begin a new epoch; one that was never heard is taken for release 0.1. */
  renews(gateway: string): boolean {
    const schema = this.#db.prepare<[string], number>('SELECT schema FROM hello WHERE gateway = ?').pluck().get(gateway)
    return (schema ?? 1) >= RENEWING_SCHEMA
  }

  /** What is held against an epoch, or null. */
  of(gateway: string, epoch: string): Doubt | null {
    const row = this.#db
      .prepare<[string, string], { why: string; fenced: number }>('SELECT why, fenced FROM doubt WHERE gateway = ? AND epoch = ?')
      .get(gateway, epoch)
    return row === undefined ? null : { gateway, epoch, why: row.why, fenced: row.fenced === 1 }
  }

  /** Keeps a doubt. @returns whether it is news */
  put({ gateway, epoch, why, fenced }: Doubt, at: number): boolean {
    const { changes } = this.#db
      .prepare(
        `INSERT INTO doubt VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET why = excluded.why, at = excluded.at, fenced = 1 WHERE fenced = 0 AND excluded.fenced = 1`,
      )
      .run(gateway, epoch, why, at, fenced ? 1 : 0)
    return changes > 0
  }

  /** Another epoch follows this one. */
  close(gateway: string, epoch: string, at: number): void {
    this.#db.prepare('INSERT INTO closed VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(gateway, epoch, at)
  }

  /** How many epochs are fenced. */
  get fenced(): number {
    return this.#db.prepare<[], number>('SELECT COUNT(*) FROM doubt WHERE fenced = 1').pluck().get() ?? 0
  }

  /** The epoch that a gateway said hello with last, but for this one; null where there is none. */
  previous(gateway: string, epoch: string): string | null {
    const statement = this.#db.prepare<[string, string], string>(
      'SELECT epoch FROM boot WHERE gateway = ? AND epoch != ? ORDER BY id DESC LIMIT 1',
    )
    return statement.pluck().get(gateway, epoch) ?? null
  }

  /**
   * Hears a hello, inside the inbox's transaction. An epoch of which no run is known is learnt, not judged: an inbox that was brought up to date
   * knows numbers that are newer than the hello which the broker kept.
   * @returns the doubt that it raises, or null
   */
  hear(gateway: string, { epoch, boot, schema, lanes }: Status, { isRetained, isHeard, seen }: HelloContext): Doubt | null {
    this.#db
      .prepare(
        'INSERT INTO hello VALUES (?, ?) ON CONFLICT DO UPDATE SET schema = excluded.schema WHERE schema != excluded.schema',
      )
      .run(gateway, schema)
    const last = this.#newest(gateway)
    const lastHere = this.#newest(gateway, epoch)
    const isKnown = this.#db.prepare('SELECT 1 FROM boot WHERE gateway = ? AND epoch = ? AND boot = ?').get(gateway, epoch, boot)
    if (!isKnown) this.#remember(gateway, epoch, boot)
    const fenced = this.renews(gateway)
    const doubt = (why: string, isFenced = fenced): Doubt => ({ gateway, epoch, why, fenced: isFenced })
    if (lastHere === undefined) return null
    if (!isKnown && !(isRetained && isHeard)) {
      const back = LANES.find((lane) => lanes[lane].issued < seen(lane))
      if (back !== undefined)
        return doubt(`its numbers went back: lane ${back} had come to ${seen(back)}, the gateway says ${lanes[back].issued}`)
    }
    if (isRetained) return null
    if (isKnown && lastHere.boot !== boot)
      return doubt(`two runs take turns in one epoch: run ${boot} came back after run ${lastHere.boot}`)
    if (this.#isClosed(gateway, epoch)) return doubt('the epoch was closed, and came back')
    if (last === undefined || last.epoch === epoch) return null
    return doubt(`two journals take turns under one name: epoch ${epoch} came back after epoch ${last.epoch}`, false)
  }

  #isClosed(gateway: string, epoch: string): boolean {
    return this.#db.prepare('SELECT 1 FROM closed WHERE gateway = ? AND epoch = ?').get(gateway, epoch) !== undefined
  }

  #newest(gateway: string, epoch?: string): { epoch: string; boot: string } | undefined {
    return this.#db
      .prepare<[string, string | null, string | null], { epoch: string; boot: string }>(
        'SELECT epoch, boot FROM boot WHERE gateway = ? AND (? IS NULL OR epoch = ?) ORDER BY id DESC LIMIT 1',
      )
      .get(gateway, epoch ?? null, epoch ?? null)
  }

  #remember(gateway: string, epoch: string, boot: string): void {
    this.#db.prepare('INSERT INTO boot (gateway, epoch, boot) VALUES (?, ?, ?)').run(gateway, epoch, boot)
    this.#db
      .prepare(
        'DELETE FROM boot WHERE gateway = ? AND id <= (SELECT id FROM boot WHERE gateway = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
      )
      .run(gateway, gateway, BOOTS_MAX)
  }
}
