import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import pino from 'pino'
import { stringify } from 'yaml'
import { readCloudConfig } from '#cloud'
import { Ingest } from '#cloud/ingest'
import { openEmbeddedSeries, openRecords } from '#cloud/store'
import { manualClock } from '#devices'
import { JournalFile } from '#gateway/journal'
import type { Connect, SessionOptions } from '#mqtt'
import { seededRandom } from '#simulator'
import { LANES, type Rule, type SiteEvent, topic } from '#wire'
import type { ChaosRun } from './chaos-row.ts'
import { contentsOf, type StoreContents } from './store-contents.ts'
import type { SuiteOptions } from './suite.ts'
import { until } from './until.ts'

const ROWS = { short: 20_000, full: 1_000_000 } as const
const GATEWAY = 'g1'
const DEVICES = 50
const HASH = '00112233445566aa'
const START = Date.parse('2026-07-01T08:00:00+08:00')
const COMMIT_ROWS = 500
/** Batches that are handed over before other work gets its turn. */
const TURN_BATCHES = 16
const SETTLE_MS = 400_000
/** The judged device swings around its limits, so that alerts are raised, graded up and down, and cleared. */
const SWING_ROWS = 40

/** T20: the same batches once in their order, and twice each in any order: both clouds must hold the same, bit by bit. */
export async function* repeatShuffleSuite(options: SuiteOptions, stop: AbortSignal): AsyncGenerator<ChaosRun, void, undefined> {
  const rows = ROWS[options.size]
  const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-T20-'))
  const batches = sealBatches(join(folder, 'journal.db'), rows)
  const random = seededRandom(options.seed)
  const shuffled = [...batches, ...batches]
    .map((bytes) => ({ bytes, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ bytes }) => bytes)
  const rules = rulesIn(folder)
  const plain = await ingest(join(folder, 'plain'), rules, [batches], stop)
  const mixed = await ingest(join(folder, 'mixed'), rules, [shuffled, batches], stop)
  const differing = (Object.keys(plain.contents) as (keyof StoreContents)[]).filter(
    (name) => plain.contents[name].hash !== mixed.contents[name].hash,
  )
  const troubles = [...plain.troubles, ...mixed.troubles, ...differing.map((name) => `the ${name} of both clouds differ`)]
  if (mixed.refired > 0) troubles.push(`${mixed.refired} changes of alerts were told anew when all batches came once more`)
  const count = (cloud: typeof plain) => cloud.contents.values.rows + cloud.contents.events.rows
  const [issued, stored] = [count(plain), count(mixed)]
  const pass = troubles.length === 0 && stored === issued && plain.contents.changes.rows > 0
  if (pass) rmSync(folder, { recursive: true })
  else troubles.push(`data: ${folder}`)
  yield {
    row: {
      id: 'T20',
      faults: 2 * batches.length,
      issued,
      stored,
      lost: Math.max(0, issued - stored),
      duplicate: Math.max(0, stored - issued),
      wrong: differing.length + mixed.refired,
      pass,
    },
    notes: [
      `${batches.length} batches in two clouds, once in order and three times each, two of them in any order; ${plain.contents.changes.rows} changes of alerts`,
      ...troubles,
    ],
  }
}

/** The batches of all lanes as a real journal seals them. */
function sealBatches(file: string, rows: number): Uint8Array[] {
  using journal = new JournalFile({ file, gateway: GATEWAY })
  for (let from = 0; from < rows; from += COMMIT_ROWS) {
    const readings = Array.from({ length: Math.min(COMMIT_ROWS, rows - from) }, (_, index) => readingOf(from + index))
    const commit = { boot: 'chaos', journalled: START + from, mono: from }
    journal.append({ readings, events: from === 0 ? [description()] : [markOf(from)], states: [], commit })
  }
  return LANES.flatMap((lane) => {
    const batches: Uint8Array[] = []
    for (let batch = journal.next(lane, 0); batch !== null; batch = journal.next(lane, batch.last)) batches.push(batch.bytes)
    return batches
  })
}

function readingOf(k: number) {
  const index = k % DEVICES
  const step = Math.floor(k / DEVICES)
  const value = index === 0 ? Math.round(3400 + 400 * Math.sin((2 * Math.PI * step) / SWING_ROWS)) : k
  return { device: `${GATEWAY}-${index}`, point: 'level', at: START + step * 1000, value, quality: 'good' as const, hash: HASH }
}

function markOf(k: number): SiteEvent {
  return { id: `mark-${k}`, kind: 'chaos.mark', at: START + k, device: `${GATEWAY}-1`, body: { value: k } }
}

/** The device that the rule is on. */
function description(): SiteEvent {
  const name = { zh: '水位计', en: 'Level sensor' }
  const points = { level: { unit: 'm', decimals: 2, meaning: 'gauge', everyMs: 1000 } }
  const body = { name, station: { id: 's1', name }, profile: 'level-sensor/chaos', hash: HASH, points }
  return { id: 'description', kind: 'device.described', at: START, device: `${GATEWAY}-0`, body }
}

function rulesIn(folder: string): readonly Rule[] {
  const file = join(folder, 'cloud.yaml')
  const grades = { blue: { value: 33 }, yellow: { value: 33.5 }, orange: { value: 35.5 }, red: { value: 36.9 } }
  const title = { zh: '河道水位', en: 'River level' }
  const target = { device: `${GATEWAY}-0`, point: 'level', validFrom: '2026-01-01', approver: 'chaos' }
  writeFileSync(
    file,
    stringify({ rules: [{ id: 'level', family: 'level', kind: 'threshold', title, ...target, hysteresis: 0.1, grades }] }),
  )
  return readCloudConfig(file).rules
}

/** Hands the passes over to an ingest, one after the other, each when the one before is read. @returns what its stores hold then */
async function ingest(data: string, rules: readonly Rule[], passes: readonly (readonly Uint8Array[])[], stop: AbortSignal) {
  const log = pino({ level: 'silent' })
  const opened = Promise.withResolvers<SessionOptions['onMessage']>()
  const connect: Connect = async ({ onMessage }) => {
    opened.resolve(onMessage)
    const closed = new AbortController()
    const done = async () => {}
    return { closed: closed.signal, subscribe: done, publish: done, abort: () => closed.abort(), [Symbol.asyncDispose]: done }
  }
  const files = { inbox: join(data, 'inbox.db'), records: join(data, 'records.db'), series: join(data, 'series.db') }
  const troubles: string[] = []
  const changes: number[] = []
  await using records = await openRecords(files.records)
  await using series = await openEmbeddedSeries(files.series)
  const clock = manualClock(START)
  {
    await using cloud = await Ingest.start({
      brokerUrl: 'mqtt://nowhere',
      connect,
      inboxFile: files.inbox,
      records,
      series,
      rules,
      clock,
      log,
    })
    const deliver = await opened.promise
    let delivered = 0
    for (const batches of passes) {
      for (const [index, bytes] of batches.entries()) {
        deliver(topic(GATEWAY, 'up'), bytes, false)
        if (index % TURN_BATCHES === 0) await turn()
      }
      delivered += batches.length
      const isRead = () => {
        const { inbox, readers } = cloud.state
        return inbox.batches + inbox.duplicates === delivered && readers.every(({ cursor }) => cursor >= inbox.newest)
      }
      if (!(await until(isRead, SETTLE_MS, stop)))
        troubles.push(`expected all batches to be read: ${JSON.stringify(cloud.state)}`)
      const { count } = await records.db
        .selectFrom('incident_change')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      changes.push(count)
    }
  }
  return { contents: contentsOf(files), refired: (changes.at(-1) ?? 0) - (changes[0] ?? 0), troubles }
}
