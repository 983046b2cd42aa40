import { ProtocolError } from '#protocols/error'
import { expectLength, expectWithin, PDU_BYTES_MAX } from './pdu.ts'

/** The transport under function 43 that reads who a device is; the other one, CANopen, is `unsupported`. */
export const DEVICE_IDENTIFICATION = 14
/** Function, MEI type, access, conformity, more follows, next object, number of objects. */
export const IDENTIFICATION_HEAD_BYTES = 7
/** Number and length before each object's text. */
export const OBJECT_HEAD_BYTES = 2
export const MORE_FOLLOWS = 0xff

/** What is asked for: a category as a stream of objects, or one object. On the wire 1 to 4, in this order. */
export const ACCESSES = ['basic', 'regular', 'extended', 'individual'] as const
export type Access = (typeof ACCESSES)[number]

/** What the objects are that the specification names; those from 128 on are the vendor's own. */
export const OBJECT_NAMES: Readonly<Record<number, string>> = {
  0: 'vendor name',
  1: 'product code',
  2: 'revision',
  3: 'vendor URL',
  4: 'product name',
  5: 'model name',
  6: 'user application name',
}

export interface IdentifyRequest {
  readonly function: 43
  readonly access: Access
  /** The first object wanted, 0..255: 0 at first, then `next` of the answer before. */
  readonly object: number
}

export interface IdentityObject {
  /** 0..255, see `OBJECT_NAMES`. */
  readonly id: number
  /** One character a byte (Latin-1), for vendors' objects may hold any. */
  readonly value: string
}

export interface IdentifyResponse {
  readonly function: 43
  readonly access: Access
  /** 1 basic, 2 regular, 3 extended; with 128 added single objects can be asked for, too. */
  readonly conformity: number
  /** Whether another request, from `next` on, gives the rest. */
  readonly more: boolean
  readonly next: number
  /** What the device says is the number of objects; in an answer with `more`, devices count those to come or do not. Without it: their number. */
  readonly count?: number
  readonly objects: readonly IdentityObject[]
}

/** @throws ProtocolError `malformed` for a number out of its limits. */
export function encodeIdentifyRequest({ access, object }: IdentifyRequest): Uint8Array {
  expectWithin('an object', object, 0, 0xff)
  return Uint8Array.of(43, DEVICE_IDENTIFICATION, ACCESSES.indexOf(access) + 1, object)
}

/** The PDU, whose function is known to be 43. @throws ProtocolError `truncated`, `malformed`, `unsupported`. */
export function decodeIdentifyRequest(pdu: Uint8Array): IdentifyRequest {
  expectTransport(pdu)
  expectLength(pdu, 4)
  return { function: 43, access: accessOf(pdu), object: pdu[3] ?? 0 }
}

/** @throws ProtocolError `malformed` for a number out of its limits, a character beyond one byte, or more than a PDU holds. */
export function encodeIdentifyResponse(response: IdentifyResponse): Uint8Array {
  const { access, conformity, more, next, objects, count = objects.length } = response
  const length = objects.reduce((sum, { value }) => sum + OBJECT_HEAD_BYTES + value.length, IDENTIFICATION_HEAD_BYTES)
  expectWithin('a PDU of bytes', length, IDENTIFICATION_HEAD_BYTES, PDU_BYTES_MAX)
  expectWithin('a conformity', conformity, 0, 0xff)
  expectWithin('a next object', next, 0, 0xff)
  // What decodes must be the same again: only an answer that another follows may count what it does not hold.
  expectWithin('a number of objects', count, objects.length, more ? 0xff : objects.length)
  const pdu = new Uint8Array(length)
  pdu.set([43, DEVICE_IDENTIFICATION, ACCESSES.indexOf(access) + 1, conformity, more ? MORE_FOLLOWS : 0, next, count])
  let at = IDENTIFICATION_HEAD_BYTES
  for (const { id, value } of objects) {
    expectWithin('an object', id, 0, 0xff)
    pdu.set([id, value.length], at)
    at += OBJECT_HEAD_BYTES
    for (const character of value) {
      expectWithin('a character', character.codePointAt(0) ?? 0, 0, 0xff)
      pdu[at++] = character.charCodeAt(0)
    }
  }
  return pdu
}

/**
 * The inverse of `encodeIdentifyResponse`. An answer that another follows may end before the objects that it counts: the example of the
 * specification (V1.1b3, 6.21) counts those of all the answers.
 * @throws ProtocolError `truncated`, `malformed`, `unsupported`.
 */
export function decodeIdentifyResponse(pdu: Uint8Array): IdentifyResponse {
  expectTransport(pdu)
  if (pdu.length < IDENTIFICATION_HEAD_BYTES)
    throw new ProtocolError('truncated', `expected at least ${IDENTIFICATION_HEAD_BYTES} bytes, got ${pdu.length}`, pdu)
  const access = accessOf(pdu)
  const [, , , conformity = 0, follows = 0, next = 0, count = 0] = pdu
  if (follows !== 0 && follows !== MORE_FOLLOWS)
    throw new ProtocolError('malformed', `expected FF or 00 for more to follow, got ${follows}`, pdu)
  const more = follows === MORE_FOLLOWS
  const objects: IdentityObject[] = []
  let at = IDENTIFICATION_HEAD_BYTES
  while (objects.length < count && !(more && at === pdu.length)) {
    const end = at + OBJECT_HEAD_BYTES + (pdu[at + 1] ?? 0)
    if (at + OBJECT_HEAD_BYTES > pdu.length || end > pdu.length)
      throw new ProtocolError('truncated', `expected ${count} objects, got ${objects.length} and a part`, pdu)
    objects.push({ id: pdu[at] ?? 0, value: Buffer.from(pdu.subarray(at + OBJECT_HEAD_BYTES, end)).toString('latin1') })
    at = end
  }
  expectLength(pdu, at)
  return { function: 43, access, conformity, more, next, count, objects }
}

function expectTransport(pdu: Uint8Array): void {
  if (pdu.length < 2) throw new ProtocolError('truncated', 'expected an MEI type for function 43, got none', pdu)
  if (pdu[1] !== DEVICE_IDENTIFICATION)
    throw new ProtocolError('unsupported', `expected MEI type ${DEVICE_IDENTIFICATION}, got ${pdu[1]}`, pdu)
}

function accessOf(pdu: Uint8Array): Access {
  const code = pdu[2]
  if (code === undefined) throw new ProtocolError('truncated', 'expected an access code, got none', pdu)
  const access = ACCESSES[code - 1]
  if (access === undefined) throw new ProtocolError('malformed', `expected an access code of 1 to 4, got ${code}`, pdu)
  return access
}
