import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadCatalogue, siteClock } from '#devices'
import { type Bus, drivers, openBus, queryOf, tools } from '#drivers'
import { openLedger, openSimulator, readScenario, SCENARIOS_FOLDER, type Simulator } from '#simulator'
import type { SiteDevice } from './config.ts'
import { buildConsole } from './console.ts'
import { lineFrames, runningLines } from './console-client.ts'
import type { GatewayStatus } from './gateway-status.ts'
import { LISTENERS_MAX } from './line-routes.ts'
import { siteLines } from './site-lines.ts'

const catalogue = loadCatalogue()
const scenario = readScenario(join(SCENARIOS_FOLDER, 'storm.yaml'), catalogue)
const START = Date.UTC(2026, 6, 1)
/** Five minutes between rounds in an eighth of a second. */
const clock = siteClock({ start: START, since: Date.now(), speed: 2400 })
const WAIT = { timeout: 20_000, interval: 10 }
const running = new AbortController().signal

let open = new AsyncDisposableStack()
beforeEach(() => {
  open = new AsyncDisposableStack()
})
afterEach(() => open.disposeAsync())

interface RunningSite {
  readonly simulator: Simulator
  readonly bus: Bus
  readonly devices: readonly SiteDevice[]
  readonly console: string
  close(): Promise<void>
}

async function siteOf(): Promise<RunningSite> {
  const ledger = open.use(openLedger('/dev/null'))
  const simulator = open.use(await openSimulator(scenario, { clock, start: START, ledger }, running))
  const models = scenario.stations.flatMap(({ devices }) => devices)
  const devices = simulator.addresses.map(({ device, url, unit }): SiteDevice => {
    const name = { zh: device, en: device }
    const profile = models.find(({ id }) => id === device)?.profile
    if (profile === undefined) throw new Error(`no ${device}`)
    return { id: device, name, station: { id: device, name }, profile, line: url, unit }
  })
  const bus = open.use(openBus({ clock, log: { info: () => {}, warn: () => {} }, random: () => 0 }))
  const status = (): GatewayStatus => {
    throw new Error('not asked for here')
  }
  const app = buildConsole({ status, journalFile: '', upSeconds: () => 1, bus, lines: siteLines(devices), clock })
  open.defer(() => app.close())
  return { simulator, bus, devices, console: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

/** Polls a device until so many rounds are read. */
async function poll({ bus }: RunningSite, { id, profile, line, unit }: SiteDevice, rounds: number): Promise<unknown[]> {
  const { open: openDriver } = await drivers.modbus()
  const site = { bus, clock, log: { info: () => {}, warn: () => {} }, random: () => 0 }
  await using driver = await openDriver({ id, profile, line, unit }, site)
  const stop = new AbortController()
  const values: unknown[] = []
  let count = 0
  for await (const report of driver.readings(stop.signal)) {
    for (const { at: _, ...item } of report) values.push(item)
    if (++count === rounds) stop.abort()
  }
  return values
}

function deviceOf({ devices }: RunningSite, id: string): SiteDevice {
  const device = devices.find((one) => one.id === id)
  if (device === undefined) throw new Error(`no ${id}`)
  return device
}

test('tells the lines with who is on them', async () => {
  const site = await siteOf()
  const [gauge, sensor] = (await runningLines(site.console)) ?? []
  expect(gauge).toEqual({
    url: site.simulator.addresses[0]?.url,
    words: expect.stringMatching(/^Modbus TCP at 127\.0\.0\.1:\d+$/),
    devices: [{ id: '9DMF0001-R', unit: 1, profile: 'rain-gauge/acme-rg-1' }],
  })
  expect(sensor?.url).toMatch(/^serial:\/\/\/dev\/pts\/\d+\?baud=9600&parity=none&stopBits=1$/)
})

test.each(['9DMF0001-R', '9DMF0001-Z'])('what it tells of the line of %s while it is polled is a recording of it', async (id) => {
  const site = await siteOf()
  const device = deviceOf(site, id)
  const lines: string[] = []
  const stop = new AbortController()
  const listening = (async () => {
    for await (const line of lineFrames(site.console, device.line, stop.signal)) lines.push(line)
  })()
  await vi.waitFor(() => expect(lines).toHaveLength(1), WAIT)
  const live = await poll(site, device, 4)
  await vi.waitFor(() => expect(lines.at(-1)).toContain('"event":"close"'), WAIT)
  stop.abort()
  await listening
  const player = await tools.replay()
  const recording = player.parseRecording(`${lines.join('\n')}\n`, 'tap')
  const reports = await player.replay(recording, player.replayDevices(recording.header.devices, catalogue))
  // Whose turn comes first where two intervals are due together is not of the recording; what each point said is.
  const byPoint = (items: readonly unknown[]) =>
    Object.groupBy(items as { readonly point?: string }[], ({ point }) => point ?? 'event')
  expect(byPoint(reports.flat().map(({ at: _, ...item }) => item))).toEqual(byPoint(live))
})

test('one who listens and does not read changes nothing of what is polled, and holds up no stop', async () => {
  const site = await siteOf()
  const device = deviceOf(site, '9DMF0001-R')
  const { hostname, port } = new URL(site.console)
  const socket = connect(Number(port), hostname)
  open.defer(() => void socket.destroy())
  await once(socket, 'connect')
  socket.pause()
  socket.write(`GET /lines/${device.id}/frames HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  const heard = vi.fn()
  site.bus.tap(device.line).listen(heard)
  await using lease = site.bus.lease(device.line)
  const read = queryOf({ function: 4, address: 0, count: 11 })
  // More than its socket and its queue take together.
  for (let index = 0; index < 8000; index++) await lease.line.transact(device.unit, read, 10_000, running)
  expect(heard.mock.calls.length).toBe(1 + 2 * 8000)
  expect(lease.line.counts).toMatchObject({ requests: 8000, answers: 8000, timeouts: 0, late: 0, foreign: 0, connections: 1 })
  const closed = once(socket, 'close')
  socket.on('error', () => {})
  await site.close()
  socket.resume()
  await closed
})

test('a line that is not there, too many listeners, and no gateway at all are told', async () => {
  const site = await siteOf()
  const listen = async (line: string): Promise<string | undefined> => {
    for await (const first of lineFrames(site.console, line, running)) return first
    return undefined
  }
  await expect(listen('tcp://127.0.0.1:1')).rejects.toThrow(
    'expected the URL of a line or the id of a device on it, got "tcp://127.0.0.1:1"',
  )
  await expect(listen('nope')).rejects.toThrow('9600')
  const stop = new AbortController()
  const all = Array.from({ length: LISTENERS_MAX }, () => lineFrames(site.console, '9DMF0001-R', stop.signal))
  for (const one of all) expect((await one.next()).value).toContain('"sluice":"recording"')
  await expect(listen('9DMF0001-R')).rejects.toThrow(`expected at most ${LISTENERS_MAX} listeners, got one more`)
  stop.abort()
  for (const one of all) expect(await one.next()).toEqual({ done: true, value: undefined })
  // Those who are gone make room.
  await vi.waitFor(async () => expect(await listen('9DMF0001-R')).toContain('"version":1'), WAIT)
  await site.close()
  await expect(listen('9DMF0001-R')).rejects.toThrow(/^expected a running gateway whose console is .*, got ECONN[A-Z]+$/)
  expect(await runningLines(site.console)).toBeNull()
  const ended: unknown[] = []
  for await (const line of lineFrames(site.console, 'x', AbortSignal.abort())) ended.push(line)
  expect(ended).toEqual([])
})

test('something else on the port is no gateway', async () => {
  const server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.defer(() => void server.close())
  expect(await runningLines(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).toBeNull()
})
