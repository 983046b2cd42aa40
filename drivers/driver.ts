import type { CatalogueEntry, Clock, DeviceEvent, DeviceRecord, Reading } from '#devices'
import type { Bus } from './bus.ts'
import type { Command, CommandResult } from './command.ts'
import type { Fingerprint } from './fingerprint.ts'
import type { Log } from './log.ts'

/** What a driver wants to find again after a restart: enters the journal with the report that it comes in, all or nothing. */
export interface DriverNote {
  readonly kind: 'note'
  readonly device: string
  /** Site time, epoch ms. */
  readonly at: number
  /** What was noted under it before is forgotten. */
  readonly key: string
  readonly body: string
}

/** What one poll round, or one thing a device said by itself, brought: never empty, in the order it came. */
export type Report = readonly (Reading | DeviceEvent | DeviceRecord | DriverNote)[]

/** Tells a report's items apart: only readings have no kind, and the kinds of events begin so. */
export function isDeviceEvent(item: Report[number]): item is DeviceEvent {
  return 'kind' in item && item.kind.startsWith('device.')
}

export function isReading(item: Report[number]): item is Reading {
  return !('kind' in item)
}

export function isDriverNote(item: Report[number]): item is DriverNote {
  return 'kind' in item && item.kind === 'note'
}

/** One device in use. A failed point is a `bad` reading; a throw means: dispose of me and open me again. */
export interface Driver extends AsyncDisposable {
  /**
   * Everything the device says from now on, an array a round because a site has thousands of points. Ends, without a throw, soon after
   * `stop`. A consumer that is slow makes rounds be skipped, never queued. To be taken once.
   */
  readings(stop: AbortSignal): AsyncIterable<Report>
  /**
   * True: the device forgets what it is told was received. The next report must not be asked for before the last one is on disk, for the asking
   * is what tells the driver so, and it acknowledges then.
   */
  readonly isAcknowledging?: boolean
  /** Carries a command out; the result is what the device itself said. Never throws. */
  write?(command: Command, stop: AbortSignal): Promise<CommandResult>
  /** Numbers that only rise, by name, for `/metrics`. */
  readonly counts: Readonly<Record<string, number>>
}

/** A device a person named, on a unit of a line. */
export interface Device {
  /** Unique on its site. */
  readonly id: string
  readonly profile: CatalogueEntry
  /** The line's URL, see `parseLine`. */
  readonly line: string
  /** The device's address on its line, 0..255. */
  readonly unit: number
  /** What it must say of itself before its data are believed; without it nothing is asked. */
  readonly fingerprint?: Fingerprint
  /** Of a station that calls by itself. */
  readonly caller?: CallingStation
}

/** How a station that calls by itself is known, never by where its calls come from. */
export interface CallingStation {
  /** Ten hex digits, upper case. */
  readonly address: string
  /** SL 651: M1 report only, M2 report and confirm, M3 many packets and one confirm, M4 question and answer. */
  readonly mode: 'M1' | 'M2' | 'M3' | 'M4'
  /** Four hex digits; absent: any is taken. */
  readonly password?: string
}

/** What a driver may use of its site. */
export interface Site {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  /** From 0 to below 1; spreads what many devices do again. */
  readonly random: () => number
  /** What earlier lives of the device's driver noted, by key. */
  readonly notes?: ReadonlyMap<string, string>
}

/** Makes a driver; nothing is sent before its `readings` are taken. @throws DriverError `configuration` */
export type OpenDriver = (device: Device, site: Site) => Promise<Driver>
