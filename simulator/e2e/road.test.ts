import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openCloud, ROLES, readCloudConfig } from '#cloud'
import { loadCatalogue, siteClock } from '#devices'
import { openGateway, readGatewayConfig } from '#gateway'
import { openLedger, openSimulator, readLedger, readScenario, SCENARIOS_FOLDER, type ServedPoint } from '#simulator'
import { CloudClient } from './cloud-client.ts'
import { demoRules, writeCloudFile, writeGatewayFile } from './demo-site.ts'
import { reconcile } from './reconcile.ts'

const SPEED = 720
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-road-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
/** Values of a metric by its labels, as `{lane="reading"}`. */
const valuesOf = (text: string, name: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.startsWith(`sluice_${name}{`) || line.startsWith(`sluice_${name} `))
      .map((line) => line.slice(`sluice_${name}`.length).split(/ (?=[\d.e+-]+$)/))
      .map(([labels = '', value]) => [labels, Number(value)]),
  )

test('from the wire to the page: every reading once, every counter of the road in balance', async () => {
  const log = pino({ enabled: false })
  const start = Date.parse('2026-07-01T08:00:00+08:00')
  const clock = siteClock({ start, since: Date.now(), speed: SPEED })
  const stop = new AbortController()
  const scenario = readScenario(join(SCENARIOS_FOLDER, 'storm.yaml'), loadCatalogue())
  const rules = scenario.stations.flatMap(({ id }) => demoRules(id))
  const ledgerFile = join(folder, 'ledger.jsonl')
  const ledger = openLedger(ledgerFile)
  await using simulator = await openSimulator(scenario, { clock, start, ledger }, stop.signal)
  const cloudConfig = readCloudConfig(writeCloudFile(folder, { name: 'road', loops: false, rules }))
  const ports = { broker: { ...cloudConfig.broker, port: 0 }, http: { ...cloudConfig.http, port: 0 } }
  await using cloud = await openCloud({ config: { ...cloudConfig, ...ports }, roles: ROLES, version: 'test', clock, log })
  const client = new CloudClient(cloud.httpUrl ?? '')
  const gatewayConfig = readGatewayConfig(
    writeGatewayFile(folder, { scenario, addresses: simulator.addresses, broker: cloud.brokerUrl, rules }),
  )
  const console = { host: '127.0.0.1', port: 0 }
  const gateway = await openGateway({ config: { ...gatewayConfig, console }, version: 'test', clock, random: Math.random, log })

  await until(() => gateway.status.journal.lanes.reading.issued >= 30)
  const { lanes } = await (async () => {
    // A planned stop sends what waits; the console is asked just before.
    const text = await (await fetch(`${gateway.console}/metrics`)).text()
    expect(valuesOf(text, 'link_up')).toEqual({ '': 1 })
    expect(valuesOf(text, 'outbox_bytes_left')['']).toBeGreaterThan(0)
    await gateway[Symbol.asyncDispose]()
    return gateway.status.journal
  })()
  ledger[Symbol.dispose]()
  const issued = { alarm: lanes.alarm.issued, event: lanes.event.issued, reading: lanes.reading.issued }
  expect([lanes.alarm.waiting, lanes.event.waiting, lanes.reading.waiting]).toEqual([0, 0, 0])
  const metrics = async () => (await fetch(`${cloud.httpUrl}/metrics`)).text()
  await until(async () => Object.values(valuesOf(await metrics(), 'reader_lag_batches')).every((lag) => lag === 0))
  const text = await metrics()
  expect(valuesOf(text, 'inbox_rows_total')).toEqual({
    '{lane="alarm"}': issued.alarm,
    '{lane="event"}': issued.event,
    '{lane="reading"}': issued.reading,
  })
  for (const reader of ['series', 'judge'])
    expect(valuesOf(text, 'reader_rows_total')[`{reader="${reader}",lane="reading"}`]).toBe(issued.reading)
  expect(await client.audit()).toMatchObject({ ok: true })

  const served: ServedPoint[] = []
  for await (const line of readLedger(ledgerFile)) if ('point' in line) served.push(line)
  const points = new Map(served.map(({ device, point }) => [`${device} ${point}`, { device, point }]))
  const rows = (await Promise.all([...points.values()].map(({ device, point }) => client.rows(device, point)))).flat()
  const { lost, duplicates, stored } = reconcile(served, rows, 900 * SPEED)
  // An answer that was under way when the site stopped is nobody's; everything else is there once.
  expect(lost.filter(({ at }) => at < (rows.at(-1)?.at ?? 0) - 300_000)).toEqual([])
  expect(duplicates).toEqual([])
  expect(stored).toBeGreaterThanOrEqual(30)
})
