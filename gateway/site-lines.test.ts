import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readGatewayConfig } from './config.ts'
import { siteLines } from './site-lines.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lines-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('lines are told once, with their settings and what their devices are set to in the factory', () => {
  const file = join(folder, 'gateway.yaml')
  const device = (id: string, line: string, unit: number) =>
    `  - { id: ${id}, profile: multi/acme-ws-5, line: '${line}', unit: ${unit} }\n`
  writeFileSync(
    file,
    `gateway: g-1\ndevices:\n${[
      device('A', 'serial:///dev/ttyS1', 1),
      device('B', 'tcp://10.0.0.7', 1),
      device('C', 'serial:///dev/ttyS2?baud=19200&parity=even', 1),
      device('D', 'serial:///dev/ttyS1?baud=9600', 2),
    ].join('')}`,
  )
  const lines = siteLines(readGatewayConfig(file).devices)
  expect(lines.map(({ url, words, devices }) => [url, words, devices.map(({ id }) => id)])).toEqual([
    ['serial:///dev/ttyS1?baud=9600&parity=none&stopBits=1', 'serial port /dev/ttyS1 at 9600 baud, 8N1', ['A', 'D']],
    ['tcp://10.0.0.7:502', 'Modbus TCP at 10.0.0.7:502', ['B']],
    ['serial:///dev/ttyS2?baud=19200&parity=even&stopBits=1', 'serial port /dev/ttyS2 at 19200 baud, 8E1', ['C']],
  ])
  expect(lines.flatMap(({ differing }) => differing.map(({ device: { id }, factory }) => [id, factory]))).toEqual([
    ['C', '9600 baud, 8N1'],
  ])
})
