import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { Uplink } from '#uplink'
import { WIRE_VERSION } from '#wire'
import type { GatewayConfig } from './config.ts'
import { JOURNAL_SCHEMA, Journal } from './journal/index.ts'

export interface OutflowOptions {
  readonly config: Pick<GatewayConfig, 'gateway' | 'data' | 'broker' | 'hash'>
  readonly version: string
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/** What carries a site's rows out: they enter the journal, and the uplink sends them until the cloud has them. */
export interface Outflow extends AsyncDisposable {
  readonly journal: Journal
  readonly journalFile: string
  readonly uplink: Uplink
}

/** Disposed of, it sends what was added last before it ends. @throws JournalError where the journal's file may not be written */
export async function openOutflow({ config, version, clock, random, log }: OutflowOptions): Promise<Outflow> {
  const { gateway, data, broker: url } = config
  await using parts = new AsyncDisposableStack()
  mkdirSync(data, { recursive: true })
  const journalFile = join(data, 'journal.db')
  const journal = parts.use(await Journal.open({ file: journalFile, gateway, clock, log }))
  const hello = () => ({
    wire: WIRE_VERSION,
    schema: JOURNAL_SCHEMA,
    version,
    epoch: journal.epoch,
    boot: journal.boot,
    config: config.hash,
    clock: { now: clock.now(), speed: clock.speed, trusted: true },
  })
  const uplink = parts.use(
    Uplink.start({ url, gateway, outbox: journal, hello, clock, random, log: log.child({ part: 'uplink' }) }),
  )
  // What was read last goes out before the uplink ends. A journal that ended has said why.
  parts.defer(() => (journal.ended.aborted ? undefined : journal.flush()))
  const opened = parts.move()
  return { journal, journalFile, uplink, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
