import { Type } from 'typebox'
import { type Codec, type Decoded, encoder, type Field, type Side } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { INCOMPLETE } from '#protocols/frames'
import { decodeAscii, encodeAscii } from './ascii.ts'
import { isAnswered } from './broadcast.ts'
import { crc16Modbus } from './crc16-codec.ts'
import { decodeMessage, encodeMessage, Message, toldOf } from './message.ts'
import { pduFields } from './pdu-fields.ts'
import { decodeRtu, encodeRtu } from './rtu.ts'
import { requestLength, responseLength } from './rtu-length.ts'
import { decodeTcp, encodeTcp, MBAP_BYTES } from './tcp.ts'
import { modbusValue } from './value-codec.ts'

const SPECIFICATION = 'MODBUS Application Protocol Specification V1.1b3'
const SERIAL = 'MODBUS over Serial Line, Specification and Implementation Guide V1.02'

const FUNCTIONS_MISSING =
  'Functions 7, 8, 11, 12, 20, 21 and 24, and function 43 with an MEI type other than 14, are unsupported.'

/** RTU: on serial lines, and as it is through serial servers. */
export const modbusRtu: Codec = {
  name: 'modbus-rtu',
  title: 'Modbus RTU, on a serial line or through a serial server (RTU over TCP): meters, probes, controllers',
  evidence: {
    sources: [SPECIFICATION, SERIAL, 'Captures and manuals of Lambrecht, Sonbus, DFRobot and Yosemitech devices'],
    confirmed:
      'Frames of functions 1 to 5, 15 and 16 and an exception are those of published examples and of real devices, their CRC recomputed.',
    derived:
      "Functions 6, 17, 22, 23 and 43/14 follow the specification's text and its printed examples, without a captured frame.",
    missing: `${FUNCTIONS_MISSING} The silences between frames cannot be seen from here: frames are cut by length and CRC.`,
  },
  decode(bytes, side = 'response') {
    const length = (side === 'request' ? requestLength : responseLength)(bytes, 0)
    if (length === INCOMPLETE || length > bytes.length)
      throw new ProtocolError('truncated', `expected ${length || 'more'} bytes, got ${bytes.length}`, bytes)
    const { unit, pdu } = decodeRtu(bytes)
    return onSerial(unit, pdu, side, (fields) => [
      byteField(0, 'unit', unit),
      ...fields.map((field) => moved(field, 1)),
      checkField(bytes, bytes.length - 2, 'CRC'),
    ])
  },
  encode: encoder(Message, (message, side) => encodeRtu(message.unit, encodeMessage(message, side))),
}

/** ASCII: the same messages as text. */
export const modbusAscii: Codec = {
  name: 'modbus-ascii',
  title: 'Modbus ASCII, the same messages as lines of hexadecimal text: older controllers, radio and telephone links',
  evidence: {
    sources: [SPECIFICATION, SERIAL],
    confirmed: 'One published request with its LRC; what its bytes say is confirmed as for modbus-rtu.',
    missing: `${FUNCTIONS_MISSING} Another end of line than CR LF, which a device may be told to use, is not known.`,
  },
  decode(bytes, side = 'response') {
    const { unit, pdu } = decodeAscii(bytes)
    // Two characters a byte behind the colon.
    const placed = ({ from, to, ...said }: Field): Field => ({ ...said, from: 3 + from * 2, to: 3 + to * 2 })
    const end = bytes.length
    return onSerial(unit, pdu, side, (fields) => [
      { from: 0, to: 1, name: 'start', value: ':' },
      { from: 1, to: 3, name: 'unit', value: String(unit) },
      ...fields.map(placed),
      { from: end - 4, to: end - 2, name: 'LRC', value: Buffer.from(bytes.subarray(end - 4, end - 2)).toString('latin1') },
      { from: end - 2, to: end, name: 'end', value: 'CR LF' },
    ])
  },
  encode: encoder(Message, (message, side) => encodeAscii(message.unit, encodeMessage(message, side))),
}

/** TCP: the same messages behind an MBAP header. */
export const modbusTcp: Codec = {
  name: 'modbus-tcp',
  title: 'Modbus TCP (MBAP), port 502: controllers, gateways, meters on a network',
  evidence: {
    sources: [SPECIFICATION, 'MODBUS Messaging on TCP/IP Implementation Guide V1.0b'],
    confirmed: 'One published request; what its bytes say is confirmed as for modbus-rtu.',
    missing: `${FUNCTIONS_MISSING} Nothing checks the bytes but TCP itself.`,
  },
  decode(bytes, side = 'response') {
    const { transaction, unit, pdu } = decodeTcp(bytes)
    const message = decodeMessage(pdu, side)
    return {
      value: { transaction, ...toldOf(unit, message, pdu, side) },
      fields: [
        { from: 0, to: 2, name: 'transaction', value: String(transaction) },
        { from: 2, to: 4, name: 'protocol', value: '0' },
        { from: 4, to: 6, name: 'length', value: String(pdu.length + 1) },
        byteField(6, 'unit', unit),
        ...pduFields(pdu, side).map((field) => moved(field, MBAP_BYTES)),
      ],
    }
  },
  encode: encoder(
    Type.Interface([Message], { transaction: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff })) }),
    ({ transaction = 0, ...message }, side) => encodeTcp(transaction, message.unit, encodeMessage(message, side)),
  ),
}

/** Everything of Modbus that the front door knows. */
export const codecs: readonly Codec[] = [modbusRtu, modbusAscii, modbusTcp, modbusValue, crc16Modbus]

function onSerial(unit: number, pdu: Uint8Array, side: Side, fields: (pdu: readonly Field[]) => readonly Field[]): Decoded {
  const told = toldOf(unit, decodeMessage(pdu, side), pdu, side)
  const isBroadcast = side === 'request' && !isAnswered(unit)
  return { value: isBroadcast ? { ...told, broadcast: true } : told, fields: fields(pduFields(pdu, side)) }
}

function moved(field: Field, by: number): Field {
  return { ...field, from: field.from + by, to: field.to + by }
}

function byteField(from: number, name: string, value: number): Field {
  return { from, to: from + 1, name, value: String(value) }
}

function checkField(bytes: Uint8Array, from: number, name: string): Field {
  return { from, to: from + 2, name, value: `${Buffer.from(bytes.subarray(from, from + 2)).toString('hex')}, holds` }
}
