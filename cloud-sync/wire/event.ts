import type { Grade } from './rules/index.ts'

/** A fact of a site that people rely on; it travels in the lanes `event` and `alarm` and is never thinned. */
export interface SiteEvent {
  /** Unique for ever: the same fact told twice is one fact. */
  readonly id: string
  /** One of `EVENT_KINDS`, or one that a later gateway knows: kept as it is, and applied by nobody. */
  readonly kind: string
  /** Observe time, epoch ms UTC, site clock. */
  readonly at: number
  readonly device?: string
  readonly body: EventBody
}

export const EVENT_KINDS = [
  'gateway.started',
  'device.described',
  'device.online',
  'device.offline',
  'device.changed',
  'alarm',
  'loss',
  'journal.renewed',
  'journal.damaged',
  'clock.stepped',
  'clock.revised',
  'gateway.cloned',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]
export const EVENT_KIND = '^[a-z][a-z0-9.-]{0,47}$'

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

/** Body of `device.changed`: another device answers where this one should; nothing of it is told under this name. */
export interface DeviceChanged {
  readonly expected: string
  readonly found: string
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

/** Body of `journal.renewed`: told first in a new epoch that follows another on the same site. */
export interface JournalRenewed {
  /** The epoch before; null where not even its name could be read. */
  readonly previous: string | null
  readonly why: string
  /** The highest seq that the epoch before gave out in each lane, as far as it is known; null where it is not. */
  readonly issued: Readonly<Record<string, number>> | null
  /** Rows of the epoch before that come under new numbers in this one, by lane; absent where none do. */
  readonly carried?: Readonly<Record<string, readonly (readonly [first: number, last: number])[]>>
}

/** Body of `journal.damaged`: what a disk did to the journal, and what became of it. */
export interface JournalDamaged {
  readonly what: string
  /** Where the damaged file was set aside; absent where only a part of it was damaged. */
  readonly aside?: string
}

/** Body of `clock.stepped`: site time jumped against machine time. */
export interface ClockStepped {
  readonly boot: string
  /** Machine time of the step, milliseconds of this boot. */
  readonly mono: number
  readonly before: number
  readonly after: number
}

/**
 * Body of `clock.revised`: rows that this boot journalled between two machine times were stamped `deltaMs` too early. The rows stay as they were
 * sent; whoever reads them adds it.
 */
export interface ClockRevised {
  readonly boot: string
  readonly fromMono: number
  readonly toMono: number
  readonly deltaMs: number
  /** Readings that it is about: those of the span up to this seq of an epoch. Later ones were corrected before they were sent. */
  readonly epoch?: string
  readonly last?: number
}

/** Field `clock` in the body of an event or alarm whose `at` was taken from a clock that was not trusted: when it was in machine time. */
export interface UntrustedTime {
  readonly boot: string
  readonly mono: number
}

/** Body of `gateway.cloned`, told by the cloud: a disk was restored or cloned, or two gateways share a name. */
export interface GatewayCloned {
  readonly epoch: string
  readonly why: string
  /** Nothing of the epoch is taken any more, and the gateway is asked to begin a new one. */
  readonly fenced: boolean
}

/** Body of `loss`: rows that were given a seq and will not come. A row that arrives after all wins over it. */
export interface LossRecord {
  readonly epoch: string
  readonly lane: string
  readonly seqs: readonly (readonly [first: number, last: number])[]
  readonly count: number
  readonly why: string
  /** Where they are known: whose rows, and their observe times. */
  readonly device?: string
  /** Where they are several devices': how many rows of each. */
  readonly devices?: Readonly<Record<string, number>>
  readonly from?: number
  readonly to?: number
}
