import { JournalFile } from '#gateway/journal'
import { type AlertChange, expectedAlerts, riverOf, type Scenario, type ServedPoint, STEP_MIN } from '#simulator'
import type { LANES } from '#wire'
import { type AlertScore, scoreAlerts } from './alert-score.ts'
import type { AlertView, CloudClient, EventView, FeedMessage } from './cloud-client.ts'
import { DEMO_GATEWAY } from './demo-site.ts'
import { notResumed, type Outage, splitInMemory } from './outage.ts'
import { percentile } from './percentile.ts'
import { type Reconciled, reconcile, type StoredRow } from './reconcile.ts'
import { readServed } from './served.ts'
import { sightingsOf } from './sightings.ts'
import { storedLatencies } from './stored-latency.ts'

export interface Counted {
  readonly produced: number
  readonly acked: number
  readonly stored: number
  readonly lost: number
  readonly duplicates: number
}

interface Percentiles {
  readonly p50: number | null
  readonly p99: number | null
}

/** The one object that a run ends with. */
export interface Summary {
  readonly ok: boolean
  readonly seconds: number
  /** `inMemoryAtKill`: served and not among `produced`, because a kill -9 of the gateway came before their commit. */
  readonly readings: Counted & { readonly inMemoryAtKill: number }
  readonly events: Counted
  readonly alerts: { readonly expected: number; readonly raised: number; readonly missed: number; readonly false: number }
  readonly latencyMs: { readonly wireToStored: Percentiles; readonly wireToAlert: Percentiles }
  readonly rssMiB: { readonly gateway: number; readonly cloud: number; readonly simulator: number }
}

/** What a run left behind, for its summary. */
export interface Evidence {
  readonly scenario: Scenario
  readonly ledgerFile: string
  readonly journalFile: string
  readonly client: CloudClient
  readonly feed: readonly FeedMessage[]
  /** Site time of the storm's beginning, epoch ms. */
  readonly start: number
  /** Minutes of the storm that were lived through. */
  readonly minutes: number
  /** A served point and its row are at most so much site time apart. */
  readonly slackMs: number
  readonly seconds: number
  readonly rssMiB: Summary['rssMiB']
  /**
   * True of a run whose parts were killed: alerts are judged by the rows that are there, and not by each step of the storm, for some steps
   * nobody saw and the storm may have gone on for longer.
   */
  readonly isAsSeen: boolean
  /** When the gateway was ended without warning and started again: what it had read and not committed then is nowhere. */
  readonly outages: readonly Outage[]
  /** Machine time at which the gateway was asked to stop. */
  readonly ended: number
}

/** Reconciles a run, row by row, from the ledger, the journal and the cloud's own API. `differences` are for a person. */
export async function summarise(
  evidence: Evidence,
): Promise<{ readonly summary: Summary; readonly differences: readonly string[] }> {
  const { client, feed, start } = evidence
  const served = await readServed(evidence.ledgerFile)
  const points = new Map(served.map(({ device, point }) => [`${device} ${point}`, { device, point }]))
  const rows = (await Promise.all([...points.values()].map(({ device, point }) => client.rows(device, point)))).flat()
  const found = reconcile(served, rows, evidence.slackMs)
  // What is answered after it was asked to stop, the gateway may leave where it is.
  const due = found.lost.filter(({ t }) => t < evidence.ended)
  const { lost, inMemory } = splitInMemory(due, found.origin.values(), evidence.outages)

  const journal = issuedRows(evidence.journalFile)
  const events = await client.events()
  const expected = wantedAlerts(evidence, rows, found)
  const eventFaults = checkEvents(events, expected.length, evidence)
  const alerts = await client.alerts()
  const changes = alerts.flatMap(({ rule, changes: list }) =>
    list.map(({ at, grade, action }) => ({ rule, at, grade, ...(action && { action }) })),
  )
  const score = scoreAlerts(expected, changes, start)

  const readings = {
    produced: found.produced - (found.lost.length - lost.length),
    acked: journal.reading.acked,
    stored: found.stored,
    lost: lost.length,
    duplicates: found.duplicates.length,
    inMemoryAtKill: inMemory.length,
  }
  const issued = journal.alarm.issued + journal.event.issued
  const eventCount = {
    produced: issued,
    acked: journal.alarm.acked + journal.event.acked,
    stored: events.length,
    lost: Math.max(0, issued - events.length),
    duplicates:
      events.length -
      new Set(events.map(({ lane, kind, at, device, body }) => JSON.stringify([lane, kind, at, device, body]))).size,
  }
  const resumeFaults = notResumed(served, evidence.outages, evidence.ended)
  const differences = [...eventFaults, ...resumeFaults, ...differencesOf(lost, found, score, start)]
  if (readings.produced === 0) differences.push('no reading was served at all')
  // Also of rows without a value: what was committed once is there once.
  if (journal.reading.issued !== rows.length || readings.acked !== rows.length)
    differences.push(`${journal.reading.issued} rows issued, ${readings.acked} acknowledged, ${rows.length} stored`)
  if (eventCount.acked !== eventCount.stored)
    differences.push(`${eventCount.acked} events acknowledged, ${eventCount.stored} stored`)
  const ok = differences.length === 0 && eventCount.lost + eventCount.duplicates === 0
  const { missed, false: wrong, ...counted } = score
  return {
    summary: {
      ok,
      seconds: evidence.seconds,
      readings,
      events: eventCount,
      alerts: { ...counted, missed: missed.length, false: wrong.length },
      latencyMs: {
        wireToStored: percentilesOf(storedLatencies(feed, found).map(({ ms }) => ms)),
        wireToAlert: alertLatency(feed, alerts, served),
      },
      rssMiB: evidence.rssMiB,
    },
    differences,
  }
}

/** What the storm's formulas ask for at each step, or at each row that was there to be judged. */
function wantedAlerts(
  { scenario, start, minutes, isAsSeen }: Evidence,
  rows: readonly StoredRow[],
  found: Reconciled,
): AlertChange[] {
  return scenario.stations.flatMap(({ curve, devices }) => {
    if (curve === null) return []
    const river = riverOf(curve)
    if (!isAsSeen) return expectedAlerts(river, minutes)
    const own = rows.filter(({ device }) => devices.some(({ id }) => id === device))
    return expectedAlerts(river, Number.POSITIVE_INFINITY, sightingsOf(own, found, start))
  })
}

/** Of each lane, how many rows the gateway gave a number to, and how many of them it no longer holds because the cloud does. */
function issuedRows(file: string): Record<(typeof LANES)[number], { issued: number; acked: number }> {
  using journal = new JournalFile({ file, gateway: DEMO_GATEWAY })
  const lanes = journal.lanes()
  const of = (lane: (typeof LANES)[number]) => ({ issued: lanes[lane].issued, acked: lanes[lane].issued - lanes[lane].waiting })
  return { alarm: of('alarm'), event: of('event'), reading: of('reading') }
}

/** Each start, each device's coming, and as many alarm rows as there were changes to tell. */
function checkEvents(
  events: readonly EventView[],
  alarms: number,
  { scenario, outages, start, minutes, isAsSeen }: Evidence,
): string[] {
  const count = (kind: string) => events.filter((event) => event.kind === kind).length
  const devices = scenario.stations.flatMap((station) => station.devices)
  const starts = 1 + outages.length
  const faults: string[] = []
  if (count('gateway.started') !== starts)
    faults.push(`expected ${starts} gateway starts among the events, got ${count('gateway.started')}`)
  for (const { id } of devices) {
    const online = events.filter(({ kind, device }) => kind === 'device.online' && device === id).length
    if (online < 1) faults.push(`expected ${id} to come online, no event says so`)
  }
  const end = isAsSeen ? Number.POSITIVE_INFINITY : start + (minutes + STEP_MIN) * 60_000
  const told = events.filter(({ kind, at }) => kind === 'alarm' && at <= end).length
  if (told !== alarms) faults.push(`expected ${alarms} alarm rows from the gateway, got ${told}`)
  return faults
}

/** From the answer on the wire to the alert's arrival at a page, of every change. */
function alertLatency(feed: readonly FeedMessage[], alerts: readonly AlertView[], served: readonly ServedPoint[]): Percentiles {
  const ids = new Set(alerts.map(({ id }) => id))
  const first = new Map<string, { at: number; arrived: number }>()
  for (const { event, data, arrived } of feed) {
    if (event !== 'alert') continue
    const { id, changes } = data as AlertView
    for (const { at, grade } of changes)
      if (ids.has(id) && !first.has(`${id} ${at} ${grade}`)) first.set(`${id} ${at} ${grade}`, { at, arrived })
  }
  const latencies = [...first.values()].flatMap(({ at, arrived }) => {
    const trigger = served.findLast((point) => point.at <= at)
    return trigger ? [arrived - trigger.t] : []
  })
  return percentilesOf(latencies)
}

function percentilesOf(values: readonly number[]): Percentiles {
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99) }
}

/** Differences of one kind that are told one by one. */
const TOLD_MAX = 10

function differencesOf(
  lost: readonly ServedPoint[],
  { duplicates }: Reconciled,
  { missed, false: wrong }: AlertScore,
  start: number,
): string[] {
  const minute = (at: number) => `minute ${((at - start) / 60_000).toFixed(1)}`
  return [
    ...lost
      .slice(0, TOLD_MAX)
      .map(({ device, point, at, value }) => `lost: ${device} ${point} = ${value} served at ${minute(at)}`),
    ...duplicates
      .slice(0, TOLD_MAX)
      .map(
        ({ device, point, at, value, n }) =>
          `not served, or stored twice: ${device} ${point} = ${value} at ${minute(at)}, n ${n}`,
      ),
    ...missed.map(({ rule, minute: when, grade }) => `missed: ${rule} ${grade ?? 'cleared'} at minute ${when}`),
    ...wrong.map(({ rule, at, grade }) => `not expected: ${rule} ${grade ?? 'cleared'} at ${minute(at)}`),
  ]
}
