import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recordChange } from './changes.ts'
import { type DeviceDescription, describeDevice, setOnline } from './devices.ts'
import { putEvents } from './events.ts'
import { putGateway } from './gateways.ts'
import { putLatest } from './latest.ts'
import { openRecords, type Records } from './records.ts'
import { RETENTION, sweepRecords } from './retention.ts'
import type { NewEvent, NewLatest } from './tables.ts'

let folder: string
let records: Records
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'records-'))
  records = await openRecords(join(folder, 'records.db'))
})
afterEach(async () => {
  await records[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const HOUR = 3_600_000
const latest = (point: string, at: number, n: number, value: number, change = 1): NewLatest => {
  return {
    device: 'd1',
    point,
    at,
    n,
    value: JSON.stringify(value),
    quality: 'good',
    reason: null,
    received: at + 1,
    stored: at + 2,
    hash: 'h',
    change,
  }
}
const description = (over: Partial<DeviceDescription> = {}): DeviceDescription => ({
  device: 'd1',
  gateway: 'g1',
  at: 100,
  name: { zh: '雨量计', en: 'Rain gauge' },
  station: { id: 's1', name: { zh: '一站', en: 'Station one' } },
  profile: 'rain-gauge/acme-rg-1',
  hash: 'h1',
  points: { rain: { unit: 'mm', decimals: 1, meaning: 'counter', wraps: 1000, everyMs: 60_000 } },
  ...over,
})

describe('the latest rows', () => {
  const stored = () => records.db.selectFrom('latest').select(['point', 'at', 'n', 'value', 'change']).orderBy('point').execute()

  test('are the newest by time and then by number, in whatever order they come', async () => {
    await records.db
      .transaction()
      .execute((trx) =>
        putLatest(trx, [latest('a', 20, 0, 1), latest('a', 20, 1, 2), latest('a', 10, 5, 3), latest('b', 5, 0, 4)]),
      )
    expect(await putLatest(records.db, [latest('a', 19, 9, 7, 2), latest('b', 6, 0, 8, 2)])).toBe(1)
    expect(await stored()).toEqual([
      { point: 'a', at: 20, n: 1, value: '2', change: 1 },
      { point: 'b', at: 6, n: 0, value: '8', change: 2 },
    ])
  })

  test('do not change when the same row comes again', async () => {
    await putLatest(records.db, [latest('a', 20, 0, 1, 1)])
    expect(await putLatest(records.db, [latest('a', 20, 0, 1, 2)])).toBe(0)
    expect(await stored()).toMatchObject([{ change: 1 }])
  })

  test('of many points enter at once', async () => {
    expect(
      await putLatest(
        records.db,
        Array.from({ length: 1201 }, (_, index) => latest(`p${index}`, 1, 0, index)),
      ),
    ).toBe(1201)
    expect(await putLatest(records.db, [])).toBe(0)
  })
})

describe('a change', () => {
  test('has an id above all earlier ones, also above those that were swept', async () => {
    const first = await recordChange(records.db, 'station', 's1', 0)
    await records.db.deleteFrom('change').execute()
    expect(await recordChange(records.db, 'readings', '', 0)).toBeGreaterThan(first)
  })

  test('of a transaction that fails was never there', async () => {
    const failed = records.db.transaction().execute(async (trx) => {
      await recordChange(trx, 'station', 's1', 0)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await records.db.selectFrom('change').selectAll().execute()).toEqual([])
  })
})

describe('a device', () => {
  test('is described with its station and points, and keeps the points of an older profile version', async () => {
    expect(await describeDevice(records.db, description())).toEqual(['s1'])
    const points = { rain: { unit: 'mm', decimals: 2, meaning: 'counter' as const, everyMs: 60_000 } }
    expect(await describeDevice(records.db, description({ at: 200, hash: 'h2', points }))).toEqual(['s1'])
    expect(await records.db.selectFrom('device').select(['hash', 'online', 'unit']).execute()).toEqual([
      { hash: 'h2', online: null, unit: 'default' },
    ])
    expect(await records.db.selectFrom('point').select(['hash', 'decimals', 'wraps']).orderBy('hash').execute()).toEqual([
      { hash: 'h1', decimals: 1, wraps: 1000 },
      { hash: 'h2', decimals: 2, wraps: null },
    ])
  })

  test('is not changed by an older description, which still brings its points', async () => {
    await describeDevice(records.db, description({ at: 200, hash: 'h2' }))
    expect(await describeDevice(records.db, description({ at: 100, hash: 'h1', name: { zh: '旧', en: 'old' } }))).toEqual([])
    expect(await records.db.selectFrom('device').select(['name_en', 'hash']).execute()).toEqual([
      { name_en: 'Rain gauge', hash: 'h2' },
    ])
    expect(await records.db.selectFrom('point').select('hash').execute()).toHaveLength(2)
  })

  test('that moves takes its empty station away, but not one that has other devices', async () => {
    await describeDevice(records.db, description())
    await describeDevice(records.db, description({ device: 'd2' }))
    const elsewhere = { id: 's2', name: { zh: '二站', en: 'Station two' } }
    expect(await describeDevice(records.db, description({ at: 200, station: elsewhere }))).toEqual(['s2', 's1'])
    expect(await records.db.selectFrom('station').select('id').orderBy('id').execute()).toEqual([{ id: 's1' }, { id: 's2' }])
    await describeDevice(records.db, description({ device: 'd2', at: 200, station: elsewhere }))
    expect(await records.db.selectFrom('station').select('id').execute()).toEqual([{ id: 's2' }])
  })

  test('goes on and off line by what was told last, and tells its station', async () => {
    expect(await setOnline(records.db, { device: 'd1', online: true, at: 5 })).toBeNull()
    await describeDevice(records.db, description())
    expect(await setOnline(records.db, { device: 'd1', online: true, at: 10 })).toBe('s1')
    expect(await setOnline(records.db, { device: 'd1', online: true, at: 20 })).toBeNull()
    expect(await setOnline(records.db, { device: 'd1', online: false, at: 30 })).toBe('s1')
    expect(await setOnline(records.db, { device: 'd1', online: true, at: 10 })).toBeNull()
    expect(await records.db.selectFrom('device').select(['online', 'since']).execute()).toEqual([{ online: 0, since: 30 }])
    await describeDevice(records.db, description({ at: 200 }))
    expect(await records.db.selectFrom('device').select(['online', 'since']).execute()).toEqual([{ online: 0, since: 30 }])
  })
})

test('a gateway keeps since when it is online or offline', async () => {
  const status = { id: 'g1', online: 1, epoch: 'e', boot: 'b1', since: 10, clock: '{}', config: 'c', lanes: '{}', updated: 10 }
  await putGateway(records.db, status)
  await putGateway(records.db, { ...status, boot: 'b2', since: 20, updated: 20 })
  const stored = () => records.db.selectFrom('gateway').select(['online', 'boot', 'since', 'updated']).executeTakeFirst()
  expect(await stored()).toEqual({ online: 1, boot: 'b2', since: 10, updated: 20 })
  await putGateway(records.db, { ...status, online: 0, since: 30, updated: 30 })
  expect(await stored()).toEqual({ online: 0, boot: 'b1', since: 30, updated: 30 })
})

test('an event is kept once however often it comes', async () => {
  const event = (seq: number): NewEvent => {
    return { gateway: 'g1', epoch: 'e', lane: 'event', seq, kind: 'device.online', at: 1, device: 'd1', body: '{}', received: 2 }
  }
  expect(await putEvents(records.db, [event(1), event(2), event(1)])).toBe(2)
  expect(await putEvents(records.db, [event(2), event(3)])).toBe(1)
  expect(await putEvents(records.db, [{ ...event(3), epoch: 'other' }])).toBe(1)
  expect(await putEvents(records.db, [{ ...event(4), fact: 'f4' }])).toBe(1)
  // A gateway that begins a new epoch numbers anew what was on its way; another gateway's facts are its own.
  expect(await putEvents(records.db, [{ ...event(1), fact: 'f4', epoch: 'third' }])).toBe(0)
  expect(await putEvents(records.db, [{ ...event(1), fact: 'f4', gateway: 'g2' }])).toBe(1)
})

describe('a sweep', () => {
  const site = 1000 * HOUR
  const judged = async (table: 'judge_input' | 'rule_checkpoint') => {
    const rows = await records.db.selectFrom(table).select(['rule', 'at']).orderBy('rule').orderBy('at').execute()
    return rows.map(({ rule, at }) => `${rule} ${(site - at) / HOUR}`)
  }
  const putJudged = async (rule: string, inputHours: readonly number[], checkpointHours: readonly number[]) => {
    const inputs = inputHours.map((hours) => ({ rule, at: site - hours * HOUR, n: 0, value: 1, quality: 'good' as const }))
    await records.db.insertInto('judge_input').values(inputs).execute()
    for (const hours of checkpointHours) {
      await records.db
        .insertInto('rule_checkpoint')
        .values({ rule, at: site - hours * HOUR, state: '{}' })
        .execute()
    }
  }

  test('takes what is older than its bound, each by its own clock', async () => {
    const machine = 500_000 * HOUR
    for (const hours of [170, 169, 167]) await recordChange(records.db, 'station', 's', machine - hours * HOUR)
    await putJudged('a', [100, 99, 98, 97, 95], [100, 98, 95])
    expect(await sweepRecords(records.db, { site, machine })).toBe(6)
    expect(await records.db.selectFrom('change').select('at').execute()).toEqual([{ at: machine - 167 * HOUR }])
    expect(await judged('rule_checkpoint')).toEqual(['a 98', 'a 95'])
    expect(await judged('judge_input')).toEqual(['a 97', 'a 95'])
    expect(await sweepRecords(records.db, { site, machine })).toBe(0)
  })

  test('leaves what a rule folds from, however old: its inputs without a checkpoint, its last checkpoint without inputs', async () => {
    await putJudged('a', [500, 400], [])
    await putJudged('b', [500], [500, 400])
    await sweepRecords(records.db, { site, machine: 0 })
    expect(await judged('judge_input')).toEqual(['a 500', 'a 400'])
    expect(await judged('rule_checkpoint')).toEqual(['b 400'])
  })

  test('leaves the newest change, however old', async () => {
    await recordChange(records.db, 'station', 's', 0)
    const last = await recordChange(records.db, 'station', 's', 0)
    await sweepRecords(records.db, { site: 9000 * HOUR, machine: 9000 * HOUR })
    expect(await records.db.selectFrom('change').select('id').execute()).toEqual([{ id: last }])
  })

  test('knows every table that grows', () => {
    const bounded = ['device', 'gateway', 'latest', 'point', 'reader', 'series_guard', 'station']
    const tables = records.db.introspection.getTables().then((all) => all.map(({ name }) => name).sort())
    return expect(tables).resolves.toEqual([...RETENTION.map(({ table }) => table), ...bounded].sort())
  })
})
