import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readCloudConfig } from '#cloud'
import { loadCatalogue } from '#devices'
import { readGatewayConfig } from '#gateway'
import { readScenario } from '#simulator'
import packageJson from '../package.json' with { type: 'json' }

const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')

interface Compose {
  services: Record<string, { ports?: string[]; command: string[]; read_only: boolean }>
}

test('the image holds every room that package.json opens a door to', () => {
  const rooms = new Set(Object.values(packageJson.imports).map((path) => path.split('/')[1]))
  const copied = [...read('./Dockerfile').matchAll(/^COPY --from=build \/src\/(\S+) \1$/gm)].map((match) => match[1])
  expect(copied.filter((folder) => folder !== 'node_modules').sort()).toEqual([...rooms].sort())
})

test('the image and the service run the Node that the project is pinned to, with its flags', () => {
  const major = packageJson.devDependencies.node.split('.')[0]
  const bases = [...read('./Dockerfile').matchAll(/^FROM node:(\d+)-/gm)].map((match) => match[1])
  expect(bases).toEqual([major, major])
  // In the image each is a word of its own.
  const flags = ['--max-semi-space-size=2', '--v8-pool-size=1', 'MALLOC_ARENA_MAX=1']
  for (const text of [read('./Dockerfile'), read('./sluice-gateway.service'), packageJson.scripts.start]) {
    for (const flag of flags) expect(text).toContain(flag)
    expect(text).toContain('NODE_COMPILE_CACHE=')
  }
})

test('the composed site publishes on loopback alone and cannot write its own root', () => {
  const { services }: Compose = parse(read('./compose.yaml'), { merge: true })
  expect(Object.keys(services)).toEqual(['cloud', 'influxdb', 'gateway', 'simulator'])
  for (const { ports = [], read_only: isReadOnly } of Object.values(services)) {
    expect(isReadOnly).toBe(true)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  }
})

test('the composed site begins with configurations that are right, and finds its peers by their names', () => {
  const { services }: Compose = parse(read('./compose.yaml'), { merge: true })
  const path = (name: string) => fileURLToPath(new URL(`./config/${name}`, import.meta.url))
  const { series, data } = readCloudConfig(path('cloud.yaml'))
  const { broker, devices } = readGatewayConfig(path('gateway.yaml'))
  const scenario = readScenario(path('storm.yaml'), loadCatalogue())
  expect(devices.map(({ id, unit }) => [id, unit])).toEqual(
    scenario.stations.flatMap((station) => station.devices.map(({ id, unit }) => [id, unit])),
  )
  expect(series.kind).toBe('influx')
  expect(data).toMatch(/^\/var\/lib\/sluice\//)
  const peers = [broker, ...(series.kind === 'influx' ? [series.url] : [])].map((url) => new URL(url).hostname)
  expect(Object.keys(services)).toEqual(expect.arrayContaining(peers))
})

test('the build leaves tests, data and history out of the image', () => {
  const ignored = read('./Dockerfile.dockerignore').trim().split('\n')
  expect(ignored).toEqual(expect.arrayContaining(['.git', '**/node_modules', '**/dist', '**/*.test.ts', 'data']))
  expect(readdirSync(fileURLToPath(new URL('.', import.meta.url)))).toContain('Dockerfile.dockerignore')
})
