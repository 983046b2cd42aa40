import { Type } from 'typebox'

const Hex = Type.String({ pattern: '^([0-9A-Fa-f]{2})*$' })
const digits = (count: number) => Type.String({ pattern: `^[0-9A-Fa-f]{${count}}$` })
const Value = Type.Union([Type.Number(), Type.Null()])

const either = <A extends string, B extends string>(clear: A, set: B) => Type.Union([Type.Literal(clear), Type.Literal(set)])
const StatusSchema = Type.Object({
  mains: either('ok', 'lost'),
  battery: either('ok', 'low'),
  level: either('ok', 'alarm'),
  flow: either('ok', 'alarm'),
  quality: either('ok', 'alarm'),
  flowMeter: either('ok', 'fault'),
  levelMeter: either('ok', 'fault'),
  cabinetDoor: either('open', 'closed'),
  memory: either('ok', 'fault'),
  icCard: either('off', 'valid'),
  pump: either('running', 'stopped'),
  remainingVolume: either('ok', 'exceeded'),
})

/** An element as JSON has it. */
export const ElementSchema = Type.Object({
  id: Type.String({ pattern: '^([0-9A-Fa-f]{2}){1,2}$' }),
  def: Type.Optional(digits(2)),
  decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
  value: Type.Optional(Value),
  values: Type.Optional(Type.Array(Value)),
  text: Type.Optional(Type.String()),
  hex: Type.Optional(Hex),
  status: Type.Optional(StatusSchema),
  at: Type.Optional(digits(10)),
  station: Type.Optional(digits(10)),
  class: Type.Optional(Type.String()),
  isOpen: Type.Optional(Type.Literal(true)),
  again: Type.Optional(Type.Union([Type.Literal('at'), Type.Literal('station')])),
})

/** A message as JSON has it; what a reader is told beside it, names and units, is not looked at. */
export const MessageSchema = Type.Object({
  encoding: Type.Optional(Type.Union([Type.Literal('hex'), Type.Literal('ascii')])),
  direction: Type.Union([Type.Literal('up'), Type.Literal('down')]),
  centre: Type.Integer({ minimum: 0, maximum: 255 }),
  station: digits(10),
  password: Type.String({ minLength: 4, maxLength: 4 }),
  function: digits(2),
  end: Type.Union([
    Type.Literal('ETX'),
    Type.Literal('ETB'),
    Type.Literal('ENQ'),
    Type.Literal('EOT'),
    Type.Literal('ACK'),
    Type.Literal('NAK'),
    Type.Literal('ESC'),
  ]),
  packets: Type.Optional(Type.Integer({ minimum: 0, maximum: 4095 })),
  packet: Type.Optional(Type.Integer({ minimum: 0, maximum: 4095 })),
  serial: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
  sendTime: Type.Optional(digits(12)),
  bodyStation: Type.Optional(digits(10)),
  class: Type.Optional(Type.String()),
  isTimeFirst: Type.Optional(Type.Literal(true)),
  timeStep: Type.Optional(digits(6)),
  elements: Type.Optional(Type.Array(ElementSchema)),
  parameters: Type.Optional(
    Type.Array(
      Type.Object({
        id: digits(2),
        def: Type.Optional(digits(2)),
        hex: Type.Optional(Type.String()),
        value: Type.Optional(Value),
        text: Type.Optional(Type.String()),
      }),
    ),
  ),
  query: Type.Optional(Type.Array(Hex)),
  period: Type.Optional(Type.Object({ from: digits(8), to: digits(8) })),
  version: Type.Optional(Type.String()),
  events: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 65535 }))),
  switches: Type.Optional(Type.Array(Type.Boolean())),
  gates: Type.Optional(Type.Array(Type.Object({ isOpen: Type.Boolean(), openingCm: Value }))),
  isFixedQuantity: Type.Optional(Type.Boolean()),
  data: Type.Optional(Hex),
  tail: Type.Optional(Hex),
})
