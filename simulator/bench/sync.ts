import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { auditFiles } from '#cloud/ingest'
import { JournalFile, type VersionedReading } from '#gateway/journal'
import { percentile, SluiceProcess } from '#simulator/e2e'
import { ByteCount } from './byte-count.ts'
import { journalFigures } from './durable.ts'
import { atLeast, atMost, type Figure, figure, printFigures } from './figures.ts'
import type { SyncSiteOptions, SyncSiteResult } from './sync-site.ts'
import { openThinLink } from './thin-link.ts'

const ENTRY = fileURLToPath(new URL('./sync-site.ts', import.meta.url))
const BACKLOG_ROWS = 1_000_000
const FILL_ROWS = 5000
const STATIONS = 240
const POINTS = 5
/** A day of 240 stations of five points, each read every five minutes. */
const DAY_ROWS = STATIONS * POINTS * 288
const LIVE_RATE = 240
const LIVE_MS = 30_000
const THIN_KBIT = 64
const THIN_MS = 150_000
const ALARM_EVERY_MS = 1000
/** Bytes that alone are neither headers nor rows: what a connection begins with. */
const START = Date.parse('2026-07-01T00:00:00+08:00')

/** The road from a journal to the inbox: how fast, how many bytes, and how soon an alarm is through. */
export async function sync({ cli, json }: { readonly cli: string; readonly json: boolean }, stop: AbortSignal): Promise<void> {
  const figures: Figure[] = [...journalFigures()]
  figures.push(...(await onCloud(cli, stop, drain)))
  figures.push(...(await onCloud(cli, stop, live)))
  figures.push(...(await onCloud(cli, stop, thin)))
  printFigures('sync', figures, json)
}

interface Ground {
  readonly folder: string
  /** Port of the broker on loopback. */
  readonly port: number
  readonly stop: AbortSignal
  /** Gaps of the audit, once the site has ended. */
  audit(): Promise<number>
}

/** A cloud of its own for one measurement. */
async function onCloud(cli: string, stop: AbortSignal, measure: (ground: Ground) => Promise<Figure[]>): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-sync-'))
  try {
    const config = join(folder, 'cloud.yaml')
    writeFileSync(config, 'data: ./cloud\n')
    await using cloud = new SluiceProcess('cloud', {
      cli,
      folder,
      args: ['cloud', '--config', config, '--role', 'broker,ingest'],
    })
    const { broker } = await cloud.start<{ broker: string }>(stop, ['--mqtt-port', '0'])
    const files = { inbox: join(folder, 'cloud', 'inbox.db'), records: join(folder, 'cloud', 'records.db') }
    const audit = async () => {
      const { gateways } = await auditFiles(files)
      return gateways.reduce((sum, { missing }) => sum + missing.length, 0)
    }
    return await measure({ folder, port: Number(new URL(broker).port), stop, audit })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function drain({ folder, port, stop, audit }: Ground): Promise<Figure[]> {
  const data = join(folder, 'site')
  fill(data, BACKLOG_ROWS)
  await using count = await ByteCount.open(port)
  const { ms, rssMiB, waiting } = await runSite({ data, broker: count.url, rate: 0, alarmEveryMs: 0 }, stop)
  return [
    atLeast('drain of 1,000,000 rows, gateway to inbox', ((BACKLOG_ROWS - waiting) / ms) * 1000, 'rows/s', 100_000),
    atMost('drain: gateway RSS, peak', rssMiB, 'MiB', 200),
    atMost('drain: on the wire with headers and acks', (count.up + count.down) / BACKLOG_ROWS, 'B a reading', 6),
    atMost('drain: gaps in the audit', await audit(), 'ranges', 0),
  ]
}

async function live({ folder, port, stop, audit }: Ground): Promise<Figure[]> {
  await using count = await ByteCount.open(port)
  const options = { data: join(folder, 'site'), broker: count.url, rate: LIVE_RATE, alarmEveryMs: 0, forMs: LIVE_MS }
  const { sent } = await runSite(options, stop)
  return [
    atMost(
      `live at ${LIVE_RATE} readings/s: on the wire with headers and acks`,
      (count.up + count.down) / sent,
      'B a reading',
      12,
    ),
    figure('live: readings', sent, 'rows'),
    atMost('live: gaps in the audit', await audit(), 'ranges', 0),
  ]
}

async function thin({ folder, port, stop, audit }: Ground): Promise<Figure[]> {
  const data = join(folder, 'site')
  fill(data, DAY_ROWS)
  await using link = await openThinLink({ kbit: THIN_KBIT, port })
  const options = { data, broker: link.url, rate: LIVE_RATE, alarmEveryMs: ALARM_EVERY_MS, forMs: THIN_MS }
  const { alarmsMs, sent, waiting } = await runSite(options, stop, link.wrap)
  const what = `${THIN_KBIT} kbit/s, a day's backlog of ${DAY_ROWS} rows, ${LIVE_RATE} live readings/s`
  return [
    atMost(`${what}: alarm to ack p99`, percentile(alarmsMs, 0.99), 'ms', 5000),
    figure('thin link: alarm to ack p50', percentile(alarmsMs, 0.5), 'ms'),
    figure('thin link: alarms', alarmsMs.length, 'alarms'),
    figure('thin link: rows sent', sent, 'rows'),
    figure('thin link: rows that wait at the end', waiting, 'rows'),
    atMost('thin link: gaps in the audit below what was sent', await audit(), 'ranges', 1),
  ]
}

/** A journal with rows that nobody has sent. */
function fill(data: string, rows: number): void {
  mkdirSync(data, { recursive: true })
  using journal = new JournalFile({ file: join(data, 'journal.db'), gateway: 'bench' })
  for (let from = 0; from < rows; from += FILL_ROWS) {
    const commit = { boot: 'bench', journalled: START + from, mono: Math.round(performance.now()) }
    const readings = Array.from({ length: Math.min(FILL_ROWS, rows - from) }, (_, index) => readingOf(from + index))
    journal.append({ readings, events: [], states: [], commit })
  }
}

function readingOf(index: number): VersionedReading {
  const round = Math.floor(index / (STATIONS * POINTS))
  const station = Math.floor(index / POINTS) % STATIONS
  return {
    device: `9DML${String(station).padStart(4, '0')}`,
    point: `p${index % POINTS}`,
    hash: '00112233445566aa',
    at: START + round * 60_000 + station * 137,
    value: 3000 + Math.round(200 * Math.sin(round / 90 + station)) + ((index * 7919) % 7),
    quality: 'good',
  }
}

/** @throws Error where the site ends without a result */
async function runSite(options: SyncSiteOptions, stop: AbortSignal, wrap: readonly string[] = []): Promise<SyncSiteResult> {
  const [command = '', ...args] = [...wrap, process.execPath, ...process.execArgv, ENTRY, JSON.stringify(options)]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], signal: stop })
  const said = await text(child.stdout)
  const line = said.trim().split('\n').at(-1)
  if (!line) throw new Error(`expected a result of ${ENTRY}, it ended without one`)
  return JSON.parse(line) as SyncSiteResult
}
