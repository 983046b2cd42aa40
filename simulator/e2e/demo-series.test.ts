import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InfluxClient, Influxd } from '#cloud/store'
import { openDemoSeries } from './demo-series.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'demo-series-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a run keeps its measurements in its own folder where nothing else is asked for', async () => {
  await using series = await openDemoSeries({}, folder)
  expect(series.setting).toEqual({ kind: 'embedded' })
})

test('a server that is begun for a run ends with it', async () => {
  let url = ''
  {
    await using series = await openDemoSeries({ series: 'influx' }, folder)
    if (series.setting.kind === 'influx') url = series.setting.url
    expect((await fetch(`${url}/ping`)).status).toBe(204)
  }
  await expect(fetch(`${url}/ping`)).rejects.toThrow()
})

test('a run leaves a server that was there as it was', async () => {
  await using server = await Influxd.start(folder)
  const theirs = new InfluxClient({ url: server.url, database: 'theirs' })
  await theirs.createDatabase()
  await using series = await openDemoSeries({ influxUrl: server.url }, folder)
  if (series.setting.kind !== 'influx') throw new Error('expected InfluxDB')
  await new InfluxClient(series.setting).createDatabase()
  await series.discard()
  const [[databases] = []] = await theirs.query(['SHOW DATABASES'])
  expect(databases?.values).toEqual([['theirs']])
})
