import type { Kysely } from 'kysely'
import type { Judge } from '#cloud/alerts'
import type { RecordTables } from '#cloud/store'
import type { InboxEntry } from './batch-table.ts'
import type { Owners } from './owners.ts'
import type { ReaderWork } from './reader.ts'

/** Hands readings to the judge of the rules. */
export class AlertJudge implements ReaderWork {
  readonly name = 'judge'
  readonly #judge: Judge
  readonly #owners: Owners

  constructor(judge: Judge, owners: Owners) {
    this.#judge = judge
    this.#owners = owners
  }

  async record(trx: Kysely<RecordTables>, entries: readonly InboxEntry[]): Promise<void> {
    const { own } = await this.#owners.part(trx, entries)
    // One whose time is not known tells a rule nothing; one from tomorrow would make every row until then late.
    const rows = own.flatMap(({ batch }) =>
      batch.lane === 'reading' ? batch.rows.filter(({ reason }) => reason !== 'clock') : [],
    )
    await this.#judge.take(trx, rows, Date.now())
  }

  forget(): void {
    this.#judge.forget()
  }
}
