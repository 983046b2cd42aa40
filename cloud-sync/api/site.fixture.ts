import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { expect } from 'vitest'
import {
  type DeviceDescription,
  describeDevice,
  type NewLatest,
  openEmbeddedSeries,
  openRecords,
  putLatest,
  type Records,
  recordChange,
  type SeriesRow,
  type SeriesStore,
} from '#cloud/store'
import { type Clock, manualClock } from '#devices'
import type { ThresholdRule } from '#wire'
import { type ApiOptions, buildApi } from './build-api.ts'

export const NO_LETTERS = { refused: 0, unreadable: 0, parked: 0, damaged: 0, epoch: 0, loss: 0 } as const

export const NOON = Date.UTC(2026, 6, 1, 4)
export const MINUTE = 60_000

/** An API over real stores in a temporary folder, with the writers that an ingest would hold. */
export interface TestSite extends AsyncDisposable {
  readonly app: FastifyInstance
  readonly records: Records
  readonly series: SeriesStore
  readonly clock: Clock & { set(now: number): void }
  /** The body of a GET that must answer `status`. */
  get(url: string, status?: number): Promise<unknown>
}

export async function openTestSite(options: Partial<ApiOptions> = {}): Promise<TestSite> {
  const folder = mkdtempSync(join(tmpdir(), 'api-'))
  const stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(folder, { recursive: true }))
  const [recordsFile, seriesFile] = ['records.db', 'series.db'].map((name) => join(folder, name)) as [string, string]
  const records = stack.use(await openRecords(recordsFile))
  const series = stack.use(await openEmbeddedSeries(seriesFile))
  const clock = manualClock(NOON)
  const app = await buildApi({
    records: stack.use(await openRecords(recordsFile, { readonly: true })),
    series: stack.use(await openEmbeddedSeries(seriesFile, { readonly: true })),
    rules: [],
    clock,
    site: { name: 'Test site', version: '1.2.3', zone: 'Asia/Shanghai', demo: null },
    audit: async () => ({ ok: true, gateways: [] }),
    deadLetters: async () => ({ letters: [], counts: NO_LETTERS, gateways: [], next: null }),
    log: pino({ level: 'silent' }),
    ...options,
  })
  stack.defer(() => app.close())
  return {
    app,
    records,
    series,
    clock,
    async get(url, status = 200) {
      const answer = await app.inject(url)
      expect(`${answer.statusCode} ${answer.statusCode === status ? '' : answer.body}`).toBe(`${status} `)
      return answer.json()
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A rain gauge and a level sensor at one station. */
export const LEVEL_POINT = { unit: 'm', decimals: 2, meaning: 'gauge', everyMs: MINUTE } as const
export const RAIN_POINT = { unit: 'mm', decimals: 1, meaning: 'counter', wraps: 20_000, everyMs: MINUTE } as const

export async function describeDevices({ records }: TestSite, over: Partial<DeviceDescription> = {}): Promise<void> {
  await describeDevice(records.db, {
    device: 'd1',
    gateway: 'g1',
    at: NOON,
    name: { zh: '水位计', en: 'Level sensor' },
    station: { id: 's1', name: { zh: '一站', en: 'Station one' } },
    profile: 'level-sensor/acme-lv-4',
    hash: 'h1',
    points: { level: LEVEL_POINT, rain: RAIN_POINT },
    ...over,
  })
}

/** Stores rows as the ingest does: the newest of each point, under one change. @returns its id */
export async function putReadings(
  { records }: TestSite,
  rows: readonly (Partial<NewLatest> & { readonly at: number; readonly value: string })[],
): Promise<number> {
  return records.db.transaction().execute(async (trx) => {
    const change = await recordChange(trx, 'readings', '', 1)
    const base = {
      device: 'd1',
      point: 'level',
      n: 0,
      quality: 'good' as const,
      reason: null,
      received: NOON + 1,
      stored: 2,
      hash: 'h1',
      change,
    }
    await putLatest(
      trx,
      rows.map((row) => ({ ...base, ...row })),
    )
    return change
  })
}

export function seriesRow(at: number, value: SeriesRow['value'], over: Partial<SeriesRow> = {}): SeriesRow {
  return { device: 'd1', point: 'level', at, n: 0, value, quality: 'good', received: at + 900, hash: 'h1', ...over }
}

export const LEVEL_RULE: ThresholdRule = {
  id: 'level-s1',
  kind: 'threshold',
  family: 'flood',
  title: { zh: '水位超限', en: 'High water' },
  device: 'd1',
  point: 'level',
  validFrom: '2026-01-01',
  approver: 'Duty desk',
  edge: false,
  direction: 'above',
  hysteresis: 0.05,
  grades: { yellow: { value: 3.2 }, red: { value: 4.135, action: 'move' } },
}

/** Opens an incident of `LEVEL_RULE` as the judge does. */
export async function putIncident(
  { records }: TestSite,
  {
    id,
    openedAt,
    clearedAt = null,
    station = 's1',
    values = [321],
  }: { id: string; openedAt: number; clearedAt?: number | null; station?: string; values?: number[] },
): Promise<void> {
  await records.db
    .insertInto('incident')
    .values({
      id,
      rule: 'level-s1',
      family: 'flood',
      kind: 'threshold',
      title_zh: '水位超限',
      title_en: 'High water',
      station,
      device: 'd1',
      point: 'level',
      state: clearedAt === null ? 'open' : 'cleared',
      grade: 'yellow',
      action: 'prepare',
      peak: 'yellow',
      opened_at: openedAt,
      cleared_at: clearedAt,
    })
    .execute()
  for (const [index, value] of values.entries()) {
    const evidence = { decimals: 2, limit: 320, rows: [{ at: openedAt, value }] }
    await records.db
      .insertInto('incident_change')
      .values({
        incident: id,
        at: openedAt + index,
        kind: index === 0 ? 'raised' : 'cleared',
        grade: index === 0 ? 'yellow' : null,
        action: index === 0 ? 'prepare' : null,
        value: JSON.stringify(value),
        evidence: JSON.stringify(evidence),
        rule_version: 'v1',
        sources: '["cloud","gateway"]',
        retrospective: 0,
        recorded: 7,
      })
      .execute()
  }
}
