import { type Check, type Checked, flag, list, nullable, number, oneOf, optional, record, reported, text } from './check.ts'

/** Lowest first. */
export const GRADES = ['blue', 'yellow', 'orange', 'red'] as const
export type Grade = (typeof GRADES)[number]
export const ACTIONS = ['prepare', 'move'] as const
export const QUALITIES = ['good', 'suspect', 'bad'] as const
export const STATION_STATES = ['red', 'orange', 'yellow', 'blue', 'offline', 'no-data', 'no-threshold', 'normal'] as const
export type StationState = (typeof STATION_STATES)[number]
export const MEANINGS = ['gauge', 'counter', 'state'] as const
export const CHANGE_KINDS = ['raised', 'escalated', 'eased', 'cleared', 'acknowledged'] as const
export const SOURCES = ['gateway', 'cloud'] as const

const named = record({ zh: text, en: text })
/** A text of the configuration, in both languages. */
export type Named = Checked<typeof named>

export const siteView = record({
  name: text,
  version: text,
  zone: text,
  now: number,
  speed: number,
  demo: nullable(record({ loops: flag })),
})
export type SiteView = Checked<typeof siteView>

const latest = record({
  at: number,
  n: number,
  value: reported,
  quality: oneOf(QUALITIES),
  reason: optional(text),
  received: number,
  stored: number,
})
export type Latest = Checked<typeof latest>

const threshold = record({ rule: text, grade: oneOf(GRADES), value: number, direction: oneOf(['above', 'below']) })
export type Threshold = Checked<typeof threshold>

const pointView = record({
  device: text,
  point: text,
  unit: text,
  decimals: number,
  meaning: oneOf(MEANINGS),
  every: number,
  latest: nullable(latest),
  thresholds: list(threshold),
})
export type PointView = Checked<typeof pointView>

const deviceView = record({ id: text, name: named, profile: text, online: nullable(flag), since: nullable(number) })
export type DeviceView = Checked<typeof deviceView>

export const stationView = record({
  id: text,
  name: named,
  gateway: text,
  state: oneOf(STATION_STATES),
  devices: list(deviceView),
  points: list(pointView),
  alerts: number,
  /** Why the numbers of its gateway's journal cannot be trusted; null where nothing is held against them. */
  doubt: nullable(text),
})
export type StationView = Checked<typeof stationView>

const evidence = record({
  version: text,
  /** Of the limit and the rows; the change's own value has those of its alert. */
  decimals: number,
  limit: nullable(number),
  windowMs: optional(number),
  coverage: optional(number),
  rows: list(record({ at: number, value: reported })),
})

const changeView = record({
  id: number,
  at: number,
  kind: oneOf(CHANGE_KINDS),
  grade: nullable(oneOf(GRADES)),
  action: optional(oneOf(ACTIONS)),
  value: nullable(number),
  evidence,
  sources: list(oneOf(SOURCES)),
  retrospective: flag,
  recorded: number,
})
export type ChangeView = Checked<typeof changeView>

export const alertView = record({
  id: text,
  rule: text,
  family: text,
  title: named,
  kind: oneOf(['threshold', 'rain-window']),
  station: text,
  device: text,
  point: text,
  unit: text,
  decimals: number,
  state: oneOf(['open', 'cleared']),
  grade: oneOf(GRADES),
  action: optional(oneOf(ACTIONS)),
  peakGrade: oneOf(GRADES),
  openedAt: number,
  clearedAt: nullable(number),
  changes: list(changeView),
})
export type AlertView = Checked<typeof alertView>

const seriesRow = record({ at: number, n: number, value: reported, quality: oneOf(QUALITIES), reason: optional(text) })
export type SeriesRow = Checked<typeof seriesRow>
const seriesHead = { unit: text, decimals: number, truncated: flag }
export const seriesView = record({ ...seriesHead, rows: list(seriesRow) })

const bucket = record({
  at: number,
  min: nullable(number),
  max: nullable(number),
  last: nullable(number),
  count: number,
  suspect: number,
})
export type Bucket = Checked<typeof bucket>
export const bucketsView = record({ ...seriesHead, rows: list(bucket) })

const rainRow = record({ at: number, sum: nullable(number), covered: number })
/** Rain of one interval: `at` is its END, `covered` the part of it (0 to 1) that data speaks for. */
export type RainRow = Checked<typeof rainRow>
export const rainView = record({ unit: text, decimals: number, rows: list(rainRow), total: nullable(number) })
export type RainView = Checked<typeof rainView>

export const rowView = record({
  device: text,
  point: text,
  at: number,
  n: number,
  value: reported,
  quality: oneOf(QUALITIES),
  reason: optional(text),
  received: number,
  stored: number,
})
export type RowView = Checked<typeof rowView>

export const feedData = {
  hello: record({ now: number, speed: number }),
  readings: record({ rows: list(rowView) }),
  alert: alertView,
  station: record({ id: text }),
  gateway: record({ id: text }),
}

/** Why something stands in no store, as the server sorts it. */
export const LETTER_KINDS = ['refused', 'unreadable', 'parked', 'damaged', 'epoch', 'loss'] as const
export type LetterKind = (typeof LETTER_KINDS)[number]

const range: Check<readonly [first: number, last: number]> = (value, path) => {
  const [first, last] = list(number)(value, path)
  return [number(first, path), number(last, path)]
}

const letterView = record({
  id: text,
  kind: oneOf(LETTER_KINDS),
  at: number,
  gateway: nullable(text),
  epoch: nullable(text),
  lane: nullable(text),
  seqs: list(range),
  count: nullable(number),
  why: text,
  device: nullable(text),
  point: nullable(text),
  from: nullable(number),
  to: nullable(number),
  topic: nullable(text),
  fenced: nullable(flag),
  sample: nullable(text),
  bytes: nullable(text),
})
/** Something that stands in no store, and why. */
export type LetterView = Checked<typeof letterView>

export const lettersView = record({
  letters: list(letterView),
  counts: record({ refused: number, unreadable: number, parked: number, damaged: number, epoch: number, loss: number }),
  gateways: list(text),
  next: nullable(text),
})
export type LettersView = Checked<typeof lettersView>

const auditedLane = record({
  gateway: text,
  lane: text,
  issued: number,
  received: number,
  refused: number,
  carried: number,
  declaredLost: number,
  missing: list(range),
})
/** What became of the rows that a gateway gave out in one lane of one epoch. */
export type AuditedLane = Checked<typeof auditedLane>
export const auditView = record({ ok: flag, gateways: list(auditedLane) })
export type AuditView = Checked<typeof auditView>
