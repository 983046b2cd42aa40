import { type Static, Type } from 'typebox'
import { Duration } from './duration.ts'
import { Named } from './named.ts'
import { DECIMALS_MAX, heading, MEANINGS, POINT_NAME, strict } from './profile-heading.ts'

/** Register types; `words` orders those of more than one register. */
export const REGISTER_TYPES = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'bcd16', 'bcd32', 'bit'] as const
/** How bytes of a multi-register value stand on the wire: A is the most significant byte. */
export const WORD_ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export const TABLES = ['coil', 'discrete', 'input', 'holding'] as const

const StatusValues = (description: string) =>
  Type.Optional(Type.Array(Type.Union([Type.Integer(), Type.Boolean()]), { minItems: 1, maxItems: 32, description }))

const Status = Type.Object(
  {
    point: Type.String({ pattern: POINT_NAME, description: 'another point of this model, read at the same interval' }),
    good: StatusValues('where it is given, every value that is not named makes this point suspect'),
    suspect: StatusValues('values at which this point is suspect'),
    bad: StatusValues('values at which this point has no value'),
  },
  { ...strict, description: 'what another point says of this one' },
)

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
    sentinels: Type.Optional(
      Type.Array(Type.Union([Type.Integer(), Type.String({ pattern: '^0x([0-9A-Fa-f]{4}){1,4}$' })]), {
        maxItems: 16,
        description:
          'what means: no value; raw counts, or in quotes the bits of all registers, as "0xFFFFFFFF", most significant first',
      }),
    ),
    status: Type.Optional(Type.Array(Status, { minItems: 1, maxItems: 8 })),
    every: Duration({ default: '60s', description: 'poll interval, aligned to the site clock' }),
  },
  { ...strict, default: {} },
)

const Image = Named('^[0-9]{1,5}$', Type.Array(Type.Integer({ minimum: 0, maximum: 65_535 }), { maxItems: 125 }))

/** What is sent before each round of reads, for a device that sleeps or measures only when told to. Its answer says nothing. */
const Wake = Type.Object(
  {
    send: Type.Enum(['read', 'write-none'], {
      description: 'read: one register; write-none: a write of no registers (function 16), as Yosemitech probes are started',
    }),
    table: Type.Enum(['input', 'holding'], { default: 'holding', description: 'of a read' }),
    address: Type.Integer({ minimum: 0, maximum: 65_535 }),
    delay: Duration({ description: 'from then to the first read' }),
  },
  strict,
)

const Modbus = Type.Object(
  {
    defaults: Type.Object(
      {
        baud: Type.Integer({ minimum: 300, maximum: 115_200, default: 9600 }),
        parity: Type.Enum(['none', 'even', 'odd'], { default: 'none' }),
        stopBits: Type.Enum([1, 2], { default: 1 }),
        unit: Type.Optional(Type.Integer({ minimum: 1, maximum: 255, description: 'its address as it leaves the factory' })),
        timeout: Duration({ default: '1s', description: 'how long an answer may take' }),
        hole: Type.Integer({
          minimum: 0,
          maximum: 120,
          default: 0,
          description: 'unused registers that may be read to join two blocks',
        }),
        block: Type.Integer({ minimum: 1, maximum: 125, default: 125, description: 'most registers in one read' }),
        even: Type.Optional(
          Type.Boolean({
            description: 'true: registers are read in pairs only, each point at an even address and of even width',
          }),
        ),
      },
      { ...strict, default: {} },
    ),
    wake: Type.Optional(Wake),
    points: Named(POINT_NAME, ModbusPoint, { minProperties: 1, maxProperties: 500 }),
  },
  { ...strict, description: 'a device that is read by Modbus' },
)

const ModbusExample = Type.Object(
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

/** A model whose points are registers and bits. */
export const ModbusProfile = Type.Object(
  { ...heading, modbus: Modbus, examples: Type.Array(ModbusExample, { minItems: 1, maxItems: 50 }) },
  strict,
)
export type ModbusProfile = Static<typeof ModbusProfile>
export type Point = ModbusProfile['modbus']['points'][string]
export type ModbusExample = ModbusProfile['examples'][number]
export type Table = Point['table']
