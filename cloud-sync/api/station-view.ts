import { type Static, Type } from 'typebox'
import { MEANINGS, QUALITIES, REASONS } from '#devices'
import { GRADES } from '#wire'
import { NamedView, NullableBoolean, NullableInteger, NullableString, Time, ValueView } from './nullable.ts'

/** The worst first; a grade stands before everything else. */
export const STATION_STATES = ['red', 'orange', 'yellow', 'blue', 'offline', 'no-data', 'no-threshold', 'normal'] as const
export const StationState = Type.Enum([...STATION_STATES], {
  description:
    'the worst grade of its open alerts, else offline: no device answers; no-data: a point with a rule has no value; no-threshold: no rule; normal',
})
export type StationState = Static<typeof StationState>

const valueKeys = {
  at: Time,
  n: Type.Integer({ description: '0, 1, 2 … among rows of one time' }),
  value: ValueView,
  quality: Type.Enum([...QUALITIES]),
  reason: Type.Optional(Type.Enum([...REASONS])),
}
const latestKeys = {
  ...valueKeys,
  received: Type.Integer({ description: 'site time the cloud took it' }),
  stored: Type.Integer({ description: 'machine epoch ms when it was committed' }),
}

/** A value of one point. */
export const RowView = Type.Object(valueKeys)
export type RowView = Static<typeof RowView>

/** A point's newest row, as the feed tells it. */
export const ReadingView = Type.Object({ device: Type.String(), point: Type.String(), ...latestKeys })
export type ReadingView = Static<typeof ReadingView>

const Latest = Type.Object(latestKeys)

export const ThresholdView = Type.Object({
  rule: Type.String(),
  grade: Type.Enum([...GRADES]),
  value: Type.Integer({ description: 'count of 10^-decimals' }),
  direction: Type.Enum(['above', 'below']),
})
export type ThresholdView = Static<typeof ThresholdView>

export const PointView = Type.Object({
  device: Type.String(),
  point: Type.String(),
  unit: Type.String(),
  decimals: Type.Integer(),
  meaning: Type.Enum([...MEANINGS]),
  every: Type.Integer({ description: 'ms' }),
  latest: Type.Unsafe<Static<typeof Latest> | null>({ ...Latest, type: ['object', 'null'] }),
  thresholds: Type.Array(ThresholdView),
})
export type PointView = Static<typeof PointView>

export const DeviceView = Type.Object({
  id: Type.String(),
  name: NamedView,
  profile: Type.String(),
  online: NullableBoolean,
  since: NullableInteger,
})
export type DeviceView = Static<typeof DeviceView>

export const StationView = Type.Object({
  id: Type.String(),
  name: NamedView,
  gateway: Type.String(),
  state: StationState,
  devices: Type.Array(DeviceView),
  points: Type.Array(PointView),
  alerts: Type.Integer({ description: 'open ones' }),
  doubt: Type.Unsafe<string | null>({
    ...NullableString,
    description: "why the numbers of its gateway's journal cannot be trusted",
  }),
})
export type StationView = Static<typeof StationView>
