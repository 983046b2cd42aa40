import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { openBus } from '#drivers'
import { Uplink, type UplinkState } from '#uplink'
import { type DeviceDescribed, type SiteEvent, WIRE_VERSION } from '#wire'
import type { GatewayConfig } from './config.ts'
import { describe, describedEvent } from './description.ts'
import { EdgeJudge, RULE_STATE_PREFIX } from './edge-judge.ts'
import { JOURNAL_SCHEMA, Journal, type LaneStates } from './journal/index.ts'
import { type DeviceState, Supervisor } from './supervisor.ts'

export interface GatewayOptions {
  readonly config: GatewayConfig
  readonly version: string
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/** What the gateway knows of itself; the console shows it. */
export interface GatewayStatus {
  readonly gateway: string
  readonly version: string
  readonly epoch: string
  readonly boot: string
  readonly now: number
  readonly uplink: UplinkState
  readonly journal: Journal['counters'] & { readonly lanes: LaneStates }
  readonly lines: Readonly<Record<string, object>>
  readonly devices: readonly DeviceState[]
}

/** A running site. */
export interface Gateway extends AsyncDisposable {
  readonly status: GatewayStatus
  /** Where the console listens. */
  readonly console: string
}

/**
 * Opens a site: journal, uplink, devices, console. What is opened is closed in reverse.
 * @throws JournalError where the journal's file may not be written, and the system's error where the console's port cannot be had.
 */
export async function openGateway({ config, version, clock, random, log }: GatewayOptions): Promise<Gateway> {
  const { gateway } = config
  await using site = new AsyncDisposableStack()
  mkdirSync(config.data, { recursive: true })
  const openedAt = clock.mono()
  const journalFile = join(config.data, 'journal.db')
  const journal = site.use(await Journal.open({ file: journalFile, gateway, clock, log }))
  await journal.record(await firstEvents(config, version, journal, clock.now()))
  const judge = new EdgeJudge(config, new Map(await journal.states(RULE_STATE_PREFIX)))

  const hello = () => ({
    wire: WIRE_VERSION,
    schema: JOURNAL_SCHEMA,
    version,
    epoch: journal.epoch,
    boot: journal.boot,
    config: config.hash,
    clock: { now: clock.now(), speed: clock.speed, trusted: true },
  })
  const uplink = site.use(
    Uplink.start({ url: config.broker, gateway, outbox: journal, hello, clock, random, log: log.child({ part: 'uplink' }) }),
  )
  // What was read last goes out before the uplink ends.
  site.defer(() => journal.flush())
  const bus = site.use(openBus({ clock, random, log: log.child({ part: 'bus' }) }))
  const supervisors = config.devices.map((device) =>
    Supervisor.start({ device, bus, journal, judge, clock, random, log: log.child({ part: 'devices' }) }),
  )
  site.defer(async () => void (await Promise.all(supervisors.map((supervisor) => supervisor[Symbol.asyncDispose]()))))

  const status = (): GatewayStatus => ({
    gateway,
    version,
    epoch: journal.epoch,
    boot: journal.boot,
    now: clock.now(),
    uplink: uplink.state,
    journal: { ...journal.counters, lanes: journal.lanes },
    lines: Object.fromEntries(bus.counts()),
    devices: supervisors.map(({ state }) => state),
  })
  // Loaded late: reading devices does not wait for it.
  const { buildConsole } = await import('./console.ts')
  const app = buildConsole({ status, journalFile, upSeconds: () => (clock.mono() - openedAt) / 1000 })
  site.defer(() => app.close())
  const address = await app.listen(config.console)
  log.info({ gateway, devices: config.devices.length, console: address }, 'the site runs')

  const opened = site.move()
  return {
    get status() {
      return status()
    },
    console: address,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** The start itself, and every device whose description the journal does not hold as it is now. */
async function firstEvents(config: GatewayConfig, version: string, journal: Journal, at: number): Promise<SiteEvent[]> {
  const { boot } = journal
  const events: SiteEvent[] = [
    { id: `started-${boot}`, kind: 'gateway.started', at, body: { boot, version, config: config.hash } },
  ]
  for (const device of config.devices) {
    const told = await journal.latestFact('device.described', device.id)
    if (JSON.stringify(told?.body) !== JSON.stringify(describe(device) satisfies DeviceDescribed))
      events.push(describedEvent(device, at, boot))
  }
  return events
}
