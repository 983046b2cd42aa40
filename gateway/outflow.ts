import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { Uplink, type UplinkOptions } from '#uplink'
import { WIRE_VERSION } from '#wire'
import { ClockKeeper } from './clock-keeper.ts'
import { ClockTrust } from './clock-trust.ts'
import type { GatewayConfig } from './config.ts'
import { JOURNAL_SCHEMA, Journal, type OpenStore } from './journal/index.ts'

export interface OutflowOptions {
  readonly config: Pick<GatewayConfig, 'gateway' | 'data' | 'broker' | 'hash'> & Partial<Pick<GatewayConfig, 'outbox' | 'clock'>>
  readonly version: string
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Names this run of the process; default a random name. */
  readonly boot?: string
  /** Where the journal's file runs; default a thread of its own, on the machine's disk. */
  readonly openStore?: OpenStore
  /** The network; default MQTT over TCP. */
  readonly connect?: UplinkOptions['connect']
}

/** What carries a site's rows out: they enter the journal, and the uplink sends them until the cloud has them. */
export interface Outflow extends AsyncDisposable {
  readonly journal: Journal
  readonly journalFile: string
  readonly trust: ClockTrust
  readonly uplink: Uplink
}

/** Disposed of, it sends what was added last before it ends. @throws JournalError where the journal's file may not be written */
export async function openOutflow(options: OutflowOptions): Promise<Outflow> {
  const { config, version, clock, random, log, boot, openStore, connect } = options
  const { gateway, data, broker: url, outbox: limits } = config
  await using parts = new AsyncDisposableStack()
  mkdirSync(data, { recursive: true })
  const journalFile = join(data, 'journal.db')
  const journal = parts.use(
    await Journal.open({
      file: journalFile,
      gateway,
      clock,
      log,
      ...(limits && { limits }),
      ...(boot && { boot }),
      ...(openStore && { openStore }),
    }),
  )
  const trust = new ClockTrust({ clock, source: config.clock?.source ?? 'system', newest: await journal.newest() })
  journal.useTime(trust)
  const keeper = parts.use(ClockKeeper.start({ trust, journal, clock, log: log.child({ part: 'clock' }) }))
  const hello = () => ({
    wire: WIRE_VERSION,
    schema: JOURNAL_SCHEMA,
    version,
    epoch: journal.epoch,
    boot: journal.boot,
    config: config.hash,
    clock: { now: clock.now() + (trust.deltaMs ?? 0), speed: clock.speed, trusted: trust.isTrusted },
  })
  const uplink = parts.use(
    Uplink.start({
      url,
      gateway,
      outbox: journal,
      hello,
      onTime: (now, sentAt) => keeper.hear(now, sentAt),
      clock,
      random,
      log: log.child({ part: 'uplink' }),
      ...(connect && { connect }),
    }),
  )
  // What was read last goes out before the uplink ends. A journal that ended has said why.
  parts.defer(() => (journal.ended.aborted ? undefined : journal.flush()))
  const opened = parts.move()
  return { journal, journalFile, trust, uplink, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
