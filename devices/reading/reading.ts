/** What a device said about one point at one instant: the noun that everything else carries. */
export interface Reading {
  /** Device id, unique on its site. */
  readonly device: string
  /** Point name in the device's profile. */
  readonly point: string
  /** Observe time: epoch milliseconds UTC, site clock. */
  readonly at: number
  readonly value: Value
  readonly quality: Quality
  /** Why the quality is not `good`; absent when it is. */
  readonly reason?: Reason
}

/** A safe integer count of 10^-decimals (decimals belong to the point's profile), a state, a text, or null: no data, which is not zero. */
export type Value = number | boolean | string | null

export const QUALITIES = ['good', 'suspect', 'bad'] as const
export type Quality = (typeof QUALITIES)[number]

/** Closed list, so that a page can translate each of them. The order is the wire's code table: append only. */
export const REASONS = [
  'timeout',
  'exception',
  'checksum',
  'malformed',
  'range',
  'step',
  'clock',
  'conflict',
  'unreachable',
  'overflow',
  'sentinel',
  'unknown',
  'device',
] as const
export type Reason = (typeof REASONS)[number]

/** What a device says of itself and of what is no point, told by its driver. */
export type DeviceEvent = DevicePresence | DeviceChanged | DeviceSaid

/** It answers again, or it no longer does. */
export interface DevicePresence {
  readonly kind: 'device.online' | 'device.offline'
  readonly device: string
  readonly at: number
  /** For `device.offline`: the reason of the reading that ended it; absent where another device answers. */
  readonly reason?: Reason
}

/** What answers is not the device of this name; nothing that it says is told under the name. */
export interface DeviceChanged {
  readonly kind: 'device.changed'
  readonly device: string
  readonly at: number
  /** The fingerprint that was to be found, and what was. */
  readonly expected: string
  readonly found: string
}

/**
 * - `device.clock`: its own clock is found wrong, or right again.
 * - `device.unknown`: something reports under an address that no device of the site has; `device` is that address.
 * - `device.text`, `device.image`: a person's words, or a picture.
 * - `device.unread`: a report that nothing of ours understands.
 */
export interface DeviceSaid {
  readonly kind: 'device.clock' | 'device.unknown' | 'device.text' | 'device.image' | 'device.unread'
  readonly device: string
  readonly at: number
  /** Plain data of the kind. */
  readonly body: Readonly<Record<string, unknown>>
}
