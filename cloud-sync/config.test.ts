import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readCloudConfig } from './config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloud-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function read(text: string) {
  const file = join(folder, 'cloud.yaml')
  writeFileSync(file, text)
  return readCloudConfig(file)
}

test('measurements are kept in the data folder where nothing else is said', () => {
  expect(read('rules: []')).toMatchObject({ data: join(folder, 'data/cloud'), series: { kind: 'embedded' } })
})

test('measurements may be kept in InfluxDB', () => {
  const series = { kind: 'influx', url: 'http://127.0.0.1:8086', database: 'sluice', username: 'cloud', password: 'x' }
  expect(read(JSON.stringify({ rules: [], series })).series).toEqual(series)
})

test.each([
  ['{ kind: influx, url: "http://127.0.0.1:8086" }', /series.*database/s],
  ['{ kind: influx, url: "127.0.0.1:8086", database: x }', /series\.url/],
  ['{ kind: influx, url: "http://user:secret@127.0.0.1:8086", database: x }', /series\.url/],
  ['{ kind: influx, url: "http://127.0.0.1:8086", database: x, org: y }', /series\.org.*unknown/s],
  ['{ kind: embedded, url: "http://127.0.0.1:8086" }', /series\.url.*unknown/s],
  ['{ kind: postgres }', /series/],
])('a wrong place for measurements is told with its line: %s', (series, message) => {
  expect(() => read(`rules: []\nseries: ${series}`)).toThrow(message)
  expect(() => read(`rules: []\nseries: ${series}`)).toThrow(/cloud\.yaml:2:/)
})
