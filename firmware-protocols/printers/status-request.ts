import { type Static, Type } from 'typebox'
import { ProtocolError } from '#protocols/error'
import { REAL_TIME_KINDS, type ReplyKind, TRANSMITTED_KINDS } from './status-message.ts'

/** What GS a switches on: drawer, online, error, paper, panel; 0 for none. */
export const AUTOMATIC_ALL = 0x4f

export const StatusRequest = Type.Union([
  Type.Object({ ask: Type.Enum([...REAL_TIME_KINDS, ...TRANSMITTED_KINDS]) }),
  Type.Object({ ask: Type.Literal('automatic'), n: Type.Integer({ minimum: 0, maximum: 0xff }) }),
])
/** DLE EOT n, answered at once, whatever the printer does; GS r n, answered when it gets there; GS a n, answered at each change from then on. */
export type StatusRequest = Static<typeof StatusRequest>

const REQUESTS: Readonly<Record<ReplyKind, readonly [number, number, number]>> = {
  printer: [0x10, 0x04, 1],
  'offline-cause': [0x10, 0x04, 2],
  error: [0x10, 0x04, 3],
  paper: [0x10, 0x04, 4],
  'paper-sensors': [0x1d, 0x72, 1],
  drawer: [0x1d, 0x72, 2],
}
const AUTOMATIC = [0x1d, 0x61] as const

export function encodeStatusRequest(request: StatusRequest): Uint8Array {
  return Uint8Array.from(request.ask === 'automatic' ? [...AUTOMATIC, request.n] : REQUESTS[request.ask])
}

/** The inverse of `encodeStatusRequest`, for one request after another. @throws ProtocolError `truncated`, `unsupported` */
export function decodeStatusRequests(bytes: Uint8Array): StatusRequest[] {
  if (bytes.length === 0 || bytes.length % 3 !== 0)
    throw new ProtocolError('truncated', `expected requests of 3 bytes each, got ${bytes.length} bytes`, bytes)
  return Array.from({ length: bytes.length / 3 }, (_, index) => requestAt(bytes, index * 3))
}

function requestAt(bytes: Uint8Array, from: number): StatusRequest {
  const [first, second, n = 0] = bytes.subarray(from, from + 3)
  if (first === AUTOMATIC[0] && second === AUTOMATIC[1]) return { ask: 'automatic', n }
  const ask = [...REAL_TIME_KINDS, ...TRANSMITTED_KINDS].find((kind) => {
    const [lead, letter, number] = REQUESTS[kind]
    return first === lead && second === letter && n === number
  })
  if (ask === undefined)
    throw new ProtocolError('unsupported', `expected DLE EOT, GS r or GS a and its number at byte ${from}`, bytes)
  return { ask }
}
