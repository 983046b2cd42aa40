import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { type ClockRevisionRow, type NewRevised, putRevised, type RecordTables } from '#cloud/store'
import type { JournalledReading, SiteEvent } from '#wire'
import type { InboxEntry } from './batch-table.ts'
import type { Inbox } from './inbox.ts'
import type { Owners } from './owners.ts'
import type { ReaderWork } from './reader.ts'

/** Rows of one revision that came before it; more stay as they were sent. A row takes some 150 bytes of the records. */
const REVISED_ROWS_MAX = 200_000
/** Batches that are looked through at a time. */
const STEP_BATCHES_MAX = 32

/** Beyond it there is no time. */
const TIME_MAX = 8.64e15
const Time = Type.Integer({ minimum: -TIME_MAX, maximum: TIME_MAX })

const Revised = Type.Object({
  boot: Type.String({ maxLength: 64 }),
  fromMono: Time,
  toMono: Time,
  deltaMs: Time,
  epoch: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  last: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
})

/**
 * Finds the rows that gateways stamped wrongly, once they tell by how much: those that came before the telling and those that come after it. The
 * rows stay as they are; the records tell where each belongs.
 */
export class ClockReviser implements ReaderWork {
  readonly name = 'clock'
  readonly #inbox: Inbox
  readonly #owners: Owners
  readonly #log: Logger

  constructor(inbox: Inbox, owners: Owners, log: Logger) {
    this.#inbox = inbox
    this.#owners = owners
    this.#log = log
  }

  async record(trx: Kysely<RecordTables>, entries: readonly InboxEntry[]): Promise<void> {
    const { own } = await this.#owners.part(trx, entries)
    const known = await trx.selectFrom('clock_revision').selectAll().execute()
    for (const entry of own) {
      const { batch, id } = entry
      if (batch.lane === 'reading') await putRevised(trx, revisedOf(entry, known))
      else
        for (const { event } of batch.rows) {
          const revision = this.#revisionOf(batch.gateway, event)
          if (revision === null) continue
          const row = await trx
            .insertInto('clock_revision')
            .values(revision)
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst()
          if (row.numInsertedOrUpdatedRows === 0n) continue
          known.push(revision)
          await this.#lookBack(trx, revision, id)
        }
    }
  }

  #revisionOf(gateway: string, { kind, id, body }: SiteEvent): ClockRevisionRow | null {
    if (kind !== 'clock.revised') return null
    if (!Value.Check(Revised, body)) {
      this.#log.warn({ kind, id }, 'an event whose body is not of its kind: kept as it is, not applied')
      return null
    }
    const { boot, fromMono, toMono, deltaMs, epoch, last }: Static<typeof Revised> = body
    // Right after all: the rows stay, and stay flagged.
    return deltaMs === 0 ? null : { gateway, epoch, boot, from_mono: fromMono, to_mono: toMono, last, delta_ms: deltaMs }
  }

  /** Rows that came before the batch which tells of them. */
  async #lookBack(trx: Kysely<RecordTables>, revision: ClockRevisionRow, before: number): Promise<void> {
    let rows = 0
    for (let cursor = 0; cursor < before - 1; ) {
      const ids = this.#inbox.readingsOf(revision.gateway, revision.epoch, revision.last, cursor, before, STEP_BATCHES_MAX)
      const last = ids.at(-1)
      if (last === undefined) return
      cursor = last
      const entries = ids.flatMap((id) => this.#inbox.after(id - 1, 1).filter((entry) => entry.id === id))
      const { own } = await this.#owners.part(trx, entries)
      const revised = own.flatMap((entry) => revisedOf(entry, [revision]))
      rows += revised.length
      if (rows > REVISED_ROWS_MAX) {
        this.#log.warn({ ...revision }, 'more rows than are revised: the others keep the time with which they were sent')
        return
      }
      await putRevised(trx, revised)
    }
  }
}

function revisedOf({ batch, received }: InboxEntry, revisions: readonly ClockRevisionRow[]): NewRevised[] {
  if (batch.lane !== 'reading') return []
  const own = revisions.filter(
    ({ gateway, epoch, last }) => gateway === batch.gateway && epoch === batch.epoch && batch.first <= last,
  )
  if (own.length === 0) return []
  return batch.rows.flatMap((row): NewRevised[] => {
    const delta = own.find((revision) => isOf(row, revision))?.delta_ms
    if (delta === undefined) return []
    const { device, point, at, n, value, quality, reason = null, hash } = row
    return [{ device, point, at, n, true_at: at + delta, value: JSON.stringify(value), quality, reason, received, hash }]
  })
}

function isOf({ seq, commit }: JournalledReading, { boot, from_mono: from, to_mono: to, last }: ClockRevisionRow): boolean {
  return seq <= last && commit.boot === boot && commit.mono >= from && commit.mono <= to
}
