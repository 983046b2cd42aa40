import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { buildApi } from '#cloud/api'
import { Broker, type BrokerNumbers, BrokerProcess } from '#cloud/broker'
import { auditFiles, deadLetters, Ingest, type IngestState } from '#cloud/ingest'
import { openRecords, openSeries } from '#cloud/store'
import { webRoot } from '#cloud/web'
import type { Clock } from '#devices'
import type { CloudConfig } from './config.ts'
import { cloudMetrics } from './metrics.ts'

/** The cloud's parts; each may run in a process of its own. */
export const ROLES = ['broker', 'ingest', 'api'] as const
export type Role = (typeof ROLES)[number]

export interface CloudOptions {
  readonly config: CloudConfig
  readonly roles: readonly Role[]
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
}

/** The cloud as it runs in this process. */
export interface Cloud extends AsyncDisposable {
  /** Where gateways connect; of the role `broker` or as configured. */
  readonly brokerUrl: string
  /** Where pages and API are; null without the role `api`. */
  readonly httpUrl: string | null
  readonly ingest: IngestState | null
}

/** Opens the roles of the cloud that run here; what is opened is closed in reverse. @throws StoreError, IngestError, and the system's error for a port. */
export async function openCloud({ config, roles, version, clock, log }: CloudOptions): Promise<Cloud> {
  const { data, rules, name, zone, demo } = config
  const files = { inbox: join(data, 'inbox.db'), records: join(data, 'records.db') }
  await using parts = new AsyncDisposableStack()
  mkdirSync(data, { recursive: true })

  let brokerUrl = config.broker.url ?? `mqtt://${config.broker.host}:${config.broker.port}`
  let broker: { readonly url: string; readonly numbers: BrokerNumbers | null } | null = null
  if (roles.includes('broker') && config.broker.url === undefined) {
    // Beside other roles it has a process of its own: who floods it takes nothing from them.
    const open = roles.length > 1 ? BrokerProcess.open : Broker.open
    broker = parts.use(await open({ ...config.broker, log: log.child({ part: 'broker' }) }))
    brokerUrl = broker.url
  }
  let ingest: Ingest | null = null
  if (roles.includes('ingest')) {
    const records = parts.use(await openRecords(files.records))
    const series = parts.use(await openSeries(config.series, { data, log: log.child({ part: 'ingest' }) }))
    ingest = parts.use(
      await Ingest.start({
        brokerUrl,
        inboxFile: files.inbox,
        records,
        series,
        rules,
        clock,
        log: log.child({ part: 'ingest' }),
      }),
    )
  }
  let httpUrl: string | null = null
  if (roles.includes('api')) {
    const records = parts.use(await openRecords(files.records, { readonly: true }))
    const series = parts.use(await openSeries(config.series, { data, readonly: true, log: log.child({ part: 'api' }) }))
    const site = { name, version, zone, demo: demo ?? null }
    const app = await buildApi({
      records,
      series,
      rules,
      clock,
      site,
      webRoot,
      audit: () => auditFiles(files),
      deadLetters: (query) => deadLetters(files, query),
      metrics: () => cloudMetrics(ingest?.state ?? null, broker?.numbers ?? null),
      log: log.child({ part: 'api' }),
    })
    parts.defer(() => app.close())
    httpUrl = await app.listen(config.http)
  }
  log.info({ roles, broker: brokerUrl, http: httpUrl }, 'the cloud runs')
  const opened = parts.move()
  return {
    brokerUrl,
    httpUrl,
    get ingest() {
      return ingest?.state ?? null
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
