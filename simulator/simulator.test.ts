import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ModbusRTU from 'modbus-serial'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadCatalogue, manualClock } from '#devices'
import { DELAY_MAX_MS } from './fault.ts'
import { type LedgerLine, openLedger, readLedger } from './ledger.ts'
import { readScenario, SCENARIOS_FOLDER, type Scenario } from './scenario.ts'
import type { SerialSettings } from './serial-settings.ts'
import { type DeviceAddress, openSimulator, type Simulator } from './simulator.ts'

const catalogue = loadCatalogue()
const scenario = readScenario(join(SCENARIOS_FOLDER, 'storm.yaml'), catalogue)
const START = Date.UTC(2026, 6, 1)
const MIN = 60_000
const T = 1_790_000_000_000

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-'))
  file = join(folder, 'ledger.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function linesOf(): Promise<LedgerLine[]> {
  const lines: LedgerLine[] = []
  for await (const line of readLedger(file)) lines.push(line)
  return lines
}

/** Runs a simulator at a site time that the job moves; the ledger is whole when this returns. */
async function simulate(
  what: Scenario,
  job: (simulator: Simulator, clock: { set(now: number): void }) => Promise<void>,
): Promise<void> {
  const clock = manualClock(START)
  using ledger = openLedger(file)
  await using simulator = await openSimulator(what, { clock, start: START, ledger, wall: () => T }, new AbortController().signal)
  await job(simulator, clock)
}

/** An independent master; a serial line has room for one at a time. */
async function master({ url, unit }: DeviceAddress, timeoutMs = 5000) {
  const client = new ModbusRTU.default()
  const { protocol, hostname, port, pathname, searchParams } = new URL(url)
  if (protocol === 'serial:') await client.connectRTUBuffered(pathname, { baudRate: Number(searchParams.get('baud')) })
  else await client.connectTCP(hostname, { port: Number(port) })
  client.setID(unit)
  client.setTimeout(timeoutMs)
  return Object.assign(client, {
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => client.close(() => resolve()))
    },
  })
}

function addressOf(simulator: Simulator, device: string): DeviceAddress {
  const address = simulator.addresses.find((entry) => entry.device === device)
  if (address === undefined) throw new Error(`no ${device}`)
  return address
}

test('another maker’s master reads the storm, and the ledger holds what it was given', async () => {
  await simulate(scenario, async (simulator, clock) => {
    expect(simulator.addresses.map(({ url }) => url)).toEqual([
      expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^serial:\/\/\/dev\/pts\/\d+\?baud=9600&parity=none&stopBits=1$/),
    ])
    await using gauge = await master(addressOf(simulator, '9DMF0001-R'))
    await using sensor = await master(addressOf(simulator, '9DMF0001-Z'))
    clock.set(START + 145 * MIN - 1)
    expect((await gauge.readInputRegisters(0, 2)).data).toEqual([0, 75])
    clock.set(START + 145 * MIN)
    expect((await gauge.readInputRegisters(0, 11)).data).toEqual([0, 103, 0, 0, 0, 0, 0, 0, 0, 0, 1285])
    clock.set(START + 370 * MIN)
    const level = Buffer.from((await sensor.readInputRegisters(106, 3)).buffer)
    expect(level.swap16().readFloatLE(0)).toBeCloseTo(36.62, 5)
    expect((await sensor.readDiscreteInputs(0, 1)).data[0]).toBe(false)
  })
  const at = (minute: number) => ({ t: T, at: START + minute * MIN })
  expect(await linesOf()).toEqual([
    { ...at(145), at: START + 145 * MIN - 1, device: '9DMF0001-R', point: 'rain_total', value: 375 },
    { ...at(145), device: '9DMF0001-R', point: 'rain_total', value: 515 },
    { ...at(145), device: '9DMF0001-R', point: 'battery', value: 1285 },
    { ...at(370), device: '9DMF0001-Z', point: 'level', value: 3662 },
    { ...at(370), device: '9DMF0001-Z', point: 'velocity', value: 233 },
    { ...at(370), device: '9DMF0001-Z', point: 'fault', value: false },
  ])
})

test('refuses what is outside its registers, writes, and units that are not there', async () => {
  await simulate(scenario, async (simulator) => {
    await using gauge = await master(addressOf(simulator, '9DMF0001-R'))
    for (const [address, count] of [
      [0, 12],
      [11, 1],
      [65_535, 2],
    ] as const)
      await expect(gauge.readInputRegisters(address, count)).rejects.toMatchObject({ modbusCode: 2 })
    await expect(gauge.readHoldingRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 2 })
    await expect(gauge.readCoils(0, 1)).rejects.toMatchObject({ modbusCode: 2 })
    await expect(gauge.writeRegister(0, 1)).rejects.toMatchObject({ modbusCode: 1 })
    await expect(gauge.maskWriteRegister(0, 1, 2)).rejects.toMatchObject({ modbusCode: 1 })
    gauge.setID(99)
    await expect(gauge.readInputRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 11 })
  })
  const lines = await linesOf()
  expect(lines.map((line) => ('served' in line ? line.served : line.point))).toEqual(Array(7).fill('exception'))
})

/** The storm's two devices on one line. */
const shared = (serial: SerialSettings | null): Scenario => ({
  ...scenario,
  stations: scenario.stations.map((station) => ({
    ...station,
    devices: station.devices.map((device) => ({ ...device, line: 0, serial })),
  })),
})

test.each<[string, SerialSettings | null]>([
  ['TCP port', null],
  ['serial line', { baud: 9600, parity: 'none', stopBits: 1, paced: false }],
  ['paced serial line', { baud: 9600, parity: 'even', stopBits: 1, paced: true }],
])('a device on a %s falls silent, refuses, babbles and comes back as it is told, its neighbour does not', async (_, serial) => {
  await simulate(shared(serial), async (simulator) => {
    expect(new Set(simulator.addresses.map(({ url }) => url)).size).toBe(1)
    const rain = async (timeoutMs?: number): Promise<number[]> => {
      await using gauge = await master(addressOf(simulator, '9DMF0001-R'), timeoutMs)
      return (await gauge.readInputRegisters(0, 2)).data
    }
    simulator.setFault('9DMF0001-R', { exception: 6 })
    await expect(rain()).rejects.toMatchObject({ modbusCode: 6 })
    simulator.setFault('9DMF0001-R', { delayMs: 30 })
    expect(await rain()).toEqual([0, 0])
    for (const fault of [{ silent: true }, { garbage: true }]) {
      simulator.setFault('9DMF0001-R', fault)
      await expect(rain(50)).rejects.toThrow('Timed out')
      await using neighbour = await master(addressOf(simulator, '9DMF0001-Z'))
      expect((await neighbour.readDiscreteInputs(0, 1)).data[0]).toBe(false)
    }
    simulator.setFault('9DMF0001-R', null)
    expect(await rain()).toEqual([0, 0])
    expect(() => simulator.setFault('nobody', null)).toThrow(RangeError)
  })
  const lines = (await linesOf()).filter(({ device }) => device === '9DMF0001-R')
  expect(lines.map((line) => ('served' in line ? line.served : line.value))).toEqual(['exception', 0, 'silent', 'garbage', 0])
})

test('a fault of the scenario comes and goes with site time', async () => {
  const faults = [{ device: '9DMF0001-R', kind: 'exception', code: 4, from: '1h', for: '10m', chance: 1 }] as const
  await simulate({ ...scenario, faults }, async (simulator, clock) => {
    await using gauge = await master(addressOf(simulator, '9DMF0001-R'))
    for (const [minute, works] of [
      [59, true],
      [60, false],
      [69, false],
      [70, true],
    ] as const) {
      clock.set(START + minute * MIN)
      const read = gauge.readInputRegisters(0, 2)
      await (works ? read : expect(read).rejects.toMatchObject({ modbusCode: 4 }))
    }
  })
})

test('an answer that could not be written is not in the ledger', async () => {
  await simulate(scenario, async (simulator) => {
    const { url, unit } = addressOf(simulator, '9DMF0001-R')
    simulator.setFault('9DMF0001-R', { delayMs: DELAY_MAX_MS })
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    // The last request, to a unit that is not there, is answered at once: by then the first has been taken in.
    socket.write(Uint8Array.of(0, 1, 0, 0, 0, 6, unit, 4, 0, 0, 0, 2, 0, 2, 0, 0, 0, 6, 99, 4, 0, 0, 0, 2))
    await once(socket, 'data')
    socket.destroy()
    simulator.setFault('9DMF0001-R', null)
    await using gauge = await master({ device: '', url, unit })
    await gauge.readInputRegisters(10, 1)
  })
  expect((await linesOf()).map((line) => ('point' in line ? line.point : line.served))).toEqual(['battery'])
})

test('240 stations answer, each on its own port', async () => {
  const load = readScenario(join(SCENARIOS_FOLDER, 'load.yaml'), catalogue)
  await simulate(load, async (simulator) => {
    expect(new Set(simulator.addresses.map(({ url }) => url)).size).toBe(240)
    for (const address of simulator.addresses) {
      await using client = await master(address)
      expect((await client.readInputRegisters(0, 5)).data).toHaveLength(5)
    }
  })
  expect((await linesOf()).length).toBe(1200)
})

/** A port that is free, as is the next. */
async function freePair(): Promise<number> {
  for (;;) {
    const [first, second] = [createServer(), createServer()]
    await once(first.listen(0, '127.0.0.1'), 'listening')
    const { port } = first.address() as AddressInfo
    const isFree = await once(second.listen(port + 1, '127.0.0.1'), 'listening').then(
      () => true,
      () => false,
    )
    await Promise.all([first, second].filter((server) => server.listening).map((server) => once(server.close(), 'close')))
    if (isFree) return port
  }
}

test('ports follow the base, and one that is taken closes those opened before it', async () => {
  const two = {
    ...scenario,
    stations: scenario.stations.map((station) => ({
      ...station,
      devices: station.devices.map((device, line) => ({ ...device, line, serial: null })),
    })),
  }
  const portBase = await freePair()
  using ledger = openLedger(file)
  const stop = new AbortController().signal
  const options = { clock: manualClock(START), start: START, ledger, portBase }
  {
    await using blocker = createServer().listen(portBase + 1, '127.0.0.1')
    await once(blocker, 'listening')
    await expect(openSimulator(two, options, stop)).rejects.toMatchObject({
      code: 'port',
      message: `expected to listen on 127.0.0.1:${portBase + 1}, got EADDRINUSE`,
    })
  }
  await using simulator = await openSimulator(two, options, stop)
  expect(simulator.addresses.map(({ url }) => url)).toEqual([`tcp://127.0.0.1:${portBase}`, `tcp://127.0.0.1:${portBase + 1}`])
})

test('does not open once it is to stop', async () => {
  using ledger = openLedger(file)
  await expect(
    openSimulator(scenario, { clock: manualClock(START), start: START, ledger }, AbortSignal.abort(new Error('stopping'))),
  ).rejects.toThrow('stopping')
})
