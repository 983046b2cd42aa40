import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { openBus } from '#drivers'
import type { SiteEvent } from '#wire'
import type { GatewayConfig } from './config.ts'
import { DESCRIBED_STATE_PREFIX, tellings } from './description.ts'
import { EdgeJudge, RULE_STATE_PREFIX } from './edge-judge.ts'
import { eventId } from './event-id.ts'
import type { GatewayStatus } from './gateway-status.ts'
import type { Journal, OpenStore } from './journal/index.ts'
import { openOutflow } from './outflow.ts'
import { siteLines } from './site-lines.ts'
import { Supervisor } from './supervisor.ts'

export interface GatewayOptions {
  readonly config: GatewayConfig
  readonly version: string
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  /** Where the journal's file runs; default a thread of its own, on the machine's disk. */
  readonly openStore?: OpenStore
}

/** A running site. */
export interface Gateway extends AsyncDisposable {
  readonly status: GatewayStatus
  /** Where the console listens. */
  readonly console: string
  /** Aborted when the site cannot go on by itself; the reason is why. To be disposed of then, and started anew. */
  readonly ended: AbortSignal
}

/**
 * Opens a site: journal, uplink, devices, console. What is opened is closed in reverse.
 * @throws JournalError where the journal's file may not be written, and the system's error where the data folder or the console's port
 * cannot be had. Disposing throws JournalError where the last readings could not be written.
 */
export async function openGateway({ config, version, clock, random, log, openStore }: GatewayOptions): Promise<Gateway> {
  const { gateway } = config
  await using site = new AsyncDisposableStack()
  const openedAt = clock.mono()
  const { journal, journalFile, trust, uplink } = site.use(
    await openOutflow({ config, version, clock, random, log, ...(openStore && { openStore }) }),
  )
  await tellStart(config, version, journal, clock.now())
  const judge = new EdgeJudge(config, new Map(await journal.states(RULE_STATE_PREFIX)))

  const bus = site.use(openBus({ clock, random, log: log.child({ part: 'bus' }) }))
  const supervisors = config.devices.map((device) =>
    Supervisor.start({ device, bus, journal, trust, judge, clock, random, log: log.child({ part: 'devices' }) }),
  )
  site.defer(async () => void (await Promise.all(supervisors.map((supervisor) => supervisor[Symbol.asyncDispose]()))))

  const status = (): GatewayStatus => ({
    gateway,
    version,
    epoch: journal.epoch,
    boot: journal.boot,
    now: clock.now(),
    clock: { isTrusted: trust.isTrusted, deltaMs: trust.deltaMs },
    uplink: uplink.state,
    journal: { ...journal.counters, lanes: journal.lanes, room: journal.room },
    lines: Object.fromEntries(bus.counts()),
    devices: supervisors.map(({ state }) => state),
  })
  // Loaded late: reading devices does not wait for it.
  const { buildConsole } = await import('./console.ts')
  const app = buildConsole({
    status,
    journalFile,
    upSeconds: () => (clock.mono() - openedAt) / 1000,
    bus,
    lines: siteLines(config.devices),
    clock,
  })
  site.defer(() => app.close())
  site.defer(() => journal.tryOnce())
  const address = await app.listen(config.console)
  log.info({ gateway, devices: config.devices.length, console: address }, 'the site runs')

  const opened = site.move()
  return {
    get status() {
      return status()
    },
    console: address,
    ended: journal.ended,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Records the start itself, and every device that was not told as it is now. */
async function tellStart(config: GatewayConfig, version: string, journal: Journal, at: number): Promise<void> {
  const { boot } = journal
  const body = { boot, version, config: config.hash }
  const started: SiteEvent = { id: eventId('gateway.started', boot), kind: 'gateway.started', at, body }
  const told = tellings(config.devices, new Map(await journal.states(DESCRIBED_STATE_PREFIX)), at, boot)
  await journal.add(
    [],
    told.map(({ state }) => state),
    [started, ...told.map(({ event }) => event)],
  )
}
