import { durationMs, isModbusEntry, type ModbusProfile } from '#devices'
import type { Device } from './driver.ts'
import { dataBytes, isRead, type Query, queryOf } from './framing.ts'
import type { LineAddress } from './line-address.ts'
import { pollClasses } from './poll-class.ts'
import { READS } from './polled-block.ts'
import { type LineTiming, serialTiming } from './serial-timing.ts'
import { wakeOf } from './unit-reader.ts'

/** From the end of a request to the first byte of the answer, as most sensors take it; the model's `timeout` is the most. */
export const ANSWER_MS_TYPICAL = 30
/** What a network adds to an exchange: a site's own Ethernet takes less, a radio link more. */
export const ROUND_TRIP_MS_TYPICAL = 10
/** Unit and CRC around what an RTU frame says. */
const RTU_BYTES = 3
/** Function, address and count, with which a write is answered. */
const WRITTEN_BYTES = 5
/** Silence before a request, and before its answer. */
const GAPS_PER_EXCHANGE = 2

/** What a device is asked each time it is due, and how long its line is busy with it. */
export interface DueTime {
  readonly what: 'reads' | 'wakes'
  readonly everyMs: number
  readonly exchanges: number
  /** Of all of them together. */
  readonly requestBytes: number
  readonly answerBytes: number
  /** With a device that answers as most do. */
  readonly ms: number
}

export interface DeviceTime {
  readonly device: Device
  readonly due: readonly DueTime[]
  readonly requestsPerSecond: number
  /** Share of the line's time, 1 being all of it: answering, and saying nothing. */
  readonly typical: number
  readonly silent: number
  /** Its fastest round, with the time in which it wakes up, and the interval in which that must be done. */
  readonly roundMs: number
  readonly everyMs: number
}

interface AskedDevice {
  readonly device: Device
  readonly modbus: ModbusProfile['modbus']
}

/** What the devices of a line take of its time. */
export interface LineTime {
  /** Of the line itself, or of the serial line behind a serial server, as its models leave the factory; 0 and 0 for Modbus TCP. */
  readonly timing: LineTiming
  /** What an exchange takes beside its bytes and gaps. */
  readonly latencyMs: number
  readonly requestsPerSecond: number
  /** Shares of the line's time, 1 being all of it: all devices answer; and the one whose silence costs most says nothing. */
  readonly typical: number
  readonly worst: number
  /** That one. */
  readonly costliest: Device | undefined
  readonly devices: readonly DeviceTime[]
}

/**
 * Predicts how busy a line will be with the devices on it that are asked; those that call take their own time. Reckons with what goes over the wire at the line's speed, with the gaps between frames, and with the time that
 * devices take to answer. A device that is silent costs the answer's time and its `timeout` in each of its rounds: so it is until it rests.
 */
export function predictLine(address: LineAddress, devices: readonly Device[]): LineTime {
  const asked = devices.flatMap((device) =>
    isModbusEntry(device.profile) ? [{ device, modbus: device.profile.profile.modbus }] : [],
  )
  const timing = timingOf(address, asked)
  const latencyMs = ANSWER_MS_TYPICAL + (address.kind === 'serial' ? 0 : ROUND_TRIP_MS_TYPICAL)
  const times = asked.map((each) => predictDevice(each, timing, latencyMs))
  const typical = sumOf(times, (time) => time.typical)
  const costliest = times.toSorted((a, b) => b.silent - b.typical - (a.silent - a.typical))[0]
  return {
    timing,
    latencyMs,
    requestsPerSecond: sumOf(times, (time) => time.requestsPerSecond),
    typical,
    worst: Math.max(typical, costliest ? typical - costliest.typical + costliest.silent : 0),
    costliest: costliest?.device,
    devices: times,
  }
}

/** What a serial server's own line is set to is not known here: the slowest of its models tells. */
function timingOf(address: LineAddress, asked: readonly AskedDevice[]): LineTiming {
  if (address.kind === 'serial') return serialTiming(address)
  if (address.kind === 'tcp') return { byteMs: 0, gapMs: 0 }
  const timings = asked.map(({ modbus }) => serialTiming(modbus.defaults))
  return timings.toSorted((a, b) => b.byteMs - a.byteMs)[0] ?? { byteMs: 0, gapMs: 0 }
}

function predictDevice({ device, modbus }: AskedDevice, { byteMs, gapMs }: LineTiming, latencyMs: number): DeviceTime {
  const timeoutMs = durationMs(modbus.defaults.timeout)
  const wireMs = (due: Pick<DueTime, 'exchanges' | 'requestBytes' | 'answerBytes'>): number =>
    (due.requestBytes + due.answerBytes) * byteMs + due.exchanges * GAPS_PER_EXCHANGE * gapMs
  const dueOf = (what: DueTime['what'], everyMs: number, queries: readonly Query[]): DueTime => {
    const bytes = {
      exchanges: queries.length,
      requestBytes: sumOf(queries, ({ pdu }) => pdu.length + RTU_BYTES),
      answerBytes: sumOf(queries, ({ request }) => (isRead(request) ? 2 + dataBytes(request) : WRITTEN_BYTES) + RTU_BYTES),
    }
    return { what, everyMs, ...bytes, ms: wireMs(bytes) + queries.length * latencyMs }
  }
  const reads = pollClasses(modbus).map(({ everyMs, blocks }) => {
    const queries = blocks.map(({ table, address, count }) => queryOf({ function: READS[table], address, count }))
    return dueOf('reads', everyMs, queries)
  })
  const rounds = roundIntervals(reads.map(({ everyMs }) => everyMs))
  const wake = modbus.wake && wakeOf(modbus.wake)
  const wakes = wake ? rounds.map((everyMs) => dueOf('wakes', everyMs, [wake.query])) : []
  const due = [...wakes, ...reads]
  const [fastest] = reads
  const [firstWake] = wakes
  const inVainMs = [firstWake, fastest].map((each) => (each ? wireMs(each) / each.exchanges + timeoutMs : 0))
  return {
    device,
    due,
    requestsPerSecond: sumOf(due, ({ exchanges, everyMs }) => (exchanges * 1000) / everyMs),
    typical: sumOf(due, ({ ms, everyMs }) => ms / everyMs),
    silent: sumOf(rounds, (everyMs) => sumOf(inVainMs, (ms) => ms) / everyMs),
    roundMs: (wake?.delayMs ?? 0) + (firstWake?.ms ?? 0) + (fastest?.ms ?? 0),
    everyMs: fastest?.everyMs ?? Number.POSITIVE_INFINITY,
  }
}

/** The intervals that bring rounds of their own: one that is a multiple of a shorter one shares that one's rounds. @param intervals shortest first */
function roundIntervals(intervals: readonly number[]): number[] {
  return intervals.filter((everyMs, index) => !intervals.slice(0, index).some((shorter) => everyMs % shorter === 0))
}

function sumOf<T>(items: readonly T[], worth: (item: T) => number): number {
  return items.reduce((sum, item) => sum + worth(item), 0)
}
