import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { decodeSzy, encodeSzy, type SzyMessage } from './message.ts'
import { SZY206_KINDS } from './quantity.ts'

const hexOf = (bytes: number) => Type.String({ pattern: `^[0-9A-Fa-f]{${bytes * 2}}$` })
const schema = Type.Object({
  direction: Type.Enum(['up', 'down'] as const),
  fcb: Type.Integer({ minimum: 0, maximum: 3 }),
  function: Type.Enum(SZY206_KINDS),
  address: hexOf(5),
  AFN: hexOf(1),
  divs: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
  long: Type.Optional(Type.Literal(true)),
  link: Type.Optional(Type.Enum(['login', 'logout', 'alive'] as const)),
  values: Type.Optional(Type.Array(Type.Object({ quantity: Type.String(), value: Type.Union([Type.Number(), Type.Null()]) }))),
  alarm: Type.Optional(hexOf(2)),
  status: Type.Optional(hexOf(2)),
  time: Type.Optional(hexOf(5)),
  data: Type.Optional(Type.String({ pattern: '^([0-9A-Fa-f]{2})*$' })),
})

/** `szy206`: stations that watch the taking of water. */
export const szy206: Codec = {
  name: 'szy206',
  title: 'SZY 206-2016 (SL 427): stations and meters that watch the taking of water',
  evidence: {
    sources: [
      'SZY 206-2016, Data transmission protocol for water resources monitoring, as public code understands it',
      'github hm1212/szy206-protocol: two frames in its tests, and what it reads of the fields',
    ],
    confirmed: 'Layout, length, address, flow, volume and their invalid mark by two published frames.',
    derived:
      'The CRC-8 was derived: polynomial E5 with start 0 is the only one that fits both published frames, and the same public code computes it so. That the half byte on top is a sign (0 plus, F minus), that data of ten bytes are one flow and one volume, and the decimals of all quantities but flow and volume come from that code or the tables of the standard as quoted, without a frame to prove them.',
    missing:
      'Units and decimals of level, gate, power and pressures are not confirmed: they are given as the bare number. Water quality, combined data, the answers to queries, alarms (81), manual data (82) and the contents of images are passed on as hex. Long packets are read as one published image does it, limited to 4096 bytes, and are not put together. The bits of alarms and state are not named.',
  },
  decode(bytes) {
    const value = decodeSzy(bytes)
    return { value, fields: fieldsOf(bytes, value) }
  },
  encode: encoder(schema, ({ divs, long, link, values, alarm, status, time, data, ...header }) =>
    encodeSzy({
      ...header,
      ...(divs === undefined ? {} : { divs }),
      ...(long === undefined ? {} : { long }),
      ...(link === undefined ? {} : { link }),
      ...(values === undefined ? {} : { values }),
      ...(alarm === undefined ? {} : { alarm }),
      ...(status === undefined ? {} : { status }),
      ...(time === undefined ? {} : { time }),
      ...(data === undefined ? {} : { data }),
    }),
  ),
}

function fieldsOf(bytes: Uint8Array, message: SzyMessage): Field[] {
  const fields: Field[] = []
  let at = 0
  const field = (name: string, count: number, value: string): void => {
    if (count > 0) fields.push({ from: at, to: at + count, name, value })
    at += count
  }
  field('start', 1, '68')
  field('length', 1, `${message.len}`)
  field('start', 1, '68')
  field('control', 1, `${message.direction}, FCB ${message.fcb}, ${message.function}`)
  if (message.divs !== undefined) field('packet, counting down', 1, `${message.divs}`)
  field('address', 5, message.address)
  field('AFN', 1, message.use ?? message.AFN)
  if (message.long) field('data length', 2, `${bytes.length - at - 4}`)
  const tail = message.time === undefined ? 0 : 9
  const said = message.link ?? message.values?.map(({ quantity, value }) => `${quantity} ${value ?? 'invalid'}`).join(', ') ?? ''
  field('data', bytes.length - at - tail - 2, said)
  if (message.alarm !== undefined) field('alarm', 2, message.alarm)
  if (message.status !== undefined) field('status', 2, message.status)
  if (message.time !== undefined) field('time', 5, message.time)
  field('CRC', 1, 'holds')
  field('end', 1, '16')
  return fields
}
