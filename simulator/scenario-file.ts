import { type Static, Type } from 'typebox'
import { Named, POINT_NAME, SPEED_MAX } from '#devices'
import { PointCurve, StormCurve } from './curve.ts'
import { FaultSpan } from './fault.ts'

const strict = { additionalProperties: false } as const

/** `#` stands for a digit of the copy's number. */
const ID = '^[A-Za-z0-9#][A-Za-z0-9_#-]{0,47}$'

export const STATIONS_MAX = 2000
/** Units of one line: 1..247 as the specification numbers them. */
export const UNIT_MAX = 247
const FAULTS_MAX = 1000

const Device = Type.Object(
  {
    id: Type.String({ pattern: ID }),
    profile: Type.String({ description: 'name in the catalogue' }),
    unit: Type.Integer({ minimum: 1, maximum: UNIT_MAX, default: 1 }),
    port: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 9999,
        description: 'devices that name the same one share a TCP port; absent: one a station',
      }),
    ),
    serial: Type.Optional(
      Type.Object(
        {
          line: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: 9999,
              description: 'devices that name the same one share it; absent: one a station',
            }),
          ),
          paced: Type.Boolean({ default: false, description: 'answers come as late as the speed of the line makes them' }),
        },
        { ...strict, description: 'instead of a TCP port: Modbus RTU on a serial line, set as the profile says' },
      ),
    ),
    points: Type.Optional(Named(POINT_NAME, PointCurve)),
  },
  strict,
)

const Station = Type.Object(
  {
    id: Type.String({ pattern: ID }),
    name: Type.Optional(
      Type.Object({ zh: Type.String({ minLength: 1, maxLength: 60 }), en: Type.String({ minLength: 1, maxLength: 60 }) }, strict),
    ),
    count: Type.Integer({
      minimum: 1,
      maximum: STATIONS_MAX,
      default: 1,
      description: 'copies; their ids need a # for each digit',
    }),
    curve: Type.Optional(StormCurve),
    devices: Type.Array(Device, { minItems: 1, maxItems: UNIT_MAX }),
  },
  strict,
)

/** What a scenario file may say. Values of a point: its own curve, else the station's storm by name, else the profile's first example. */
export const ScenarioFile = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 120 }),
    seed: Type.Integer({ minimum: 0, maximum: 0xffff_ffff, default: 1 }),
    clock: Type.Optional(
      Type.Object(
        {
          start: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d)?(Z|[+-]\\d\\d:\\d\\d)$' }),
          speed: Type.Number({ minimum: 0.001, maximum: SPEED_MAX, default: 1 }),
        },
        strict,
      ),
    ),
    stations: Type.Array(Station, { minItems: 1, maxItems: STATIONS_MAX }),
    faults: Type.Array(FaultSpan, { maxItems: FAULTS_MAX, default: [] }),
  },
  strict,
)
export type ScenarioFile = Static<typeof ScenarioFile>
export type StationEntry = ScenarioFile['stations'][number]
export type DeviceEntry = StationEntry['devices'][number]

/** The line of a device of the station, in words: devices with the same words are on the same one. */
export function lineOf({ port, serial }: DeviceEntry, station: string): string {
  if (serial) return serial.line === undefined ? `the serial line of ${station}` : `serial line ${serial.line}`
  return port === undefined ? `the port of ${station}` : `port ${port}`
}

/** An id of the copy's number, which counts from 1: `9DML####` → `9DML0007`. */
export function numberedId(id: string, copy: number): string {
  return id.replace(/#+/g, (run) => String(copy + 1).padStart(run.length, '0'))
}
