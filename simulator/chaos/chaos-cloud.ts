import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openRecords, openSqlite, type SeriesSetting } from '#cloud/store'
import { SluiceProcess } from '#simulator/e2e'
import { isAnswering } from './port.ts'
import { until } from './until.ts'

const FREE_MS = 10_000

export interface ChaosCloudOptions {
  /** Path of `cli.ts`. */
  readonly cli: string
  /** For configuration, data and logs. */
  readonly folder: string
  /** `together` (default): broker and ingest in one process; `apart`: each in its own; a URL: ingest only, beside a broker that runs there. */
  readonly broker?: 'together' | 'apart' | (string & {})
  readonly series?: SeriesSetting
  readonly rules?: readonly Record<string, unknown>[]
}

/** A part of the cloud that runs in a process of its own. */
export type CloudPart = 'broker' | 'ingest'

/** The real cloud, in processes that can be killed and started again on the same ports. */
export class ChaosCloud implements AsyncDisposable {
  /** The stores' folder and what says where measurements are. */
  readonly data: string
  readonly series: SeriesSetting
  readonly #parts: ReadonlyMap<CloudPart, SluiceProcess>
  readonly #extra: readonly string[]
  readonly brokerUrl: string
  readonly #isTogether: boolean

  private constructor(
    { folder, broker = 'together', series = { kind: 'embedded' } }: ChaosCloudOptions,
    parts: ReadonlyMap<CloudPart, SluiceProcess>,
    brokerUrl: string,
  ) {
    this.data = join(folder, 'cloud')
    this.series = series
    this.brokerUrl = brokerUrl
    this.#parts = parts
    this.#isTogether = broker === 'together'
    this.#extra = ['--mqtt-port', new URL(brokerUrl).port]
  }

  /** @throws SluiceProcessError */
  static async open(options: ChaosCloudOptions, stop: AbortSignal): Promise<ChaosCloud> {
    const { cli, folder, broker = 'together' } = options
    mkdirSync(folder, { recursive: true })
    const part = (name: CloudPart, roles: string, url?: string) => {
      const { series = { kind: 'embedded' }, rules = [] } = options
      const file = join(folder, `${name}.yaml`)
      writeFileSync(file, stringify({ data: './cloud', series, rules, broker: url === undefined ? {} : { url } }))
      return new SluiceProcess(name, { cli, folder, args: ['cloud', '--config', file, '--role', roles] })
    }
    await using parts = new AsyncDisposableStack()
    const running = new Map<CloudPart, SluiceProcess>()
    const started = async (name: CloudPart, roles: string, url?: string) => {
      const opened = parts.use(part(name, roles, url))
      const ready = await opened.start<{ broker: string }>(stop, ['--mqtt-port', '0'])
      running.set(name, opened)
      return ready.broker
    }
    let url: string = broker
    if (broker === 'together') {
      url = await started('ingest', 'broker,ingest')
    } else {
      if (broker === 'apart') url = await started('broker', 'broker')
      await started('ingest', 'ingest', url)
    }
    parts.move()
    return new ChaosCloud(options, running, url)
  }

  get brokerPort(): number {
    return Number(new URL(this.brokerUrl).port)
  }

  get files(): { readonly inbox: string; readonly records: string } {
    return { inbox: join(this.data, 'inbox.db'), records: join(this.data, 'records.db') }
  }

  /** The process of a part; together, both parts are the one `ingest`. */
  part(name: CloudPart): SluiceProcess {
    const part = this.#parts.get(name)
    if (part === undefined) throw new Error(`expected a cloud with a ${name} of its own`)
    return part
  }

  /** kill -9 of a part. The broker that an ingest started ends with it, a moment later. */
  async kill(name: CloudPart): Promise<void> {
    await this.part(name).kill()
    if (this.#isTogether) await until(async () => !(await isAnswering(this.brokerPort)), FREE_MS, new AbortController().signal)
  }

  /** Starts a part that was killed or stopped, on the same port. */
  async start(name: CloudPart, stop: AbortSignal): Promise<void> {
    await this.part(name).start(stop, this.#extra)
  }

  /** Whether every reader has read all that is in the inbox. */
  async isSettled(): Promise<boolean> {
    using opened = new DisposableStack()
    const inbox = opened.adopt(openSqlite(this.files.inbox, { readonly: true }), (file) => file.close())
    const newest = inbox.prepare<[], number | null>('select max(id) from batch').pluck().get() ?? 0
    await using records = await openRecords(this.files.records, { readonly: true })
    const readers = await records.db.selectFrom('reader').select('cursor').execute()
    return readers.length > 0 && readers.every(({ cursor }) => cursor >= newest)
  }

  async stop(): Promise<void> {
    for (const part of new Set([...this.#parts.values()].reverse())) await part.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
