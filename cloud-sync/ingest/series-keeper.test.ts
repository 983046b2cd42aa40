import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { InfluxClient, Influxd, openEmbeddedSeries, openInfluxSeries, type SeriesRow, type SeriesStore } from '#cloud/store'
import { batchesOf, MINUTE, NOON, openWriter } from './series.fixture.ts'

const log = pino({ level: 'silent' })
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const count = (series: SeriesStore) => series.count().catch(() => -1)

async function expectEqual(series: SeriesStore, rows: readonly SeriesRow[]): Promise<void> {
  expect(await series.count()).toBe(rows.length)
  for (const [key, expected] of Map.groupBy(rows, ({ device, point }) => `${device} ${point}`)) {
    const [device = '', point = ''] = key.split(' ')
    const page = await series.range({ device, point, from: 0, to: 1e13, limit: 100_000 })
    expect(page.rows).toEqual(expected.toSorted((a, b) => a.at - b.at).map(({ device: _, point: __, ...value }) => value))
  }
}

describe('the series store is kept equal to the inbox', () => {
  let server: Influxd
  let servers: string
  let databases = 0
  beforeAll(async () => {
    servers = mkdtempSync(join(tmpdir(), 'keeper-influx-'))
    server = await Influxd.start(join(servers, 'one'))
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(servers, { recursive: true })
  })
  const own = () => ({ url: server.url, database: `keeper_${databases++}` })

  test('when its database is dropped while it is written to', async () => {
    const setting = own()
    await using series = openInfluxSeries({ ...setting, log })
    await using cloud = await openWriter(folder, series)
    const before = batchesOf(20, 200)
    cloud.take(before)
    await until(() => cloud.writer.cursor === 20 && cloud.keeper.refilling === null)
    const { life } = await series.mark()

    await new InfluxClient(setting).dropDatabase()
    const after = batchesOf(20, 200, NOON + 200 * MINUTE)
    cloud.take(after)
    const rows = [...before, ...after].flatMap((batch) => batch.rows)
    await until(async () => (await count(series)) === rows.length)
    await expectEqual(series, rows)
    expect((await series.mark()).life).not.toBe(life)
    await until(async () => (await series.mark()).reached === 40)
  })

  test('when the server lost all its data while the cloud was away, and when it comes back empty beside a running cloud', async () => {
    const setting = own()
    const batches = batchesOf(30, 100)
    const rows = batches.flatMap((batch) => batch.rows)
    {
      await using series = openInfluxSeries({ ...setting, log })
      await using cloud = await openWriter(folder, series)
      cloud.take(batches)
      await until(() => cloud.writer.cursor === 30)
    }
    await server.kill()
    for (const part of ['meta', 'data', 'wal']) rmSync(join(servers, 'one', part), { recursive: true })
    await server.restart()
    await using series = openInfluxSeries({ ...setting, log })
    await using cloud = await openWriter(folder, series)
    await until(async () => (await count(series)) === rows.length)
    await expectEqual(series, rows)

    await server.kill()
    for (const part of ['meta', 'data', 'wal']) rmSync(join(servers, 'one', part), { recursive: true })
    await server.restart()
    await until(async () => (await count(series)) === rows.length)
    await expectEqual(series, rows)
    expect(cloud.writer.error).toBe(null)
  })

  test('when its server is away for a while: batches are taken meanwhile', async () => {
    await using series = openInfluxSeries({ ...own(), log })
    await using cloud = await openWriter(folder, series)
    const batches = batchesOf(30, 100)
    cloud.take(batches.slice(0, 10))
    await until(() => cloud.writer.cursor === 10)
    await until(async () => (await series.mark()).reached === 10)
    await server.kill()
    cloud.take(batches.slice(10))
    expect(cloud.inbox.newest).toBe(30)
    await until(() => cloud.writer.error !== null)
    await server.restart()
    await until(() => cloud.writer.cursor === 30 && cloud.keeper.refilling === null)
    await expectEqual(
      series,
      batches.flatMap((batch) => batch.rows),
    )
  })

  test('when its server is started anew without what it answered for last', async () => {
    const setting = own()
    await using series = openInfluxSeries({ ...setting, log })
    await using cloud = await openWriter(folder, series)
    await until(async () => (await cloud.records.db.selectFrom('series_guard').selectAll().execute()).length === 1)
    const batches = batchesOf(10, 50)
    const rows = batches.flatMap((batch) => batch.rows)
    cloud.take(batches)
    await until(async () => (await series.mark()).reached === 10)
    // As a server does that ran out of disk: its mark is there, rows are not.
    await new InfluxClient(setting).query([`DELETE FROM "reading" WHERE "device" = 'd3'`])
    await until(async () => (await count(series)) < rows.length)
    await server.restart()
    await until(async () => (await count(series)) === rows.length)
    await expectEqual(series, rows)
  })

  test('when somebody drops its measurements', async () => {
    const setting = own()
    await using series = openInfluxSeries({ ...setting, log })
    await using cloud = await openWriter(folder, series)
    const batches = batchesOf(5, 100)
    cloud.take(batches)
    await until(() => cloud.writer.cursor === 5)
    await until(async () => (await series.mark()).reached === 5)
    await new InfluxClient(setting).query(['DROP MEASUREMENT "reading"', 'DROP MEASUREMENT "sluice"'])
    const rows = batches.flatMap((batch) => batch.rows)
    await until(async () => (await count(series)) === rows.length)
    await expectEqual(series, rows)
  })

  test('and what it refuses stands in the records by name', async () => {
    const setting = own()
    await new InfluxClient(setting).query([`CREATE DATABASE "${setting.database}" WITH DURATION 30d`])
    await using series = openInfluxSeries({ ...setting, log })
    await using cloud = await openWriter(folder, series)
    const start = Math.floor(Date.now() / MINUTE) * MINUTE
    const fresh = batchesOf(3, 50, start - 60 * MINUTE)
    const old = batchesOf(2, 50, start - 90 * 24 * 60 * MINUTE)
    cloud.take([...fresh, ...old])
    await until(() => cloud.writer.cursor === 5)
    await expectEqual(
      series,
      fresh.flatMap((batch) => batch.rows),
    )
    const parked = await cloud.records.db.selectFrom('parked').select(['device', 'point', 'at', 'n', 'why']).execute()
    expect(parked).toHaveLength(200)
    expect(parked[0]).toMatchObject({ device: 'd0', n: 0, why: expect.stringContaining('retention policy') })
  })

  test('when an older copy of an embedded store is put back', async () => {
    const file = join(folder, 'series.db')
    const batches = batchesOf(40, 50)
    const rows = batches.flatMap((batch) => batch.rows)
    const write = async (part: typeof batches, cursor: number) => {
      await using series = await openEmbeddedSeries(file)
      await using cloud = await openWriter(folder, series)
      cloud.take(part)
      await until(() => cloud.writer.cursor === cursor && cloud.keeper.refilling === null)
    }
    await write(batches.slice(0, 15), 15)
    copyFileSync(file, `${file}.copy`)
    await write(batches.slice(15), 40)
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true })
    copyFileSync(`${file}.copy`, file)
    await using series = await openEmbeddedSeries(file)
    expect(await series.mark()).toMatchObject({ reached: 15 })
    await using cloud = await openWriter(folder, series)
    await until(async () => (await series.count()) === rows.length && cloud.keeper.refilling === null)
    await expectEqual(series, rows)
  })

  test('when another, empty store takes its place', async () => {
    const batches = batchesOf(10, 50)
    const rows = batches.flatMap((batch) => batch.rows)
    {
      await using series = await openEmbeddedSeries(join(folder, 'series.db'))
      await using cloud = await openWriter(folder, series)
      cloud.take(batches)
      await until(() => cloud.writer.cursor === 10)
    }
    await using series = openInfluxSeries({ ...own(), log })
    await using cloud = await openWriter(folder, series)
    await until(async () => (await count(series)) === rows.length && cloud.keeper.refilling === null)
    await expectEqual(series, rows)
  })
})
