import { join } from 'node:path'
import type { Logger } from 'pino'
import { openEmbeddedSeries } from './embedded-series.ts'
import { type InfluxSetting, openInfluxSeries } from './influx/index.ts'
import type { SeriesStore } from './series.ts'
import { lockWriter } from './writer-lock.ts'

/** Where measurements are kept. */
export type SeriesSetting = { readonly kind: 'embedded' } | ({ readonly kind: 'influx' } & InfluxSetting)

export interface OpenSeriesOptions {
  /** Folder of the cloud's stores: the embedded store's file, or the lock of the one process that writes to a server. */
  readonly data: string
  readonly readonly?: boolean
  readonly log: Logger
}

/** Opens the series store of the setting. @throws StoreError as `openEmbeddedSeries`; `locked` for a second writer of either */
export async function openSeries(
  setting: SeriesSetting,
  { data, readonly = false, log }: OpenSeriesOptions,
): Promise<SeriesStore> {
  if (setting.kind === 'embedded') return openEmbeddedSeries(join(data, 'series.db'), { readonly })
  const { kind: _, ...server } = setting
  if (readonly) return openInfluxSeries({ ...server, readonly, log })
  return openInfluxSeries({ ...server, lock: lockWriter(join(data, 'series')), log })
}
