import {
  type FeedMessage,
  keyOf,
  percentile,
  type Reconciled,
  readServed,
  reconcile,
  type SiteRun,
  type StoredRow,
  storedLatencies,
} from '#simulator/e2e'
import { atLeast, atMost, type Figure, figure } from './figures.ts'
import { expectedGusts, scoreGusts } from './gusts.ts'

/** What was measured while the road was under load. Times are machine epoch ms. */
export interface Window {
  readonly from: number
  readonly to: number
  readonly cpuPercent: { readonly gateway: number; readonly cloud: number; readonly simulator: number }
  readonly rssPeakMiB: number
  readonly rssEndMiB: number
  readonly wire: { readonly bytes: number; readonly rows: number; readonly batches: number }
}

interface RoadEvidence {
  readonly run: SiteRun
  readonly feed: readonly FeedMessage[]
  readonly window: Window
  /** Machine time at which the gateway was stopped. */
  readonly stopped: number
  readonly slackMs: number
}

/** Series that are asked for at once. */
const ASKED_MAX = 16

/** Latencies and rates of the measured time, and of the whole run what was lost or is there twice. */
export async function accountOf({ run, feed, window, stopped, slackMs }: RoadEvidence): Promise<Figure[]> {
  const served = (await readServed(run.files.ledger)).filter(({ t }) => t <= stopped)
  const rows = await allRows(run)
  const found = reconcile(served, rows, slackMs)
  const isInside = (time: number) => time >= window.from && time < window.to
  const stored = storedLatencies(feed, found).filter((row) => isInside(row.stored))
  const alerts = alertLatencies(feed, found).filter(({ arrived }) => isInside(arrived))
  const raised = (await run.client.alerts()).flatMap(({ rule, changes, device }) =>
    changes.map(({ at, grade }) => ({ rule, at, grade, device })),
  )
  const score = scoreGusts(expectedGusts(served), raised, (row) => found.origin.get(keyOf(row)))
  const audit = await run.client.audit()
  const seconds = (window.to - window.from) / 1000
  const { bytes, rows: sent, batches } = window.wire
  const ms = (list: readonly { readonly ms: number }[], share: number) =>
    percentile(
      list.map((one) => one.ms),
      share,
    )
  return [
    figure('wire → stored, p50', ms(stored, 0.5), 'ms'),
    atMost('wire → stored, p99', ms(stored, 0.99), 'ms', 1000),
    figure('wire → alert, p50', ms(alerts, 0.5), 'ms'),
    atMost('wire → alert, p99', ms(alerts, 0.99), 'ms', 2000),
    atLeast('alert changes', alerts.length, '', 50),
    atMost('alert changes missed', score.missed, '', 0),
    atMost('alert changes false', score.false, '', 0),
    figure('readings produced', served.filter(({ t }) => isInside(t)).length / seconds, '/s'),
    figure('readings stored', stored.length / seconds, '/s'),
    atMost('readings lost', found.lost.length, '', 0),
    atMost('readings duplicate', found.duplicates.length, '', 0),
    atMost('gaps in the audit', audit.ok ? 0 : 1, '', 0),
    figure('bytes on the wire', sent > 0 ? bytes / sent : null, 'a reading'),
    figure('readings a batch', batches > 0 ? sent / batches : null, ''),
  ]
}

async function allRows({ scenario, client }: SiteRun): Promise<StoredRow[]> {
  const series = scenario.stations.flatMap(({ devices }) =>
    devices.flatMap(({ id, profile }) => Object.keys(profile.profile.modbus.points).map((point) => [id, point] as const)),
  )
  const rows: StoredRow[] = []
  for (let from = 0; from < series.length; from += ASKED_MAX) {
    const asked = series.slice(from, from + ASKED_MAX).map(([device, point]) => client.rows(device, point))
    rows.push(...(await Promise.all(asked)).flat())
  }
  return rows
}

/** From the answer on the wire to the page, of every change's first arrival. */
function alertLatencies(feed: readonly FeedMessage[], { origin }: Reconciled): { arrived: number; ms: number }[] {
  type Alert = { device: string; point: string; changes: { at: number }[] }
  const arrivals = new Map<string, number>()
  for (const { event, data, arrived } of feed) {
    if (event !== 'alert') continue
    const { device, point, changes } = data as Alert
    for (const { at } of changes) {
      const key = keyOf({ device, point, at, n: 0 })
      if (!arrivals.has(key)) arrivals.set(key, arrived)
    }
  }
  return [...arrivals].flatMap(([key, arrived]) => {
    const served = origin.get(key)
    return served ? [{ arrived, ms: arrived - served.t }] : []
  })
}
