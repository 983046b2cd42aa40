import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Clock, loadCatalogue, modbusEntry, siteClock, wallClock } from '#devices'
import { processTimers } from '#devices/time'
import { encodeRequest, encodeResponse, encodeTcp } from '#protocols/modbus'
import { openLedger, openSimulator, readScenario, SCENARIOS_FOLDER, type Scenario } from '#simulator'
import { openBus } from './bus.ts'
import type { Report } from './driver.ts'
import { queryOf } from './framing.ts'
import { drivers } from './index.ts'
import { Recorder } from './recorder.ts'
import { formatRecording, parseRecording, type Recording, type RecordingEntry, recordingHeader } from './recording.ts'
import { type ReplayOptions, replay, replayDrivers } from './replay.ts'
import { openReplayServer, replayedDevice } from './replay-device.ts'
import { replayDevices, tellable } from './replay-text.ts'

const catalogue = loadCatalogue()
const START = Date.UTC(2026, 6, 1)
/** Five minutes between rounds of another master in an eighth of a second. */
const SPEED = 2400
const ROUNDS = 8
const running = new AbortController().signal
const quiet = { info: () => {}, warn: () => {} }

interface Live {
  readonly recording: Recording
  readonly reports: readonly Report[]
  readonly devices: ReplayOptions['devices']
}

/** A wait is over at once, and its time has passed: rounds of five minutes, however busy the machine is. What goes over the wire takes no time. */
function leapingClock(): Clock {
  let passed = 0
  const after = (ms: number, call: () => void): (() => void) =>
    processTimers.after(0, () => {
      passed += ms
      call()
    })
  return { now: () => START + passed, mono: () => passed, after, speed: 1 }
}

/** Polls a device of a scenario, recorded from the first byte on. */
async function live(scenario: Scenario, id: string): Promise<Live> {
  const clock = leapingClock()
  using ledger = openLedger('/dev/null')
  await using simulator = await openSimulator(scenario, { clock, start: START, ledger }, running)
  const address = simulator.addresses.find(({ device }) => device === id)
  const device = scenario.stations.flatMap(({ devices }) => devices).find((one) => one.id === id)
  if (!address || !device) throw new Error(`no ${id}`)
  const { url, unit } = address
  const { profile } = device
  await using bus = openBus({ clock: wallClock(), log: quiet, random: () => 0 })
  const lines: string[] = []
  const header = recordingHeader(url, [{ id, unit, profile: profile.name }], { now: clock.now(), speed: clock.speed })
  const recorder = new Recorder({ header, write: (line) => void lines.push(line), mono: clock.mono })
  using _ = bus.tap(url).listen(recorder.take)
  const { open } = await drivers.modbus()
  const site = { bus, clock, log: quiet, random: () => 0 }
  await using driver = await open({ id, profile, line: url, unit }, site)
  const stop = new AbortController()
  const reports: Report[] = []
  for await (const report of driver.readings(stop.signal)) {
    if (reports.push(report) === ROUNDS) stop.abort()
  }
  recorder.end()
  return { recording: parseRecording(lines.join(''), 'live'), reports, devices: [{ id, unit, profile }] }
}

/** All but when: what goes over the wire takes its milliseconds, which no replay has to the last. */
const said = (reports: readonly Report[]) => reports.flat().map(({ at: _, ...item }) => item)
const storm = readScenario(join(SCENARIOS_FOLDER, 'storm.yaml'), catalogue)
/** One refuses at times and at others says what is no frame, so that its connection ends; the other is silent at times. By requests, not by time. */
const troubled: Scenario = {
  ...storm,
  faults: [
    { device: '9DMF0001-R', kind: 'exception', code: 4, chance: 0.3 },
    { device: '9DMF0001-R', kind: 'garbage', chance: 0.3 },
    { device: '9DMF0001-Z', kind: 'silent', chance: 0.2 },
  ],
}

describe.each([
  ['on Modbus TCP', '9DMF0001-R'],
  ['on a serial line', '9DMF0001-Z'],
])('a device %s that was recorded', (_, id) => {
  let was: Live
  beforeAll(async () => {
    was = await live(troubled, id)
  })

  test('brings the same readings as live, the bad ones too, with every request known', async () => {
    expect(said(was.reports)).toContainEqual(expect.objectContaining({ quality: 'bad' }))
    expect(said(await replay(was.recording, was.devices))).toEqual(said(was.reports))
  })

  test('brings the same readings, to the byte, each time', async () => {
    const run = async (): Promise<string> => {
      const lines: string[] = []
      const take = (report: Report): void => void lines.push(...tellable(report, was.devices).map((item) => JSON.stringify(item)))
      await replayDrivers(was.recording, { devices: was.devices, take })
      return lines.join('\n')
    }
    const first = await run()
    expect(first).toContain('"decimals":2')
    expect(await run()).toBe(first)
  })

  test('brings the same readings after a way through a file, and its devices are found by name', async () => {
    const read = parseRecording(formatRecording(was.recording), 'file')
    expect(read).toEqual(was.recording)
    const devices = replayDevices(read.header.devices, catalogue)
    expect(said(await replay(read, devices))).toEqual(said(was.reports))
  })

  test('answers another master as a device, whatever its transactions', async () => {
    const { recording, devices } = was
    const device = replayedDevice(recording, 1000)
    await using server = await openReplayServer(recording, device, 0)
    await using bus = openBus({ clock: wallClock(), log: quiet, random: () => 0 })
    const { open } = await drivers.modbus()
    const clock = siteClock({ start: START, since: Date.now(), speed: SPEED })
    const [{ profile, unit } = { profile: undefined, unit: 0 }] = devices
    if (profile === undefined) throw new Error('no device')
    // Another transaction than the recorded one: something is asked before.
    await using lease = bus.lease(server.url)
    const unknown = lease.line.transact(99, queryOf({ function: 3, address: 1, count: 1 }), 20, running)
    await expect(unknown).rejects.toMatchObject({ code: 'timeout' })
    const site = { bus, clock, log: quiet, random: () => 0 }
    await using driver = await open({ id, profile, line: server.url, unit }, site)
    const stop = new AbortController()
    const reports: Report[] = []
    for await (const report of driver.readings(stop.signal)) if (reports.push(report) === 2) stop.abort()
    expect(said(reports.slice(0, 1))).toEqual(said(was.reports.slice(0, 1)))
    expect(device.counts.unknownRequests).toBe(1)
  })
})

describe('what was not recorded', () => {
  const header = recordingHeader('tcp://127.0.0.1:502', [], { now: START, speed: 1 })
  const profile = modbusEntry(catalogue, 'rain-gauge/acme-rg-1')
  if (profile === undefined) throw new Error('no model')
  const devices = [{ id: 'R', unit: 1, profile }]
  const recordingOf = (...entries: RecordingEntry[]): Recording => ({ header, entries })

  test('a recording that began in the middle brings each reading at its time, and what was not asked yet ahead of it', async () => {
    let transaction = 100
    const poll = (at: number, address: number, registers: readonly number[]): RecordingEntry[] => {
      const request = { function: 4, address, count: registers.length } as const
      const frame = (pdu: Uint8Array): string => Buffer.from(encodeTcp(transaction, 1, pdu)).toString('hex')
      transaction++
      return [
        { at, tx: frame(encodeRequest(request)) },
        { at: at + 2, rx: frame(encodeResponse({ function: 4, registers })) },
      ]
    }
    // It began 200 s after a round of both, which follow every 5 and every 15 minutes.
    const entries = [
      ...poll(100_000, 0, [0, 1]),
      ...poll(400_000, 0, [0, 2]),
      ...poll(700_000, 0, [0, 3]),
      ...poll(700_010, 10, [1250]),
      ...poll(1_000_000, 0, [0, 4]),
    ]
    const middle = recordingHeader('tcp://127.0.0.1:502', [], { now: START + 200_000, speed: 1 })
    const reports = await replay({ header: middle, entries }, devices)
    const told = reports.map((report) =>
      report.flatMap((item) => ('point' in item ? [[item.point, item.value, Math.round((item.at - START) / 1000)]] : [])),
    )
    expect(told).toEqual([
      [
        ['rain_total', 5, 300],
        ['battery', 1250, 300],
      ],
      [['rain_total', 10, 600]],
      [
        ['rain_total', 15, 900],
        ['battery', 1250, 900],
      ],
      [['rain_total', 20, 1200]],
    ])
  })

  test('is told by the helper for tests, and by number in a tool', async () => {
    const recording = recordingOf({ at: 0, event: 'open' }, { at: 5000, event: 'close' })
    await expect(replay(recording, devices)).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(/^expected what was recorded, got 1 04/),
    })
    const reports: Report[] = []
    const end = await replayDrivers(recording, { devices, take: (report) => void reports.push(report) })
    expect(end).toMatchObject({ lengthMs: 5000, unknownRequests: end.requests })
    expect(said(reports)[0]).toMatchObject({ point: 'rain_total', value: null, quality: 'bad', reason: 'timeout' })
  })

  test('a connection that was refused is refused again', async () => {
    const recording = recordingOf(
      { at: 0, event: 'error', why: 'expected a connection, got ECONNREFUSED' },
      { at: 100, event: 'end' },
    )
    const reports = await replay(recording, devices)
    expect(said(reports)[0]).toMatchObject({ value: null, quality: 'bad', reason: 'unreachable' })
  })

  test('a recording that names no device needs a model', () => {
    expect(() => replayDevices([], catalogue)).toThrow('expected the model of the device with --profile')
    expect(() => replayDevices([{ id: 'R', unit: 1, profile: 'scale/nope' }], catalogue)).toThrow('got "scale/nope" of R')
  })

  test('a stop ends a replay', async () => {
    const stop = AbortSignal.abort()
    const end = await replayDrivers(recordingOf({ at: 0, event: 'open' }), { devices, take: () => {}, stop })
    expect(end.requests).toBe(0)
  })
})
