import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Codec, Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import {
  decodeTerminalFrame,
  encodeTerminalFrame,
  TERMINAL_PAYLOAD_BYTES_MAX,
  TERMINAL_VERSION,
  type TerminalFrame,
} from './terminal-frame.ts'
import { TERMINAL_LAYOUTS, type TerminalType } from './terminal-layout.ts'
import type { TerminalMessage } from './terminal-message.ts'
import type { Part } from './terminal-part.ts'

/** Behind the last byte of the header in a whole frame. */
const PAYLOAD_AT = 7

/**
 * What a frame says.
 * @throws ProtocolError `unsupported` (another version, a type that is not known), `malformed` (a payload too short, a value out of its range)
 */
export function readTerminal(frame: TerminalFrame): TerminalMessage {
  return read(frame).message
}

/** Reads one whole frame of bytes. @throws ProtocolError of all codes but `exception`: an `error` of a terminal is a message like any other */
export function decodeTerminal(bytes: Uint8Array): TerminalMessage {
  return readTerminal(decodeTerminalFrame(bytes))
}

/** The inverse of `decodeTerminal`. @throws ProtocolError `malformed` for a value out of its range */
export function encodeTerminal(message: TerminalMessage): Uint8Array {
  return encodeAny(message)
}

function encodeAny(value: unknown): Uint8Array {
  if (!isMessage(value)) throw new ProtocolError('malformed', complaintOf(value), new Uint8Array())
  const { version, address, sequence, extra = '' } = value
  const { code } = TERMINAL_LAYOUTS[value.type]
  const fields = new Map<string, unknown>(Object.entries(value))
  const payload = partsOf(value.type).flatMap(([name, part]) => [...part.write(fields.get(name))])
  return encodeTerminalFrame({
    version,
    address,
    sequence,
    code,
    payload: Uint8Array.of(...payload, ...Buffer.from(extra, 'hex')),
  })
}

function read(frame: TerminalFrame): { message: TerminalMessage; fields: Field[] } {
  const { version, address, sequence, payload } = frame
  if (version !== TERMINAL_VERSION)
    throw new ProtocolError('unsupported', `expected version ${TERMINAL_VERSION}, got ${version}`, payload)
  const type = TYPES.find((name) => TERMINAL_LAYOUTS[name].code === frame.code)
  if (type === undefined) throw new ProtocolError('unsupported', `expected a known type, got ${frame.code.toString(16)}`, payload)
  const cursor = { bytes: payload, at: 0 }
  const fields: Field[] = []
  const body = partsOf(type).map(([name, part]): [string, unknown] => {
    const from = PAYLOAD_AT + cursor.at
    const value = readPart(part, name, cursor)
    fields.push({ from, to: PAYLOAD_AT + cursor.at, name, value: Array.isArray(value) ? value.join(', ') : `${value}` })
    return [name, value]
  })
  const extra = Buffer.from(payload.subarray(cursor.at)).toString('hex')
  const message: unknown = { version, address, sequence, type, ...Object.fromEntries(body), ...(extra === '' ? {} : { extra }) }
  if (!isMessage(message)) throw new ProtocolError('malformed', complaintOf(message), payload)
  return { message, fields }
}

function readPart(part: Part<unknown>, name: string, cursor: { readonly bytes: Uint8Array; at: number }): unknown {
  try {
    return part.read(cursor)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ProtocolError('malformed', `${name}: ${error.message}`, cursor.bytes)
  }
}

const TYPES = Object.keys(TERMINAL_LAYOUTS).filter((name): name is TerminalType => name in TERMINAL_LAYOUTS)

function partsOf(type: TerminalType): [string, Part<unknown>][] {
  return Object.entries<Part<unknown>>(TERMINAL_LAYOUTS[type].parts)
}

function isMessage(value: unknown): value is TerminalMessage {
  return complaintOf(value) === ''
}

/** Why a value is no message; empty for one that is. */
function complaintOf(value: unknown): string {
  if (!Value.Check(header, value)) {
    const [first] = Value.Errors(header, value)
    return `expected ${first?.instancePath || 'the value'}: ${first?.message}`
  }
  const fields = new Map<string, unknown>(Object.entries(value))
  const [wrong] = partsOf(value.type).filter(([name, part]) => !Value.Check(part.schema, fields.get(name)))
  if (wrong) return `expected /${wrong[0]} as its field allows, got ${JSON.stringify(fields.get(wrong[0]))}`
  if (value.type === 'rating' && (fields.get('outcome') === 'given') === (fields.get('grade') === 0))
    return 'expected a grade of 1 to 5 if one was given, and 0 if none was'
  return ''
}

const byte = Type.Integer({ minimum: 0, maximum: 0xff })
const header = Type.Object({
  version: Type.Literal(TERMINAL_VERSION),
  address: byte,
  sequence: byte,
  type: Type.Enum(TYPES),
  extra: Type.Optional(Type.String({ pattern: `^([0-9A-Fa-f]{2}){1,${TERMINAL_PAYLOAD_BYTES_MAX}}$` })),
})

/** `sluice-terminal`: the open protocol of this project for window displays, callers and rating keypads. */
export const terminal: Codec = {
  name: 'sluice-terminal',
  title: 'Window displays, callers and rating keypads: the open protocol of docs/terminal-protocol.md',
  evidence: {
    sources: ['docs/terminal-protocol.md, version 1'],
    confirmed:
      'The example frames of the specification decode to what it says; a model of host and terminal on a line that loses and repeats frames acts once for every command and counts every rating once.',
    missing:
      'No terminal of another maker speaks it yet: it is a proposal, because no public protocol for these devices was found.',
  },
  decode(bytes) {
    const frame = decodeTerminalFrame(bytes)
    const { message, fields } = read(frame)
    const end = bytes.length
    const extra = message.extra
    const known = fields.at(-1)?.to ?? PAYLOAD_AT
    return {
      value: message,
      fields: [
        { from: 0, to: 2, name: 'sync', value: 'A5 5A' },
        { from: 2, to: 3, name: 'payload length', value: `${frame.payload.length}` },
        { from: 3, to: 4, name: 'version', value: `${frame.version}` },
        { from: 4, to: 5, name: 'address', value: `${frame.address}` },
        { from: 5, to: 6, name: 'sequence', value: `${frame.sequence}` },
        { from: 6, to: 7, name: 'type', value: message.type },
        ...fields,
        ...(extra === undefined ? [] : [{ from: known, to: end - 2, name: 'extra', value: extra }]),
        { from: end - 2, to: end, name: 'CRC', value: 'holds' },
      ],
    }
  },
  encode: encodeAny,
}
