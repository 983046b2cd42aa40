import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { InfluxClient, Influxd, type SeriesSetting } from '#cloud/store'

export interface DemoSeriesOptions {
  readonly series?: SeriesSetting['kind']
  /** A server that is there already; without it one is begun for the run. */
  readonly influxUrl?: string
}

/** Where a run keeps its measurements. */
export interface DemoSeries extends AsyncDisposable {
  readonly setting: SeriesSetting
  /** Takes away what the run left on a server that is not its own. */
  discard(): Promise<void>
}

/**
 * @param folder of the run; a server that is begun here keeps its data there
 * @throws StoreError `missing` where InfluxDB is wanted, not installed and no URL given
 */
export async function openDemoSeries({ series, influxUrl }: DemoSeriesOptions, folder: string): Promise<DemoSeries> {
  if (influxUrl !== undefined) {
    // A database of the run's own: whatever else lies on that server stays as it is.
    const server = { url: influxUrl, database: `sluice_demo_${randomBytes(4).toString('hex')}` }
    const discard = () => new InfluxClient(server).dropDatabase()
    return { setting: { kind: 'influx', ...server }, discard, [Symbol.asyncDispose]: async () => {} }
  }
  const discard = async () => {}
  if (series !== 'influx') return { setting: { kind: 'embedded' }, discard, [Symbol.asyncDispose]: async () => {} }
  const server = await Influxd.start(join(folder, 'influxdb'))
  const setting = { kind: 'influx', url: server.url, database: 'sluice' } as const
  return { setting, discard, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
