import type { Kysely } from 'kysely'
import type { ForeignRow, RecordTables } from '#cloud/store'
import type { InboxEntry } from './batch-table.ts'

/** Devices of one look-up. */
const LOOK_UP_MAX = 500

/**
 * Whose device is whose: the gateway that described it first. Readings of it that come from another one would mix into its series, so they are kept
 * aside. A device that nobody described yet is everybody's.
 */
export class Owners {
  readonly #known = new Map<string, string>()

  /** Parts entries into what is their gateways' own, and rows of devices of others. @param db the records, or a transaction in them */
  async part(
    db: Kysely<RecordTables>,
    entries: readonly InboxEntry[],
  ): Promise<{ readonly own: readonly InboxEntry[]; readonly foreign: readonly ForeignRow[] }> {
    await this.#learn(db, entries)
    const foreign: ForeignRow[] = []
    const own = entries.map((entry): InboxEntry => {
      const { batch, received } = entry
      if (batch.lane !== 'reading') return entry
      const others = batch.rows.filter(({ device }) => !this.#isOwn(batch.gateway, device))
      if (others.length === 0) return entry
      for (const { seq: _, commit: __, ...row } of others)
        foreign.push({
          gateway: batch.gateway,
          row: { ...row, received },
          why: `device of gateway ${this.#known.get(row.device)}`,
        })
      return { ...entry, batch: { ...batch, rows: batch.rows.filter(({ device }) => this.#isOwn(batch.gateway, device)) } }
    })
    return { own, foreign }
  }

  #isOwn(gateway: string, device: string): boolean {
    return (this.#known.get(device) ?? gateway) === gateway
  }

  /** An owner never changes: a later description by another gateway is not applied. */
  async #learn(db: Kysely<RecordTables>, entries: readonly InboxEntry[]): Promise<void> {
    const unknown = new Set<string>()
    for (const { batch } of entries) {
      if (batch.lane !== 'reading') continue
      for (const { device } of batch.rows) if (!this.#known.has(device)) unknown.add(device)
    }
    const ids = [...unknown]
    for (let from = 0; from < ids.length; from += LOOK_UP_MAX) {
      const part = ids.slice(from, from + LOOK_UP_MAX)
      const rows = await db.selectFrom('device').select(['id', 'gateway']).where('id', 'in', part).execute()
      for (const { id, gateway } of rows) this.#known.set(id, gateway)
    }
  }
}
