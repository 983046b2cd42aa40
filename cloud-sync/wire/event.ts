import type { Grade } from './rules/index.ts'

/** A fact of a site that people rely on; it travels in the lanes `event` and `alarm` and is never thinned. */
export interface SiteEvent {
  /** Unique for ever: the same fact told twice is one fact. */
  readonly id: string
  readonly kind: EventKind
  /** Observe time, epoch ms UTC, site clock. */
  readonly at: number
  readonly device?: string
  readonly body: EventBody
}

export const EVENT_KINDS = ['gateway.started', 'device.described', 'device.online', 'device.offline', 'alarm', 'loss'] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** Plain data of the event's kind; checked by its reader with the schema of that kind. */
export type EventBody = Readonly<Record<string, unknown>>

/** Body of `gateway.started`. */
export interface GatewayStarted {
  readonly boot: string
  readonly version: string
  /** Hash of the configuration it started with. */
  readonly config: string
}

/** Body of `device.described`: told when a device is new to the journal or its description changed, so that the cloud can read its rows. */
export interface DeviceDescribed {
  readonly name: { readonly zh: string; readonly en: string }
  readonly station: { readonly id: string; readonly name: { readonly zh: string; readonly en: string } }
  readonly profile: string
  readonly hash: string
  readonly points: Readonly<Record<string, PointDescription>>
}

export interface PointDescription {
  readonly unit: string
  readonly decimals: number
  readonly meaning: 'gauge' | 'counter' | 'state'
  /** Counter: counts of 10^-decimals at which it starts again from 0. */
  readonly wraps?: number
  readonly everyMs: number
}

/** Body of `alarm`: a verdict of one of the site's own rules. */
export interface AlarmBody {
  readonly rule: string
  /** Hash of the rule's content. */
  readonly version: string
  /** Null: cleared. */
  readonly grade: Grade | null
  readonly action?: 'prepare' | 'move'
  readonly value: number | null
  readonly evidence: EventBody
}

/** Body of `loss`: rows that were given a seq and will not come. A row that arrives after all wins over it. */
export interface LossRecord {
  readonly epoch: string
  readonly lane: string
  readonly seqs: readonly (readonly [first: number, last: number])[]
  readonly count: number
  readonly why: string
}
