import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import pino from 'pino'
import { Value } from 'typebox/value'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Judge, reviseIncidents } from '#cloud/alerts'
import { describeDevice, openRecords, type Records } from '#cloud/store'
import { expectedAlerts, stormRiver } from '#simulator'
import { type JournalledReading, type Rule, Rules, ruleVersion } from '#wire'

const MINUTE = 60_000
const START = Date.parse('2026-07-01T08:00:00+08:00')
const HASH = '00112233445566aa'
const log = pino({ enabled: false })
const common = { validFrom: '2026-01-01', approver: 'tests', edge: true }
const any = (...windows: [string, number][]) => windows.map(([window, sum]) => ({ window, sum }))
const rules = Value.Default(Rules, [
  {
    ...common,
    id: 'flash-flood',
    family: 'flash-flood',
    kind: 'rain-window',
    title: { zh: '山洪', en: 'Flash flood' },
    device: 'r',
    point: 'rain_total',
    grades: {
      yellow: { action: 'prepare', any: any(['1h', 30], ['3h', 50]) },
      red: { action: 'move', any: any(['1h', 50], ['3h', 80]) },
    },
  },
  {
    ...common,
    id: 'level',
    family: 'level',
    kind: 'threshold',
    title: { zh: '水位', en: 'Level' },
    device: 'z',
    point: 'level',
    hysteresis: 0.1,
    grades: { blue: { value: 33 }, yellow: { value: 33.5 }, orange: { value: 35.5 } },
  },
]) as Rule[]

/** Two storms, so that each rule opens, clears and opens again. */
const MINUTES = 1500
const river = stormRiver({ depthMm: 120, repeatMin: 720 })
const row = (device: string, point: string, minute: number, value: number | null): JournalledReading => ({
  seq: minute + 1,
  device,
  point,
  hash: HASH,
  at: START + minute * MINUTE,
  n: 0,
  value,
  quality: value === null ? 'bad' : 'good',
  commit: { boot: 'b', journalled: START, mono: 0 },
})
const rows = Array.from({ length: MINUTES / 5 + 1 }, (_, step) => step * 5).flatMap((minute) => [
  row('r', 'rain_total', minute, river.tips(minute) * 5),
  row('z', 'level', minute, minute % 700 === 100 ? null : river.levelCm(minute)),
])

let folder: string
let records: Records
let files = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-judge-'))
})
afterEach(async () => {
  await records[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

async function openFresh(): Promise<void> {
  records = await openRecords(join(folder, `${files++}.db`))
  await describe()
}

async function describe(): Promise<void> {
  const name = { zh: '站', en: 'station' }
  const described = { name, station: { id: 's', name }, profile: 'x/y', hash: HASH, gateway: 'g', at: 0 }
  await records.db.transaction().execute(async (trx) => {
    await describeDevice(trx, {
      ...described,
      device: 'r',
      points: { rain_total: { unit: 'mm', decimals: 1, meaning: 'counter', everyMs: 5 * MINUTE } },
    })
    await describeDevice(trx, {
      ...described,
      device: 'z',
      points: { level: { unit: 'm', decimals: 2, meaning: 'gauge', everyMs: 5 * MINUTE } },
    })
  })
}

const take = (judge: Judge, batch: readonly JournalledReading[]) =>
  records.db.transaction().execute((trx) => judge.take(trx, batch, 1))

/**
 * Incidents and their changes as they stand: without ids, without when and how they were found, and without the evidence, which is what was
 * known when a change was told.
 */
async function standing() {
  const incidents = await records.db
    .selectFrom('incident')
    .selectAll()
    .where('state', '!=', 'withdrawn')
    .orderBy('rule')
    .orderBy('opened_at')
    .execute()
  const changes = await records.db
    .selectFrom('incident_change')
    .selectAll()
    .where('withdrawn', 'is', null)
    .orderBy('at')
    .execute()
  return incidents.map(({ id, rule, state, grade, action, peak, opened_at, cleared_at }) => ({
    rule,
    state,
    grade,
    action,
    peak,
    opened_at,
    cleared_at,
    changes: changes.filter(({ incident }) => incident === id).map(({ at, kind, grade: to }) => ({ at, kind, grade: to })),
  }))
}

test('in time: the incidents are those of the formulas, each from its raise to its clearing', async () => {
  await openFresh()
  const judge = new Judge(rules, log)
  for (let from = 0; from < rows.length; from += 16) await take(judge, rows.slice(from, from + 16))
  const told = (await standing()).flatMap(({ rule, changes }) =>
    changes.map(({ at, grade }) => `${(at - START) / MINUTE} ${rule} ${grade}`),
  )
  const wanted = expectedAlerts(river, MINUTES).filter(({ rule }) => rule !== 'rainstorm')
  expect(told.sort()).toEqual(wanted.map(({ minute, rule, grade }) => `${minute} ${rule} ${grade}`).sort())
  expect((await standing()).map(({ rule, state }) => `${rule} ${state}`)).toEqual([
    'flash-flood cleared',
    'flash-flood cleared',
    'level cleared',
    'level cleared',
  ])
})

test('late, shuffled, doubled and with restarts in between: the same incidents as in time', async () => {
  await openFresh()
  const inTime = new Judge(rules, log)
  await take(inTime, rows)
  const wanted = await standing()
  await records[Symbol.asyncDispose]()
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 5, max: 120 }),
      async (seed, spread, size) => {
        await openFresh()
        const random = mulberry(seed)
        const delayed = [...rows, ...rows.filter(() => random() < 0.2)]
          .map((one, index) => ({ one, when: index + random() * spread }))
          .sort((a, b) => a.when - b.when)
        let judge = new Judge(rules, log)
        for (let from = 0; from < delayed.length; from += size) {
          await take(
            judge,
            delayed.slice(from, from + size).map(({ one }) => one),
          )
          if (random() < 0.2) judge = new Judge(rules, log)
        }
        expect(await standing()).toEqual(wanted)
        await records[Symbol.asyncDispose]()
      },
    ),
    { numRuns: 10 },
  )
  await openFresh()
})

test('rows that came before their device was described are judged with the first that come after', async () => {
  await openFresh()
  await take(new Judge(rules, log), rows)
  const wanted = await standing()
  await records[Symbol.asyncDispose]()
  records = await openRecords(join(folder, `${files++}.db`))
  const half = rows.length / 2
  await take(new Judge(rules, log), rows.slice(0, half))
  expect(await standing()).toEqual([])
  await describe()
  await take(new Judge(rules, log), rows.slice(half))
  expect(await standing()).toEqual(wanted)
})

test('what only late rows show is marked as retrospective, and what they take back is withdrawn, not forgotten', async () => {
  await openFresh()
  const judge = new Judge(rules, log)
  const z = (minute: number, value: number) => row('z', 'level', minute, value)
  await take(judge, [z(0, 3000), z(10, 3400), z(20, 3000)])
  await take(judge, [z(5, 3320)])
  const changes = await records.db
    .selectFrom('incident_change')
    .select(['at', 'kind', 'grade', 'retrospective', 'withdrawn'])
    .orderBy('at')
    .execute()
  expect(changes.map(({ at, ...rest }) => ({ minute: (at - START) / MINUTE, ...rest }))).toEqual([
    { minute: 5, kind: 'raised', grade: 'blue', retrospective: 1, withdrawn: null },
    { minute: 10, kind: 'escalated', grade: 'yellow', retrospective: 0, withdrawn: null },
    { minute: 20, kind: 'cleared', grade: null, retrospective: 0, withdrawn: null },
  ])
})

test('a verdict that late rows take back is withdrawn, not forgotten', async () => {
  await openFresh()
  const judge = new Judge([{ ...(rules[1] as Rule & { kind: 'threshold' }), delay: '10m' }], log)
  const z = (minute: number, value: number) => row('z', 'level', minute, value)
  await take(judge, [z(0, 3320), z(10, 3320)])
  expect(await standing()).toHaveLength(1)
  await take(judge, [z(5, 3200)])
  expect(await standing()).toHaveLength(0)
  expect(await records.db.selectFrom('incident').select('state').execute()).toEqual([{ state: 'withdrawn' }])
  expect(await records.db.selectFrom('incident_change').select(['kind', 'withdrawn']).execute()).toEqual([
    { kind: 'raised', withdrawn: 1 },
  ])
})

test("the gateway's own verdict and the cloud's are one change with two names, in either order", async () => {
  for (const order of ['gateway', 'cloud'] as const) {
    await openFresh()
    const judge = new Judge(rules, log)
    const rule = rules[1] as Rule
    const verdict = {
      at: START,
      grade: 'blue' as const,
      value: 3320,
      evidence: { decimals: 2, limit: 3300, rows: [{ at: START, value: 3320 }] },
    }
    const alarm = () =>
      records.db
        .transaction()
        .execute((trx) =>
          reviseIncidents(
            trx,
            { rule, version: ruleVersion(rule), source: 'gateway', added: [{ verdict, isRetrospective: false }], withdrawn: [] },
            1,
          ),
        )
    if (order === 'gateway') await alarm()
    await take(judge, [row('z', 'level', 0, 3320)])
    if (order === 'cloud') await alarm()
    await alarm()
    expect(await records.db.selectFrom('incident_change').select(['kind', 'sources']).execute()).toEqual([
      { kind: 'raised', sources: '["cloud","gateway"]' },
    ])
    if (order === 'gateway') await records[Symbol.asyncDispose]()
  }
})

/** A small seeded generator (mulberry32): 0 to below 1. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
