import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SeriesRow, SeriesStore } from '../series.ts'
import { seriesStoreContract } from '../series-contract.ts'
import { InfluxClient } from './influx-client.ts'
import { type InfluxOptions, openInfluxSeries } from './influx-series.ts'
import { Influxd } from './influxd.ts'

let folder: string
let server: Influxd
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'influx-'))
  server = await Influxd.start(folder)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const log = pino({ level: 'silent' })
let databases = 0
const open = async () => openInfluxSeries({ url: server.url, database: `contract_${databases++}`, log })

seriesStoreContract('InfluxDB', open)

const NOON = Date.UTC(2026, 6, 1, 4)
const MINUTE = 60_000
const DAY = 86_400_000
const ALL = { device: 'd1', point: 'level', from: 0, to: NOON * 2, limit: 100_000 }
const row = (at: number, value: SeriesRow['value'], over: Partial<SeriesRow> = {}): SeriesRow => {
  return { device: 'd1', point: 'level', at, n: 0, value, quality: 'good', received: at + 900, hash: 'h1', ...over }
}
const seen = ({ device: _, point: __, ...value }: SeriesRow) => value

/** A store on a database of its own, and that database as another program sees it. */
function openOwn(over: Partial<InfluxOptions> = {}): { store: SeriesStore; client: InfluxClient; options: InfluxOptions } {
  const options = { url: server.url, database: `own_${databases++}`, log, ...over }
  return { store: openInfluxSeries(options), client: new InfluxClient(options), options }
}

describe('the series store on InfluxDB', () => {
  test('writes one line for all points of a device and an instant, with its time in ns', async () => {
    const { store, client } = openOwn()
    await store.write([
      row(NOON, 3175),
      row(NOON, 12, { point: 'rain' }),
      row(NOON, null, { point: 'soil', quality: 'bad', reason: 'timeout' }),
      row(NOON, true, { point: 'door', n: 2 }),
    ])
    const [[table] = []] = await client.query(['SELECT * FROM "reading"'])
    const lines = table?.values.map((line) =>
      Object.fromEntries(table.columns.flatMap((name, index) => (line[index] === null ? [] : [[name, line[index]]]))),
    )
    const common = { device: 'd1', profile: 'h1', received: NOON + 900 }
    expect(lines).toEqual([
      {
        time: '2026-07-01T04:00:00Z',
        ...common,
        'level.int': 3175,
        'rain.int': 12,
        'soil.null': true,
        'soil.quality': 'bad',
        'soil.reason': 'timeout',
      },
      { time: '2026-07-01T04:00:00.000000002Z', ...common, 'door.bool': true },
    ])
    await store[Symbol.asyncDispose]()
  })

  test('knows what it wrote when it is opened again, and overwrites nothing of it', async () => {
    const { store, options } = openOwn()
    const minutes = Array.from({ length: 50 }, (_, minute) => row(NOON + minute * MINUTE, minute))
    await store.write(minutes)
    await using again = openInfluxSeries(options)
    await again.write([row(NOON + 7 * MINUTE, 99), ...minutes.slice(0, 9)])
    await again.write([row(NOON + 60 * MINUTE, 60), row(NOON - DAY, -1), row(NOON - DAY, -1), row(NOON + 49 * MINUTE, 99)])
    const { rows } = await again.range(ALL)
    expect(rows).toHaveLength(54)
    expect(rows.filter(({ reason }) => reason === 'conflict').map(({ at, n, value }) => [at, n, value])).toEqual([
      [NOON + 7 * MINUTE, 1, 99],
      [NOON + 49 * MINUTE, 1, 99],
    ])
    expect(rows.filter(({ n }) => n === 0).map(({ value }) => value)).toEqual([-1, ...minutes.map(({ value }) => value), 60])
  })

  test('is equal whether calls overlap or not', async () => {
    const { store } = openOwn()
    const minutes = Array.from({ length: 300 }, (_, index) => row(NOON + (index % 100) * MINUTE, Math.floor(index / 100)))
    await Promise.all(Array.from({ length: 30 }, (_, part) => store.write(minutes.slice(part * 10, part * 10 + 10))))
    const { rows } = await store.range(ALL)
    expect(rows.map(({ at, n, value }) => [at, n, value])).toEqual(
      Array.from({ length: 300 }, (_, index) => [NOON + Math.floor(index / 3) * MINUTE, index % 3, index % 3]),
    )
    await store[Symbol.asyncDispose]()
  })

  test('names the rows that a retention policy refuses and writes all others', async () => {
    const { store, client, options } = openOwn()
    await client.query([`CREATE DATABASE "${options.database}" WITH DURATION 30d`])
    const now = Date.now()
    const rows = Array.from({ length: 3000 }, (_, index) => row(now - index * MINUTE, index, { device: `d${index % 7}` }))
    const old = Array.from({ length: 40 }, (_, index) => row(now - 300 * DAY - index, index, { device: `d${index % 7}` }))
    const refused = await store.write([...old.slice(0, 13), ...rows.slice(0, 1000), ...old.slice(13), ...rows.slice(1000)])
    expect(refused.map((one) => one.row.at).sort()).toEqual(old.map(({ at }) => at).sort())
    expect(new Set(refused.map(({ why }) => /retention policy/.test(why)))).toEqual(new Set([true]))
    expect(await store.count()).toBe(rows.length)
    expect(await store.write(old)).toHaveLength(40)
    await store[Symbol.asyncDispose]()
  })

  test('names the one row that does not fit what another program wrote, and keeps the others of its line', async () => {
    const { store, client } = openOwn()
    await store.mark()
    await client.write(`reading,device=d1,profile=h1 rain.int="a text" ${NOON}000000`)
    const rows = Array.from({ length: 100 }, (_, index) => row(NOON + index, index, { device: 'd2' }))
    const bad = row(NOON + 50, 1, { device: 'd2', point: 'rain' })
    const beyond = row(9_300_000_000_000, 1)
    const refused = await store.write([...rows, bad, row(NOON + 50, 2, { device: 'd2', point: 'soil' }), beyond])
    expect(refused.map((one) => one.row)).toEqual(expect.arrayContaining([bad, beyond]))
    expect(refused).toHaveLength(2)
    expect((await store.range({ ...ALL, device: 'd2' })).rows).toEqual(rows.map(seen))
    expect((await store.range({ ...ALL, device: 'd2', point: 'soil' })).rows).toHaveLength(1)
    await store[Symbol.asyncDispose]()
  })

  test('says that the server is away while it is, and goes on when it is back, also where it was killed while it wrote', async () => {
    const { store } = openOwn()
    const rows = Array.from({ length: 40_000 }, (_, index) => row(NOON + index * 1000, index, { received: NOON }))
    await store.write(rows.slice(0, 1000))
    let failures = 0
    const writing = (async () => {
      for (let from = 1000; from < rows.length; ) {
        try {
          await store.write(rows.slice(from, from + 500))
          from += 500
        } catch (error) {
          expect(error).toMatchObject({ code: 'unavailable' })
          failures += 1
          if (failures === 1) await server.restart()
        }
      }
    })()
    await server.kill()
    await writing
    expect(failures).toBeGreaterThan(0)
    expect((await store.range(ALL)).rows).toEqual(rows.map(seen))
    expect(await store.count()).toBe(rows.length)
    await store[Symbol.asyncDispose]()
  })

  test('waits no longer than it is told for a server that stands still', async () => {
    const { store } = openOwn({ answerMs: 300 })
    await store.write([row(NOON, 1)])
    await server.pause()
    try {
      await expect(store.write([row(NOON + 1, 2)])).rejects.toMatchObject({ code: 'unavailable' })
      await expect(store.range(ALL)).rejects.toMatchObject({ code: 'unavailable' })
    } finally {
      server.resume()
    }
    await using patient = openInfluxSeries({ ...openOwn().options, database: `own_${databases - 2}` })
    await patient.write([row(NOON + 1, 2)])
    expect((await patient.range(ALL)).rows.map(({ value }) => value)).toEqual([1, 2])
    await store[Symbol.asyncDispose]()
  })

  test('is read beside its writer, and only read', async () => {
    const { store, options } = openOwn()
    await using reader = openInfluxSeries({ ...options, readonly: true })
    await expect(reader.range(ALL)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('database not found'),
    })
    await store.write([row(NOON, 1)])
    expect((await reader.range(ALL)).rows).toHaveLength(1)
    await expect(reader.write([row(NOON, 2)])).rejects.toMatchObject({ code: 'readonly' })
    await expect(reader.setReached(1)).rejects.toMatchObject({ code: 'readonly' })
    await store[Symbol.asyncDispose]()
  })

  test('tells who it is to a server that asks', async () => {
    await using guarded = await Influxd.start(join(folder, 'guarded'), { isGuarded: true })
    const setting = { url: guarded.url, database: 'own' }
    await new InfluxClient(setting).query([`CREATE USER "op" WITH PASSWORD 'a"b\\'c' WITH ALL PRIVILEGES`])
    await using stranger = openInfluxSeries({ ...setting, log })
    await expect(stranger.write([row(NOON, 1)])).rejects.toMatchObject({ code: 'unavailable' })
    await using store = openInfluxSeries({ ...setting, username: 'op', password: 'a"b\'c', log })
    await store.write([row(NOON, 1)])
    expect((await store.range(ALL)).rows).toHaveLength(1)
  })
})
