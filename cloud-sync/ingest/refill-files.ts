import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { openRecords, openSeries, type SeriesSetting } from '#cloud/store'
import { Inbox } from './inbox.ts'
import { type Refilled, refill } from './refill.ts'

export interface RefillFilesOptions {
  /** Folder of the cloud's stores. */
  readonly data: string
  readonly series: SeriesSetting
  /** Observe time, epoch ms: from `from`, before `to`. */
  readonly from: number
  readonly to: number
  readonly log: Logger
}

/** Refills the series store of a cloud whose role `ingest` does not run. @throws StoreError `locked` where it does */
export async function refillFiles(
  { data, series: setting, from, to, log }: RefillFilesOptions,
  stop: AbortSignal,
): Promise<Refilled> {
  using inbox = new Inbox(join(data, 'inbox.db'), { readonly: true })
  await using series = await openSeries(setting, { data, log })
  const file = join(data, 'records.db')
  await using records = existsSync(file) ? await openRecords(file, { readonly: true }) : null
  return await refill({ inbox, series, records, from, to }, stop)
}
