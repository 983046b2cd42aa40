import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type DeviceEvent, type Reading, siteClock, wallClock } from '#devices'
import { encodeMessage, stationTimeText } from '#protocols/sl651'
import { SimulatedStation, type SimulatedStationOptions } from '#simulator'
import { CallingSite } from './calling-site.ts'
import { type CallingStation, isDeviceEvent, isDriverNote, isReading, type Report } from './driver.ts'
import { open } from './sl651.ts'

const WAIT = { timeout: 20_000, interval: 5 }
const A = '0012345678'
const B = '0087654321'
const MIN = 60_000
const HOUR = 3_600_000

let site: CallingSite
let stations: AsyncDisposableStack
beforeEach(async () => {
  site = await CallingSite.open('sl651')
  stations = new AsyncDisposableStack()
})
afterEach(async () => {
  await stations.disposeAsync()
  await site[Symbol.asyncDispose]()
})

/** What a device brought, with a journal that can be held up, and can break. */
class Kept {
  readonly items: Report[number][] = []
  hold: Promise<void> = Promise.resolve()
  failures = 0
  readonly keep = async (report: Report): Promise<void> => {
    await this.hold
    if (this.failures-- > 0) throw new Error('the disk is gone')
    this.items.push(...report)
  }
  get readings(): readonly Reading[] {
    return this.items.filter(isReading)
  }
  get events(): readonly DeviceEvent[] {
    return this.items.filter(isDeviceEvent)
  }
  get notes(): Map<string, string> {
    return new Map(this.items.filter(isDriverNote).map(({ key, body }) => [key, body]))
  }
  values(point: string): Reading['value'][] {
    return this.readings.filter((reading) => reading.point === point).map(({ value }) => value)
  }
}

async function device(
  address = A,
  options: Partial<CallingStation> & { profile?: string; notes?: ReadonlyMap<string, string> } = {},
) {
  const { profile = 'station/sl651-river', notes, ...caller } = options
  const kept = new Kept()
  const told = site.device(`D${address}`, profile, { address, mode: 'M2', ...caller })
  const running = await site.run(open, told, kept.keep, notes)
  await vi.waitFor(() => expect(site.bus.counts().size).toBe(1), WAIT)
  return Object.assign(running, { kept })
}

function station(options: Partial<Omit<SimulatedStationOptions, 'target'>> & { transport?: 'tcp' | 'udp'; from?: string } = {}) {
  const { transport = 'tcp', from, ...rest } = options
  const target = { transport, host: '127.0.0.1', port: site.port, ...(from !== undefined && { from }) }
  return stations.use(
    new SimulatedStation({
      ...{ address: A, class: 'H', mode: 'M2', clock: site.clock, target, answerMs: 5_000 },
      elements: () => [
        { id: '39', def: '23', value: 31.25 },
        { id: '26', def: '19', value: 12.5 },
        { id: '38', def: '12', value: 12.68 },
      ],
      ...rest,
    }),
  )
}

test.each(['tcp', 'udp'] as const)(
  'a report over %s becomes readings at its observe time, and is acknowledged',
  async (transport) => {
    const { kept, driver } = await device()
    const observed = Math.floor(Date.now() / MIN) * MIN - 5 * MIN
    expect(await station({ transport }).report('32', observed)).toMatchObject({ isAcknowledged: true, tries: 1 })
    expect(kept.readings).toEqual([
      { device: `D${A}`, point: 'level', at: observed, value: 31250, quality: 'good' },
      { device: `D${A}`, point: 'rain_total', at: observed, value: 125, quality: 'good' },
      { device: `D${A}`, point: 'battery', at: observed, value: 1268, quality: 'good' },
    ])
    expect(kept.events.map(({ kind }) => kind)).toEqual(['device.online'])
    expect(driver.counts).toMatchObject({ reports: 1, duplicates: 0, unmapped: 0 })
  },
)

test('nothing is acknowledged before it is on disk', async () => {
  const { kept } = await device()
  const disk = Promise.withResolvers<void>()
  kept.hold = disk.promise
  const sender = station()
  const outcome = sender.report()
  await sender.heartbeat()
  // Everything that could answer has come, and was answered nothing.
  await vi.waitFor(() => expect(site.counts.frames).toBe(2), WAIT)
  expect(sender.heard).toEqual([])
  disk.resolve()
  expect(await outcome).toMatchObject({ isAcknowledged: true, tries: 1 })
  expect(kept.values('level')).toEqual([31250])
})

test('what could not be kept is not acknowledged, and is kept when it comes again', async () => {
  const { kept, ended } = await device()
  kept.failures = 1
  const sender = station({ answerMs: 300 })
  const outcome = sender.report()
  expect(await ended).toEqual(new Error('the disk is gone'))
  const again = await device()
  expect(await outcome).toMatchObject({ isAcknowledged: true })
  expect(kept.readings).toEqual([])
  expect(again.kept.values('level')).toEqual([31250])
  expect(sender.heard).toHaveLength(1)
})

test('a report whose answer was lost is answered again and kept once, also after a restart', async () => {
  const first = await device()
  const sender = station({ answerMs: 200 })
  sender.fail({ lostAcks: 1 })
  expect(await sender.report()).toMatchObject({ isAcknowledged: true, tries: 2 })
  expect(first.kept.values('level')).toEqual([31250])

  sender.fail({ lostAcks: 1 })
  const outcome = sender.report('34')
  await vi.waitFor(() => expect(first.kept.values('level')).toHaveLength(2), WAIT)
  await first.stop()
  const second = await device(A, { notes: first.kept.notes })
  expect(await outcome).toMatchObject({ isAcknowledged: true })
  expect(second.kept.readings).toEqual([])
  expect(second.driver.counts).toMatchObject({ reports: 0, duplicates: 1 })
})

test.each([
  ['a wrong CRC', { wrongCrcs: 1 }, 2],
  ['noise in front of it', { noise: Uint8Array.of(0x7e, 0x7e, 0, 1, 2, 3) }, 1],
  ['two frames in one piece', { glued: true }, 1],
  ['a frame in pieces of three bytes', { cutBytes: 3 }, 1],
  ['half a frame in front of it', { torn: true }, 1],
])('%s does no harm', async (_, fault, tries) => {
  const { kept } = await device()
  const sender = station({ answerMs: 500 })
  sender.fail(fault)
  expect(await sender.report()).toMatchObject({ isAcknowledged: true, tries })
  expect(kept.values('level')).toEqual([31250])
})

test('stations are told apart by their addresses, not by where they call from', async () => {
  const [a, b] = [await device(A), await device(B)]
  const one = station({ from: '127.0.0.2' })
  const other = station({ address: B, from: '127.0.0.2', elements: () => [{ id: '39', def: '23', value: 7 }] })
  await Promise.all([one.report(), other.report()])
  await one.reconnect('127.0.0.3')
  expect(await one.report('33')).toMatchObject({ isAcknowledged: true, tries: 1 })
  expect(a.kept.values('level')).toEqual([31250, 31250])
  expect(b.kept.values('level')).toEqual([7000])
})

test('an hour of five-minute values becomes twelve readings; values that are none are told as such', async () => {
  const { kept } = await device(A, { profile: 'station/sl651-rain' })
  const first = Math.floor(Date.now() / HOUR) * HOUR - HOUR
  const sender = station({ class: 'P' })
  await sender.report('34', first, [
    { id: '1A', def: '19', value: null },
    { id: '26', def: '1A', value: 1.25 },
    { id: '20', def: '1A', value: 1.5 },
    { id: '38', def: '12', value: 99 },
  ])
  expect(kept.readings.map(({ point, value, quality, reason }) => [point, value, quality, reason])).toEqual([
    ['rain_1h', null, 'bad', 'sentinel'],
    ['rain_total', null, 'bad', 'malformed'],
    ['rain_current', 15, 'good', undefined],
    ['battery', 9900, 'suspect', 'range'],
  ])
})

test('a clock that was never set, or is off, makes values suspect and is told, beside when it arrived', async () => {
  const { kept } = await device()
  const sender = station()
  const before = Date.now()
  sender.fail({ clockOffMs: null })
  await sender.report()
  sender.fail({ clockOffMs: -8 * HOUR })
  await sender.report()
  sender.fail({ clockOffMs: 8 * HOUR })
  await sender.report()
  sender.fail({ clockOffMs: 0 })
  await sender.report()
  const levels = kept.readings.filter(({ point }) => point === 'level')
  expect(levels.map(({ quality, reason }) => [quality, reason])).toEqual([
    ['suspect', 'clock'],
    ['suspect', 'clock'],
    ['suspect', 'clock'],
    ['good', undefined],
  ])
  const [unset = 0, behind = 0, ahead = 0] = levels.map(({ at }) => at)
  expect(unset).toBeGreaterThanOrEqual(before)
  expect(behind).toBeLessThan(before - 7 * HOUR)
  expect(ahead).toBeLessThan(before + HOUR)
  expect(kept.events.flatMap((event) => (event.kind === 'device.clock' ? [event.body.isRight] : []))).toEqual([false, true])
})

test('a station that starts anew with the same serial and an unset clock says another report', async () => {
  const { kept } = await device()
  const values = [1, 2]
  const elements = () => [{ id: '39', def: '23', value: values.shift() ?? 0 }]
  const clock = { ...wallClock(), now: () => Date.UTC(2026, 0, 1) }
  const sender = station({ clock: clock, elements, answerMs: 500 })
  expect(await sender.report()).toMatchObject({ serial: 1, isAcknowledged: true })
  sender.restart()
  expect(await sender.report()).toMatchObject({ serial: 1, isAcknowledged: true })
  expect(kept.values('level')).toEqual([1000, 2000])
})

test('test reports are acknowledged and go nowhere; a heartbeat is not answered', async () => {
  const { kept, driver } = await device()
  const sender = station()
  await sender.heartbeat()
  expect(await sender.report('30')).toMatchObject({ isAcknowledged: true })
  expect(kept.readings).toEqual([])
  expect(driver.counts).toMatchObject({ tests: 1, reports: 0 })
  expect(sender.heard.map((message) => message.function)).toEqual(['30'])
})

test('M1 is never answered', async () => {
  const { kept } = await device(A, { mode: 'M1' })
  const sender = station({ mode: 'M1' })
  await sender.report()
  await vi.waitFor(() => expect(kept.values('level')).toEqual([31250]), WAIT)
  expect(sender.heard).toEqual([])
})

test('an image comes in packets, of which one was lost, and is told', async () => {
  const { kept } = await device(A, { mode: 'M3' })
  const sender = station({ mode: 'M3' })
  sender.fail({ lostPackets: [2] })
  const image = Uint8Array.from({ length: 1500 }, (_, index) => index % 251)
  expect(await sender.image(image)).toMatchObject({ isAcknowledged: true, tries: 2 })
  expect(kept.events.at(-1)).toMatchObject({ kind: 'device.image', body: { bytes: 1500 } })
})

test('a relay speaks for others, and is acknowledged only if all of them are known', async () => {
  const { kept } = await device(A)
  const sender = station({ address: '2002220002', answerMs: 300 })
  const relayed = (serial: number, second: string) =>
    encodeMessage({
      ...{ direction: 'up', centre: 1, station: '2002220002', password: '0000', function: '32', end: 'ETX', serial },
      ...{ sendTime: stationTimeText(Date.now()), bodyStation: A, class: 'H' },
      elements: [
        { id: '39', def: '23', value: 1 },
        { id: '39', def: '23', value: 2, station: second, class: 'H' },
      ],
    })
  await sender.raw(relayed(1, B))
  await vi.waitFor(() => expect(kept.values('level')).toEqual([1000]), WAIT)
  const other = await device(B)
  await sender.raw(relayed(2, B))
  await vi.waitFor(() => expect(sender.heard.map(({ serial, end }) => [serial, end])).toEqual([[2, 'EOT']]), WAIT)
  expect(other.kept.values('level')).toEqual([2000])
})

test('a station that nobody knows is told once, counted, and not acknowledged', async () => {
  const { kept } = await device(A)
  const stranger = station({ address: B, answerMs: 50 })
  expect(await stranger.report()).toMatchObject({ isAcknowledged: false, tries: 3 })
  await vi.waitFor(() => expect(kept.events.filter(({ kind }) => kind === 'device.unknown')).toHaveLength(1), WAIT)
  expect(kept.events.find(({ kind }) => kind === 'device.unknown')).toMatchObject({
    device: B,
    body: { protocol: 'sl651', function: '32', frame: expect.stringMatching(/^7E7E010087654321/) },
  })
  expect(site.counts).toMatchObject({ unknownFrames: 3 })
})

test('a report that nothing understands is kept as it came, and acknowledged', async () => {
  const { kept, driver } = await device(A)
  const sender = station()
  const data = `0001${stationTimeText(Date.now())}DEADBEEF`
  await sender.raw(encodeMessage({ direction: 'up', centre: 1, station: A, password: '0000', function: 'E1', end: 'ETX', data }))
  await vi.waitFor(() => expect(sender.heard).toHaveLength(1), WAIT)
  expect(kept.events.at(-1)).toMatchObject({ kind: 'device.unread', body: { function: 'E1', bytes: 12 } })
  expect(driver.counts).toMatchObject({ unread: 1 })
})

test('a device that does not report any more is offline', async () => {
  await site[Symbol.asyncDispose]()
  // Twice an hour passes in 72 ms.
  site = await CallingSite.open('sl651', siteClock({ start: Date.now(), since: Date.now(), speed: 100_000 }))
  const { kept } = await device()
  const sender = station({ clock: wallClock() })
  await sender.heartbeat()
  await vi.waitFor(() => expect(kept.events.map(({ kind }) => kind)).toEqual(['device.online', 'device.offline']), WAIT)
  expect(kept.events.at(-1)).toMatchObject({ reason: 'timeout' })
})

test('two devices of one address, and a model or an address that does not call, are refused', async () => {
  await device()
  const second = await site.run(open, site.device('other', 'station/sl651-river', { address: A, mode: 'M2' }), async () => {})
  expect(await second.ended).toMatchObject({ code: 'configuration' })
  const run = (profile: string, address: string) =>
    site.run(open, site.device('x', profile, { address, mode: 'M2' }), async () => {})
  await expect(run('multi/acme-ws-5', A)).rejects.toMatchObject({ code: 'configuration' })
  await expect(run('station/sl651-river', '12')).rejects.toMatchObject({ code: 'configuration' })
})

test('a port that cannot be had is told, and is opened when it is free', async () => {
  const other = await CallingSite.open('sl651')
  const busy = await site.run(open, site.device('a', 'station/sl651-river', { address: A, mode: 'M2' }), async () => {})
  const { port } = site
  const told = { ...other.device('b', 'station/sl651-river', { address: B, mode: 'M2' }), line: `sl651:${port}` }
  await station().heartbeat()
  const refused = await other.run(open, told, async () => {})
  expect(await refused.ended).toMatchObject({ code: 'unreachable', message: expect.stringContaining('EADDRINUSE') })
  await busy.stop()
  const free = await other.run(open, told, async () => {})
  await free.stop()
  expect(await free.ended).toBe(undefined)
  await other[Symbol.asyncDispose]()
})

test('random bytes never stop it, and what is held for them stays bounded', async () => {
  const { kept } = await device()
  const good = station()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), fc.boolean(), async (chunks, isUdp) => {
      await using noisy = new SimulatedStation({
        ...{ address: B, class: 'H', mode: 'M1', clock: site.clock, elements: () => [] },
        target: { transport: isUdp ? 'udp' : 'tcp', host: '127.0.0.1', port: site.port },
      })
      for (const chunk of chunks) await noisy.raw(Uint8Array.of(0x7e, 0x7e, ...chunk))
    }),
    { numRuns: 50 },
  )
  expect(await good.report()).toMatchObject({ isAcknowledged: true })
  expect(kept.values('level')).toEqual([31250])
})
