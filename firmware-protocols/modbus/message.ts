import { type Static, Type } from 'typebox'
import type { Side } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { ACCESSES, OBJECT_NAMES } from './device-identification.ts'
import { EXCEPTIONS, FUNCTIONS, isFunction } from './pdu.ts'
import { decodeRequest, encodeRequest, type Request } from './request.ts'
import { type ExceptionResponse, encodeResponse, inspectResponse, type Response } from './response.ts'

const Byte = Type.Integer({ minimum: 0, maximum: 0xff })
const Word = Type.Integer({ minimum: 0, maximum: 0xffff })

/** A request or a response as JSON: its unit, and what `Request`, `Response` and `ExceptionResponse` hold. */
export const Message = Type.Object({
  unit: Byte,
  function: Byte,
  exception: Type.Optional(Byte),
  address: Type.Optional(Word),
  count: Type.Optional(Word),
  value: Type.Optional(Type.Union([Type.Boolean(), Word])),
  bits: Type.Optional(Type.Array(Type.Boolean())),
  registers: Type.Optional(Type.Array(Word)),
  writeAddress: Type.Optional(Word),
  andMask: Type.Optional(Word),
  orMask: Type.Optional(Word),
  data: Type.Optional(Type.String()),
  access: Type.Optional(Type.Enum(ACCESSES)),
  object: Type.Optional(Byte),
  conformity: Type.Optional(Byte),
  more: Type.Optional(Type.Boolean()),
  next: Type.Optional(Byte),
  objects: Type.Optional(Type.Array(Type.Object({ id: Byte, value: Type.String() }))),
})
export type Message = Static<typeof Message>

/** The message that a PDU is. @throws ProtocolError */
export function decodeMessage(pdu: Uint8Array, side: Side): Request | Response | ExceptionResponse {
  return side === 'request' ? decodeRequest(pdu) : inspectResponse(pdu)
}

/** What a message says, with what helps a reader beside it: names, the bytes that were read, what a server's id mostly means. */
export function toldOf(unit: number, message: Request | Response | ExceptionResponse, pdu: Uint8Array, side: Side): object {
  const told = { unit, ...message }
  if ('exception' in message) return { ...told, exceptionName: EXCEPTIONS[message.exception] ?? 'unknown' }
  if (side === 'request') return told
  switch (message.function) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 23:
      return { ...told, bytes: hexOf(pdu.subarray(2)) }
    case 17:
      return { ...told, ...serverOf(pdu) }
    case 43:
      return 'objects' in message ? { ...told, objects: message.objects.map(withName) } : told
    default:
      return told
  }
}

/** The inverse of `decodeMessage`. @throws ProtocolError `malformed`, `unsupported` */
export function encodeMessage(message: Message, side: Side): Uint8Array {
  return side === 'request' ? encodeRequest(requestOf(message)) : encodeResponse(responseOf(message))
}

function requestOf(message: Message): Request {
  const { function: code } = message
  if (!isFunction(code)) throw unsupported(code)
  switch (code) {
    case 5:
      return { function: code, address: given(message, 'address'), value: coilOf(message) }
    case 6:
      return { function: code, address: given(message, 'address'), value: wordOf(message) }
    case 15: {
      const bits = given(message, 'bits')
      return { function: code, address: given(message, 'address'), count: message.count ?? bits.length, bits }
    }
    case 16: {
      const registers = given(message, 'registers')
      return { function: code, address: given(message, 'address'), count: message.count ?? registers.length, registers }
    }
    case 17:
      return { function: code }
    case 22:
      return { function: code, ...maskOf(message) }
    case 23:
      return {
        function: code,
        address: given(message, 'address'),
        count: given(message, 'count'),
        writeAddress: given(message, 'writeAddress'),
        registers: given(message, 'registers'),
      }
    case 43:
      return { function: code, access: message.access ?? 'basic', object: message.object ?? 0 }
    default:
      return { function: code, address: given(message, 'address'), count: given(message, 'count') }
  }
}

function responseOf(message: Message): Response | ExceptionResponse {
  const { function: code, exception } = message
  if (!isFunction(code)) throw unsupported(code)
  if (exception !== undefined) return { function: code, exception }
  switch (code) {
    case 1:
    case 2:
      return { function: code, bits: given(message, 'bits') }
    case 3:
    case 4:
    case 23:
      return { function: code, registers: given(message, 'registers') }
    case 5:
      return { function: code, address: given(message, 'address'), value: coilOf(message) }
    case 6:
      return { function: code, address: given(message, 'address'), value: wordOf(message) }
    case 17:
      return { function: code, data: given(message, 'data') }
    case 22:
      return { function: code, ...maskOf(message) }
    case 43: {
      const { access = 'basic', conformity = 1, more = false, next = 0, count } = message
      const objects = given(message, 'objects')
      return { function: code, access, conformity, more, next, count: count ?? objects.length, objects }
    }
    default:
      return { function: code, address: given(message, 'address'), count: given(message, 'count') }
  }
}

function maskOf(message: Message): { readonly address: number; readonly andMask: number; readonly orMask: number } {
  return { address: given(message, 'address'), andMask: given(message, 'andMask'), orMask: given(message, 'orMask') }
}

function coilOf(message: Message): boolean {
  const value = given(message, 'value')
  if (typeof value !== 'boolean') throw malformed(`expected true or false for a coil, got ${value}`)
  return value
}

function wordOf(message: Message): number {
  const value = given(message, 'value')
  if (typeof value !== 'number') throw malformed(`expected a number for a register, got ${value}`)
  return value
}

function given<K extends keyof Message>(message: Message, name: K): NonNullable<Message[K]> {
  const value = message[name]
  if (value === undefined || value === null) throw malformed(`expected "${name}" for function ${message.function}, got none`)
  return value
}

function malformed(message: string): ProtocolError {
  return new ProtocolError('malformed', message, new Uint8Array())
}

function unsupported(code: number): ProtocolError {
  return new ProtocolError('unsupported', `expected function ${FUNCTIONS.join(', ')}, got ${code}`, new Uint8Array())
}

/** Most devices give one byte of id and one of state, and text behind them. */
function serverOf(pdu: Uint8Array): object {
  const [, , id, state] = pdu
  const text = Buffer.from(pdu.subarray(4)).toString('latin1')
  return {
    id,
    ...(state === 0xff || state === 0 ? { running: state === 0xff } : {}),
    ...(/^[ -~]+$/.test(text) ? { text } : {}),
  }
}

function withName<T extends { readonly id: number }>(object: T): T {
  return { ...object, name: OBJECT_NAMES[object.id] ?? (object.id < 0x80 ? 'reserved' : "vendor's own") }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
