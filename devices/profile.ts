import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Duration } from './duration.ts'
import { Named } from './named.ts'

const strict = { additionalProperties: false } as const

/** Register types; `words` orders those of more than one register. */
export const REGISTER_TYPES = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'bcd16', 'bcd32', 'bit'] as const
/** How bytes of a multi-register value stand on the wire: A is the most significant byte. */
export const WORD_ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export const TABLES = ['coil', 'discrete', 'input', 'holding'] as const
/** A counter only rises until it wraps; a gauge is what it is now. */
export const MEANINGS = ['gauge', 'counter', 'state'] as const

export const POINT_NAME = '^[a-z][a-z0-9_]{0,39}$'
/** 10^decimals must stay far below 2^53 for any value a device can say. */
export const DECIMALS_MAX = 6

const ModbusPoint = Type.Object(
  {
    table: Type.Enum([...TABLES]),
    address: Type.Integer({ minimum: 0, maximum: 65_535, description: 'as on the wire, counted from 0' }),
    type: Type.Enum([...REGISTER_TYPES], { default: 'u16' }),
    words: Type.Enum([...WORD_ORDERS], { default: 'ABCD' }),
    bit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 15, description: 'for type bit in a register: which, 0 is the lowest' }),
    ),
    scale: Type.Number({ default: 1, description: 'unit per count' }),
    offset: Type.Number({ default: 0, description: 'added after scaling, in the unit' }),
    decimals: Type.Integer({ minimum: 0, maximum: DECIMALS_MAX, default: 0, description: 'digits kept after the point' }),
    unit: Type.String({ maxLength: 16, default: '' }),
    meaning: Type.Enum([...MEANINGS], { default: 'gauge' }),
    wraps: Type.Optional(Type.Integer({ minimum: 1, description: 'counter: counts at which it starts from 0 again' })),
    range: Type.Optional(
      Type.Tuple([Type.Number(), Type.Number()], { description: 'in the unit; outside it a value is suspect' }),
    ),
    sentinels: Type.Optional(Type.Array(Type.Integer(), { maxItems: 16, description: 'raw counts that mean: no value' })),
    every: Duration({ default: '60s', description: 'poll interval, aligned to the site clock' }),
  },
  { ...strict, default: {} },
)

const Image = Named('^[0-9]{1,5}$', Type.Array(Type.Integer({ minimum: 0, maximum: 65_535 }), { maxItems: 125 }))

const Modbus = Type.Object(
  {
    defaults: Type.Object(
      {
        baud: Type.Integer({ minimum: 300, maximum: 115_200, default: 9600 }),
        parity: Type.Enum(['none', 'even', 'odd'], { default: 'none' }),
        stopBits: Type.Enum([1, 2], { default: 1 }),
        timeout: Duration({ default: '1s', description: 'how long an answer may take' }),
        hole: Type.Integer({
          minimum: 0,
          maximum: 120,
          default: 0,
          description: 'unused registers that may be read to join two blocks',
        }),
        block: Type.Integer({ minimum: 1, maximum: 125, default: 125, description: 'most registers in one read' }),
      },
      { ...strict, default: {} },
    ),
    points: Named(POINT_NAME, ModbusPoint, { minProperties: 1, maxProperties: 500 }),
  },
  strict,
)

const Example = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 120 }),
    input: Type.Optional(Image),
    holding: Type.Optional(Image),
    coil: Type.Optional(Image),
    discrete: Type.Optional(Image),
    readings: Named(POINT_NAME, Type.Union([Type.Number(), Type.Boolean(), Type.Null()]), { minProperties: 1 }),
  },
  strict,
)

/** A device model as data: what its registers mean, with examples that prove it. */
export const Profile = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 120 }),
    kind: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' }),
    source: Type.String({ minLength: 1, maxLength: 300, description: 'the manual, its revision and page' }),
    unconfirmed: Type.Optional(Type.Boolean({ description: 'true: no authoritative source was at hand' })),
    notes: Type.Optional(Type.String({ maxLength: 2000 })),
    modbus: Modbus,
    examples: Type.Array(Example, { minItems: 1, maxItems: 50 }),
  },
  strict,
)
export type Profile = Static<typeof Profile>
export type Point = Profile['modbus']['points'][string]
export type Example = Profile['examples'][number]
export type Table = Point['table']

/** The first 16 hex digits of SHA-256 over the profile's checked content: an edit is a new version, so old rows keep their decimals. */
export function profileHash(profile: Profile): string {
  return createHash('sha256').update(canonical(profile)).digest('hex').slice(0, 16)
}

/** JSON with sorted keys, so that the order in a file is no new version. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
