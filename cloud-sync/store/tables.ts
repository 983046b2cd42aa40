import type { Generated, Insertable, Selectable } from 'kysely'
import type { Quality, Reason } from '#devices'
import type { Grade, Lane } from '#wire'

/**
 * The tables of `records.db`. Times are epoch ms: site time, but for `change.at`, `latest.stored`, `incident_change.recorded`, `incident_change.withdrawn`, `reader.lease_until`
 * and `reader.updated`, which are the machine's wall clock. Truth values are 0 and 1.
 */
export interface RecordTables {
  readonly gateway: GatewayTable
  readonly device: DeviceTable
  readonly station: StationTable
  readonly point: PointTable
  readonly latest: LatestTable
  readonly event: EventTable
  readonly incident: IncidentTable
  readonly incident_change: IncidentChangeTable
  readonly change: ChangeTable
  readonly reader: ReaderTable
  readonly judge_input: JudgeInputTable
  readonly rule_checkpoint: RuleCheckpointTable
  readonly verdict: VerdictTable
  readonly parked: ParkedTable
  readonly series_guard: SeriesGuardTable
  readonly clock_revision: ClockRevisionTable
  readonly revised: RevisedTable
}

export interface GatewayTable {
  id: string
  unit: Generated<string>
  online: number
  epoch: string | null
  boot: string | null
  /** Since when it is online or offline. */
  since: number
  /** JSON: the gateway's clock state. */
  clock: string | null
  /** Hash of its configuration. */
  config: string | null
  /** JSON: `{ <lane>: { issued, … } }` as its status says. */
  lanes: string
  updated: number
  /** Why the numbers of its epoch cannot be trusted; null where nothing is held against them. */
  doubt: Generated<string | null>
}

export interface StationTable {
  id: string
  unit: Generated<string>
  name_zh: string
  name_en: string
  gateway: string
}

export interface DeviceTable {
  id: string
  unit: Generated<string>
  gateway: string
  station: string
  name_zh: string
  name_en: string
  /** Name in the catalogue. */
  profile: string
  /** Version of the profile that new rows are told with. */
  hash: string
  /** When the description was made: an older one that comes late changes nothing. */
  described: number
  /** Null: nothing was heard of it yet. */
  online: number | null
  since: number | null
}

/** One row a profile version, so that old rows keep their decimals. */
export interface PointTable {
  device: string
  point: string
  hash: string
  /** As `mm`; empty for none. */
  unit_text: string
  decimals: number
  meaning: 'gauge' | 'counter' | 'state'
  wraps: number | null
  every_ms: number
}

/** The newest row of each point by (at, n). */
export interface LatestTable {
  device: string
  point: string
  at: number
  n: number
  /** JSON of the value. */
  value: string
  quality: Quality
  reason: Reason | null
  received: number
  stored: number
  hash: string
  /** The `readings` row of `change` that told of it. */
  change: number
}

export interface EventTable {
  id: Generated<number>
  unit: Generated<string>
  gateway: string
  epoch: string
  lane: Lane
  seq: number
  kind: string
  at: number
  device: string | null
  /** JSON object. */
  body: string
  received: number
  /** The id that its gateway gave it; null where it was kept before ids were. */
  fact: string | null
}

export interface IncidentTable {
  id: string
  unit: Generated<string>
  rule: string
  family: string
  kind: 'threshold' | 'rain-window'
  title_zh: string
  title_en: string
  station: string
  device: string
  point: string
  /** `withdrawn`: rows that came late showed that nothing of it was so. */
  state: 'open' | 'cleared' | 'withdrawn'
  grade: Grade
  action: 'prepare' | 'move' | null
  /** The highest grade it had. */
  peak: Grade
  opened_at: number
  cleared_at: number | null
}

export interface IncidentChangeTable {
  id: Generated<number>
  incident: string
  at: number
  kind: 'raised' | 'escalated' | 'eased' | 'cleared' | 'acknowledged'
  grade: Grade | null
  action: 'prepare' | 'move' | null
  /** JSON: a count of 10^-decimals, or null. */
  value: string
  /** JSON object: the rows and limits that decided. */
  evidence: string
  rule_version: string
  /** JSON array of `gateway` and `cloud`. */
  sources: string
  retrospective: number
  recorded: number
  /** When rows that came late showed that it was not so; null while it stands. Nothing else of a change is ever changed but its place. */
  withdrawn: number | null
}

/** Tailed by the feed: ids only rise, in commit order. */
export interface ChangeTable {
  id: Generated<number>
  kind: ChangeKind
  /** Id of the incident, station or gateway; empty for `readings`. */
  ref: string
  at: number
}
export type ChangeKind = 'readings' | 'alert' | 'station' | 'gateway'

export interface ReaderTable {
  name: string
  cursor: number
  lease: string | null
  lease_until: number | null
  updated: number
  /** Which life of its store the cursor belongs to; null: of none yet. */
  store: string | null
}

export interface JudgeInputTable {
  rule: string
  at: number
  n: number
  value: number | null
  quality: Quality
}

export interface RuleCheckpointTable {
  rule: string
  at: number
  /** JSON of the fold's state. */
  state: string
}

export interface VerdictTable {
  rule: string
  at: number
  n: Generated<number>
  grade: Grade | null
  action: 'prepare' | 'move' | null
  /** JSON: a count of 10^-decimals, or null. */
  value: string
  /** JSON object. */
  evidence: string
}

/** One row: what is known of the series store's server. */
export interface SeriesGuardTable {
  id: number
  /** Names one run of the server, where it says so. */
  server: string | null
  /** Id of a batch up to which the store was whole some time before. */
  safe: number
}

/** A row that the series store refused, or of a device that another gateway described; it is in the inbox as it came. */
export interface ParkedTable {
  device: string
  point: string
  at: number
  n: number
  /** JSON of the value. */
  value: string
  hash: string
  /** The store's own words. */
  why: string
  /** When it was refused the first time. */
  parked: number
  /** Whose row it was, where it is another's device; and when it came (site time), null where release 0.1 parked it. */
  gateway: Generated<string | null>
  received: Generated<number | null>
}

/** A stretch of a gateway's clock, and what is to be added to its times: rows of an epoch up to a seq, by the machine time of their commits. */
export interface ClockRevisionTable {
  gateway: string
  epoch: string
  boot: string
  from_mono: number
  to_mono: number
  last: number
  delta_ms: number
}

/** A row of the series store, and when it was really taken. */
export interface RevisedTable {
  device: string
  point: string
  at: number
  n: number
  true_at: number
  /** JSON of the value. */
  value: string
  quality: Quality
  reason: Reason | null
  received: number
  hash: string
}

export type ClockRevisionRow = Selectable<ClockRevisionTable>
export type NewRevised = Insertable<RevisedTable>
export type NewLatest = Insertable<LatestTable>
export type NewEvent = Insertable<EventTable>
export type GatewayRow = Selectable<GatewayTable>
export type DeviceRow = Selectable<DeviceTable>
export type StationRow = Selectable<StationTable>
export type PointRow = Selectable<PointTable>
export type LatestRow = Selectable<LatestTable>
export type EventRow = Selectable<EventTable>
export type IncidentRow = Selectable<IncidentTable>
export type IncidentChangeRow = Selectable<IncidentChangeTable>
export type ChangeRow = Selectable<ChangeTable>
