import { expect, test } from 'vitest'
import { type Clock, loadCatalogue, type Reading, wallClock } from '#devices'
import { drivers, isReading, openBus } from '#drivers'
import { openSimulator, type Scenario } from '#simulator'

const clock = wallClock()
/** What a device needs between waking and measuring is not waited for. */
const hasty: Clock = { ...clock, after: (_, call) => clock.after(0, call) }
const log = { info: () => undefined, warn: () => undefined }
/** Every Modbus model of the catalogue. */
const models = [...loadCatalogue().values()].flatMap((entry) =>
  'modbus' in entry.profile ? [{ ...entry, ...entry.profile }] : [],
)

test.each(models)('$name: what its examples say comes over the wire', async ({ name, hash, file, profile, modbus, examples }) => {
  // A device an example on one line. What an example does not tell is told by another, for a block is read whole.
  const devices = examples.map((example, index) => ({
    id: `D${index}`,
    profile: { name, hash, file, profile: { ...profile, modbus, examples: [example, ...examples] } },
    unit: index + 1,
    line: 0,
    serial: null,
    points: {},
  }))
  const scenario: Scenario = {
    title: name,
    seed: 1,
    clock: null,
    stations: [{ id: 'S', name: { zh: name, en: name }, curve: null, devices }],
    faults: [],
  }
  const stop = new AbortController()
  const ledger = { append: () => undefined, flush: () => undefined, [Symbol.dispose]: () => undefined }
  await using simulator = await openSimulator(scenario, { clock, start: clock.now(), ledger }, stop.signal)
  await using bus = openBus({ clock, log, random: () => 0 })
  const { open } = await drivers.modbus()
  for (const [index, example] of examples.entries()) {
    const device = devices[index]
    const address = simulator.addresses[index]
    if (device === undefined || address === undefined) throw new Error(`no device for ${example.name}`)
    await using driver = await open({ ...device, line: address.url }, { bus, clock: hasty, log, random: () => 0 })
    const readings = new Map<string, Reading>()
    for await (const report of driver.readings(stop.signal)) {
      for (const item of report) if (isReading(item)) readings.set(item.point, item)
      break
    }
    expect([...readings.keys()].sort()).toEqual(Object.keys(modbus.points).sort())
    for (const [point, told] of Object.entries(example.readings)) {
      const { decimals = 0, range = [-Infinity, Infinity] } = modbus.points[point] ?? {}
      const reading = readings.get(point)
      const count = typeof told === 'number' ? Math.round(told * 10 ** decimals) : told
      expect(reading?.value, `${example.name}: ${point}`).toBe(count)
      const isTold = told !== null
      const isOutside = typeof told === 'number' && (told < range[0] || told > range[1])
      expect(reading?.quality === 'bad', `${example.name}: ${point} is bad`).toBe(!isTold)
      if (isOutside) expect(reading?.quality, `${example.name}: ${point}`).toBe('suspect')
    }
  }
})
