import { type Static, Type } from 'typebox'
import { Duration } from './duration.ts'
import { frameBytes } from './frame-example.ts'
import { Named } from './named.ts'
import { DECIMALS_MAX, heading, MEANINGS, POINT_NAME, strict } from './profile-heading.ts'

const Sl651Point = Type.Object(
  {
    element: Type.String({
      pattern: '^(FF)?[0-9A-F]{2}$',
      description: 'identifier of SL 651-2014 in hex, as "39" for the river stage; FF and a second byte for one of the user area',
    }),
    bit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 31, description: 'of the status word "45": which bit, 0 is the lowest' }),
    ),
    decimals: Type.Integer({ minimum: 0, maximum: DECIMALS_MAX, default: 0, description: 'digits kept after the point' }),
    unit: Type.String({ maxLength: 16, default: '' }),
    meaning: Type.Enum([...MEANINGS], { default: 'gauge' }),
    wraps: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'counter: where it starts from 0 again, in the unit' })),
    range: Type.Optional(
      Type.Tuple([Type.Number(), Type.Number()], { description: 'in the unit; outside it a value is suspect' }),
    ),
    every: Duration({ default: '1h', description: 'how often the station reports it' }),
  },
  { ...strict, default: {} },
)

const Sl651 = Type.Object(
  {
    class: Type.String({
      pattern: '^[A-Z]$',
      description: 'of the station: P rain, H river, K reservoir, G groundwater, M soil, …',
    }),
    points: Named(POINT_NAME, Sl651Point, { minProperties: 1, maxProperties: 200 }),
  },
  { ...strict, description: 'a station that reports by SL 651-2014' },
)

const Sl651Example = Type.Object(
  {
    ...frameBytes,
    readings: Named(POINT_NAME, Type.Union([Type.Number(), Type.Boolean(), Type.Null()]), { minProperties: 1 }),
  },
  strict,
)

/** A station that reports by itself, its elements as points. */
export const Sl651Profile = Type.Object(
  { ...heading, sl651: Sl651, examples: Type.Array(Sl651Example, { minItems: 1, maxItems: 50 }) },
  strict,
)
export type Sl651Profile = Static<typeof Sl651Profile>
export type Sl651Point = Sl651Profile['sl651']['points'][string]
