import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { Inbox, Owners, Reader, SeriesWriter } from '#cloud/ingest'
import {
  InfluxClient,
  Influxd,
  openEmbeddedSeries,
  openInfluxSeries,
  openRecords,
  SERIES_ROWS_MAX,
  type SeriesStore,
} from '#cloud/store'
import { Bell, processTimers } from '#devices/time'
import { percentile } from '#simulator/e2e'
import { encodeBatch, type JournalledReading } from '#wire'
import { atLeast, type Figure, figure } from './figures.ts'

/** A city of 240 stations with five points each, that are polled together each minute, behind 24 gateways. */
const GATEWAYS = 24
const STATIONS = 10
const POINTS = ['level', 'rain_total', 'temperature', 'humidity', 'battery'] as const
/** A batch of a gateway: 1,000 rows. */
const MINUTES = 20
const BATCHES = 480
const BATCH_ROWS = MINUTES * STATIONS * POINTS.length
const ROWS = BATCHES * BATCH_ROWS
const ROUNDS = 3
const START = Date.UTC(2026, 6, 1)
const SHARE_MIN = 0.7

/** Rows of one batch, the `index`th of the city. */
function rowsOf(index: number): JournalledReading[] {
  const gateway = index % GATEWAYS
  const from = Math.floor(index / GATEWAYS) * MINUTES
  const commit = { boot: 'b', journalled: START, mono: 0 }
  return Array.from({ length: BATCH_ROWS }, (_, row): JournalledReading => {
    const minute = from + Math.floor(row / (STATIONS * POINTS.length))
    const station = Math.floor(row / POINTS.length) % STATIONS
    const place = row % POINTS.length
    // Drifts and jitters as levels and temperatures do; the numbers are the same in each run.
    const value =
      3000 + place * 500 + Math.round(200 * Math.sin(minute / 90 + station + place)) + ((minute * 7919 + row * 104_729) % 7)
    return {
      seq: from * STATIONS * POINTS.length + row + 1,
      device: `9D${String(gateway * STATIONS + station).padStart(6, '0')}-M`,
      point: POINTS[place] ?? 'level',
      at: START + minute * 60_000 + station * 137,
      n: 0,
      value,
      quality: 'good',
      hash: '00112233445566aa',
      commit,
    }
  })
}

/** How a program that writes to InfluxDB alone may put readings into lines; values only, and made beforehand. */
const BARE = {
  'one line a reading': ({ device, at }: JournalledReading, rows: readonly JournalledReading[]) =>
    rows.map(({ point, value }) => `reading,device=${device},point=${point} value=${value}i ${at}000000`),
  'five readings a line': ({ device, at }: JournalledReading, rows: readonly JournalledReading[]) => [
    `reading,device=${device} ${rows.map(({ point, value }) => `${point}=${value}i`).join(',')} ${at}000000`,
  ],
}
type Bare = keyof typeof BARE

/** Requests of as many rows as a store writes at once. */
function barePayloads(kind: Bare): string[] {
  const payloads: string[] = []
  for (let index = 0; index < BATCHES; index += SERIES_ROWS_MAX / BATCH_ROWS) {
    const lines: string[] = []
    for (let batch = index; batch < index + SERIES_ROWS_MAX / BATCH_ROWS; batch++) {
      const rows = rowsOf(batch)
      for (let row = 0; row < rows.length; row += POINTS.length) {
        const polled = rows.slice(row, row + POINTS.length)
        for (const first of polled.slice(0, 1)) lines.push(...BARE[kind](first, polled))
      }
    }
    payloads.push(lines.join('\n'))
  }
  return payloads
}

async function bareSeconds(server: Influxd, database: string, payloads: readonly string[]): Promise<number> {
  const client = new InfluxClient({ url: server.url, database })
  await client.createDatabase()
  const begun = performance.now()
  for (const body of payloads) {
    const refusal = await client.write(body)
    if (refusal) throw new Error(`expected bare lines to be taken: ${refusal.why}`)
  }
  return (performance.now() - begun) / 1000
}

/** The road behind the acknowledgement as it runs in the cloud: batches opened from the inbox, rows into the store, newest rows and cursor committed. */
async function roadSeconds(inboxFile: string, folder: string, series: SeriesStore): Promise<number> {
  const log = pino({ level: 'silent' })
  using inbox = new Inbox(inboxFile, { readonly: true })
  await using records = await openRecords(join(folder, 'records.db'))
  await using _ = series
  const bell = new Bell()
  const begun = performance.now()
  await using reader = await Reader.start({
    inbox,
    records,
    bell,
    timers: processTimers,
    log,
    limit: () => Number.POSITIVE_INFINITY,
    work: new SeriesWriter(series, records, new Owners()),
  })
  const stop = new AbortController().signal
  while (reader.cursor < inbox.newest) {
    const heard = bell.count
    if (reader.error !== null) throw new Error(reader.error)
    await bell.wait(heard, 100, stop, processTimers)
  }
  const seconds = (performance.now() - begun) / 1000
  const rows = await series.count()
  if (rows !== ROWS) throw new Error(`expected ${ROWS} rows in the store, got ${rows}`)
  return seconds
}

/** What each way of writing took, in seconds. */
type Round = Readonly<Record<Bare | 'influx' | 'embedded', number>>

/**
 * Rows a second behind the acknowledgement, beside what the same InfluxDB takes as bare lines in the same run; the middle of three rounds.
 *
 * Learnt on two cores, which server and cloud share. The server needs 0.8 µs of CPU a row with five readings a line and 1.9 µs with one; the cloud 1.7
 * µs: opening a batch 0.4, planning and making lines 0.4, the table of newest values 0.2, SQLite's own 0.2, the rest is objects and their collection.
 * What helped, in rows/s: compiled checks of a batch 190,000 to 430,000, overlapping the steps of the reader to 500,000, lines written into bytes at
 * once a fifth less CPU for them. Bare lines with five readings leave a core idle: they come from a program that has nothing to decode, to look up or to
 * record.
 * @throws StoreError `missing` where InfluxDB is not installed
 */
export async function ingestFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-ingest-'))
  try {
    fillInbox(join(folder, 'inbox.db'))
    const kinds = Object.keys(BARE) as Bare[]
    const payloads = kinds.map((kind) => [kind, barePayloads(kind)] as const)
    await using server = await Influxd.start(join(folder, 'influxd'))
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await oneRound(folder, round, server, payloads))
    const rate = (way: keyof Round) => Math.round(ROWS / middle(rounds.map((round) => round[way])))
    const share = (way: keyof Round, bare: Bare) => middle(rounds.map((round) => round[bare] / round[way]))
    return [
      ...kinds.map((kind) => figure(`bare InfluxDB, ${kind}`, rate(kind), 'rows/s')),
      figure('inbox to InfluxDB', rate('influx'), 'rows/s'),
      figure('inbox to the embedded store', rate('embedded'), 'rows/s'),
      atLeast('inbox to InfluxDB, share of bare, one line a reading', share('influx', 'one line a reading'), '', SHARE_MIN),
      atLeast('inbox to InfluxDB, share of bare, five readings a line', share('influx', 'five readings a line'), '', SHARE_MIN),
      atLeast(
        'inbox to the embedded store, share of bare, one line a reading',
        share('embedded', 'one line a reading'),
        '',
        SHARE_MIN,
      ),
      atLeast(
        'inbox to the embedded store, share of bare, five readings a line',
        share('embedded', 'five readings a line'),
        '',
        SHARE_MIN,
      ),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function fillInbox(file: string): void {
  using inbox = new Inbox(file)
  for (let index = 0; index < BATCHES; index++) {
    const rows = rowsOf(index)
    const gateway = `g${index % GATEWAYS}`
    const [first, last] = [rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0]
    const bytes = encodeBatch({ gateway, epoch: '0123456789abcdef', lane: 'reading', first, last, rows })
    inbox.take([{ gateway, bytes, received: rows.at(-1)?.at ?? START }], 0)
  }
}

async function oneRound(
  folder: string,
  round: number,
  server: Influxd,
  payloads: readonly (readonly [Bare, readonly string[]])[],
): Promise<Round> {
  const inboxFile = join(folder, 'inbox.db')
  const own = (kind: string) => join(folder, `${kind}-${round}`)
  const log = pino({ level: 'silent' })
  const bare: [Bare, number][] = []
  for (const [kind, lines] of payloads) bare.push([kind, await bareSeconds(server, `${kind} ${round}`, lines)])
  const influx = await roadSeconds(
    inboxFile,
    own('influx'),
    openInfluxSeries({ url: server.url, database: `road ${round}`, log }),
  )
  const embedded = await roadSeconds(inboxFile, own('embedded'), await openEmbeddedSeries(join(own('embedded'), 'series.db')))
  return { ...(Object.fromEntries(bare) as Record<Bare, number>), influx, embedded }
}

function middle(values: readonly number[]): number {
  return percentile(values, 0.5) ?? Number.NaN
}
