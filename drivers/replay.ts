import { openBus } from './bus.ts'
import type { Device, Report } from './driver.ts'
import { DriverError } from './driver-error.ts'
import { drivers } from './index.ts'
import { lineKey, parseLine } from './line-address.ts'
import { lengthOf, type Recording, startOf } from './recording.ts'
import { ReplayClock } from './replay-clock.ts'
import { ReplayLink, TURN_MS } from './replay-link.ts'
import { replayScript } from './replay-script.ts'

export interface ReplayOptions {
  /** Who is on the recorded line; their `line` is that of the recording. */
  readonly devices: readonly Omit<Device, 'line'>[]
  /** Takes what a driver says; called in the order in which they say it. */
  readonly take: (report: Report) => void
  readonly stop?: AbortSignal
  /** Recorded time in real time; absent: as fast as it goes. */
  readonly pace?: number
}

/** How a replay went. */
export interface ReplayEnd {
  readonly requests: number
  /** Requests that the recording does not hold: nobody answered them. */
  readonly unknownRequests: number
  /** The first of these: hex, on Modbus TCP the unit and the PDU. */
  readonly unknown: readonly string[]
  /** Machine milliseconds from the first to the last entry. */
  readonly lengthMs: number
}

/**
 * Plays a recording into the real drivers: they see the recorded bytes at the recorded times, and nothing else, so that two runs are the same to the
 * byte.
 * @throws DriverError `configuration`, or what a driver threw
 */
export async function replayDrivers(recording: Recording, options: ReplayOptions): Promise<ReplayEnd> {
  const { devices, take, stop = new AbortController().signal, pace } = options
  const { header } = recording
  const untilMs = lengthOf(recording)
  // A driver begins by asking for everything: where the recording begins, too, and not in the silence before that.
  const clock = new ReplayClock(startOf(header), header.speed ?? 1, recording.entries[0]?.at)
  const link = new ReplayLink(replayScript(recording), clock, untilMs)
  const log = { info: () => {}, warn: () => {} }
  const random = (): number => 0
  await using bus = openBus({ clock, log, random, connect: link.connect })
  const site = { bus, clock, log, random }
  const { open } = await drivers.modbus()
  await using opened = new AsyncDisposableStack()
  const ended = new AbortController()
  const end = (): void => ended.abort()
  stop.addEventListener('abort', end, { once: true })
  const line = lineKey(parseLine(header.line))
  const reading = await Promise.all(devices.map(async (device) => opened.use(await open({ ...device, line }, site))))
  const failures: unknown[] = []
  const loops = reading.map(async (driver) => {
    try {
      for await (const report of driver.readings(ended.signal)) if (!ended.signal.aborted) take(report)
    } catch (error) {
      failures.push(error)
      end()
    }
  })
  // An answer may come a little later than it was recorded, where its request did.
  await clock.run(untilMs + TURN_MS, ended.signal, pace)
  end()
  stop.removeEventListener('abort', end)
  await Promise.all(loops)
  if (failures.length > 0) throw failures[0]
  return { ...link.counts, lengthMs: untilMs }
}

/**
 * For drivers' tests: everything the drivers say when they see the recording.
 * @throws DriverError `configuration` where they ask for what was not recorded: then the recording is not of these devices
 */
export async function replay(recording: Recording, devices: ReplayOptions['devices']): Promise<Report[]> {
  const reports: Report[] = []
  const { unknown } = await replayDrivers(recording, { devices, take: (report) => void reports.push(report) })
  if (unknown.length > 0) throw new DriverError('configuration', `expected what was recorded, got ${unknown.join(', ')}`)
  return reports
}
