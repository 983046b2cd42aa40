import { ProtocolError } from '#protocols/error'
import type { ApduCommand } from './apdu.ts'
import { bytesOfHex, hexOf } from './hex.ts'
import { readStatusWord, type StatusWord } from './status-word.ts'
import { canonicalUid, UID_LENGTHS } from './uid.ts'

/** A card's answer. */
export interface CardResponse extends StatusWord {
  /** Hex; empty for an answer without. */
  readonly data: string
  /** The data, where they can be the identifier that PC/SC's GET DATA gives: 9000 and as many bytes as identifiers have. */
  readonly uid?: string
}

const STATUS_BYTES = 2
/** Data of an extended answer, and the status. */
export const RESPONSE_BYTES_MAX = 65_536 + STATUS_BYTES

/**
 * Reads an answer: data, then the status word. A refusal is a value; `uidOf` throws it.
 * @throws ProtocolError `truncated`, `malformed` (too long, a status that does not begin with 61 to 6F or 90 to 9F)
 */
export function decodeCardResponse(bytes: Uint8Array): CardResponse {
  if (bytes.length < STATUS_BYTES) throw new ProtocolError('truncated', `expected 2 bytes or more, got ${bytes.length}`, bytes)
  if (bytes.length > RESPONSE_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${RESPONSE_BYTES_MAX} bytes, got ${bytes.length}`, bytes)
  const end = bytes.length - STATUS_BYTES
  const sw = hexOf(bytes.subarray(end))
  expectStatus(sw, bytes)
  const data = hexOf(bytes.subarray(0, end))
  return { data, ...readStatusWord(sw), ...(sw === DONE && UID_LENGTHS.includes(end) && { uid: data }) }
}

/** The inverse. @throws ProtocolError `malformed` */
export function encodeCardResponse({ data, sw }: Pick<CardResponse, 'data' | 'sw'>): Uint8Array {
  const bytes = bytesOfHex(data + sw)
  decodeCardResponse(bytes)
  expectStatus(sw.toUpperCase(), bytes)
  return bytes
}

/**
 * The identifier in the answer to `GET_UID`.
 * @throws ProtocolError `exception` (the card or its reader refused; the number is the status word), `malformed` (no length of an identifier)
 */
export function uidOf({ sw, meaning, data }: CardResponse): string {
  if (sw !== DONE)
    throw new ProtocolError('exception', `expected 9000, got ${sw}: ${meaning}`, bytesOfHex(data + sw), Number.parseInt(sw, 16))
  return canonicalUid(data)
}

/** The command that fetches what an answer announced, or repeats with the length that it told; undefined where nothing is to be sent. */
export function followUp(command: ApduCommand, { advice }: StatusWord): ApduCommand | undefined {
  if (advice === undefined) return undefined
  const { le } = advice
  if (advice.kind === 'repeat') return { ...command, le }
  return { cla: command.cla, ins: 'C0', p1: '00', p2: '00', le, isExtended: false }
}

const DONE = '9000'

function expectStatus(sw: string, bytes: Uint8Array): void {
  if (!/^(?:6[1-9A-F]|9[0-9A-F])[0-9A-F]{2}$/.test(sw))
    throw new ProtocolError('malformed', `expected a status word, got ${sw}`, bytes)
}
