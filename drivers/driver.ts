import type { Clock, DeviceEvent, ModbusEntry, Reading } from '#devices'
import type { Bus } from './bus.ts'
import type { Fingerprint } from './fingerprint.ts'
import type { Log } from './log.ts'

/** What one poll round, or one thing a device said by itself, brought: never empty, in the order it came. */
export type Report = readonly (Reading | DeviceEvent)[]

/** Tells a report's items apart: only events have a kind. */
export function isDeviceEvent(item: Reading | DeviceEvent): item is DeviceEvent {
  return 'kind' in item
}

/** One device in use. A failed point is a `bad` reading; a throw means: dispose of me and open me again. */
export interface Driver extends AsyncDisposable {
  /**
   * Everything the device says from now on, an array a round because a site has thousands of points. Ends, without a throw, soon after
   * `stop`. A consumer that is slow makes rounds be skipped, never queued. To be taken once.
   */
  readings(stop: AbortSignal): AsyncIterable<Report>
  /** Numbers that only rise, by name, for `/metrics`. */
  readonly counts: Readonly<Record<string, number>>
}

/** A device a person named, on a unit of a line. */
export interface Device {
  /** Unique on its site. */
  readonly id: string
  readonly profile: ModbusEntry
  /** The line's URL, see `parseLine`. */
  readonly line: string
  /** The device's address on its line, 0..255. */
  readonly unit: number
  /** What it must say of itself before its data are believed; without it nothing is asked. */
  readonly fingerprint?: Fingerprint
}

/** What a driver may use of its site. */
export interface Site {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  /** From 0 to below 1; spreads what many devices do again. */
  readonly random: () => number
}

/** Makes a driver; nothing is sent before its `readings` are taken. @throws DriverError `configuration` */
export type OpenDriver = (device: Device, site: Site) => Promise<Driver>
