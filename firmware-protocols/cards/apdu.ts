import { ProtocolError } from '#protocols/error'
import { bytesOfHex, hexOf } from './hex.ts'

/** A command to a card (ISO/IEC 7816-4); bytes are upper-case hex. */
export interface ApduCommand {
  readonly cla: string
  readonly ins: string
  readonly p1: string
  readonly p2: string
  /** Left out where the command has none. */
  readonly data?: string
  /** Most bytes of an answer, as in the command: 0 stands for as many as there are (256, extended 65536). Left out where it expects none. */
  readonly le?: number
  /** Lengths of three and two bytes instead of one. */
  readonly isExtended: boolean
}

/** A command and what it says. */
export interface ApduText extends ApduCommand {
  /** 1 without data and answer, 2 with an answer, 3 with data, 4 with both. */
  readonly case: 1 | 2 | 3 | 4
  /** Name of the instruction; left out for one that the standard has not. */
  readonly instruction?: string
  /** Of a selection by name, where the name is text. */
  readonly name?: string
}

/** Instructions of ISO/IEC 7816-4, and PC/SC's own under class FF. */
export const INSTRUCTIONS: Readonly<Record<string, string>> = {
  '70': 'MANAGE CHANNEL',
  '82': 'EXTERNAL AUTHENTICATE',
  '84': 'GET CHALLENGE',
  '88': 'INTERNAL AUTHENTICATE',
  A4: 'SELECT',
  B0: 'READ BINARY',
  B2: 'READ RECORD',
  C0: 'GET RESPONSE',
  CA: 'GET DATA',
  D6: 'UPDATE BINARY',
  DC: 'UPDATE RECORD',
}

/** Instructions that carry a secret number: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, LOAD KEYS. They are not handled. */
const SECRET_INSTRUCTIONS: readonly string[] = ['20', '21', '24', '2C']
const LOAD_KEYS = 'FF82'

/**
 * Reads a command.
 * @throws ProtocolError `truncated`, `malformed` (bytes behind it, data of length 0), `unsupported` (one that carries a secret number; the error
 * shows its four bytes of header only)
 */
export function decodeApdu(bytes: Uint8Array): ApduText {
  if (bytes.length < HEADER_BYTES) throw new ProtocolError('truncated', `expected 4 bytes or more, got ${bytes.length}`, bytes)
  const [cla = '', ins = '', p1 = '', p2 = ''] = Array.from(bytes.subarray(0, HEADER_BYTES), (byte) => hexOf(Uint8Array.of(byte)))
  expectNoSecret(cla, ins, bytes.subarray(0, HEADER_BYTES))
  const { data, le, isExtended } = bodyOf(bytes)
  const command = { cla, ins, p1, p2, ...(data && { data: hexOf(data) }), ...(le !== undefined && { le }), isExtended }
  return textOf(command)
}

/** The inverse. @throws ProtocolError `malformed` (no hex, lengths that do not fit), `unsupported` (one that carries a secret number) */
export function encodeApdu({ cla, ins, p1, p2, data = '', le, isExtended }: ApduCommand): Uint8Array {
  const header = bytesOfHex(cla + ins + p1 + p2)
  if (header.length !== HEADER_BYTES) throw new ProtocolError('malformed', 'expected a header of 4 bytes', header)
  expectNoSecret(cla.toUpperCase(), ins.toUpperCase(), header)
  const body = bytesOfHex(data)
  const size = isExtended ? 2 : 1
  const max = 256 ** size - 1
  if (body.length > max || (le !== undefined && !(Number.isInteger(le) && le >= 0 && le <= max)))
    throw new ProtocolError('malformed', `expected lengths up to ${max}, got ${body.length} and ${le}`, header)
  const lengths = (length: number): number[] => (isExtended ? [length >> 8, length & 0xff] : [length])
  const isLong = isExtended && (body.length > 0 || le !== undefined)
  return Uint8Array.of(
    ...header,
    ...(isLong ? [0] : []),
    ...(body.length > 0 ? [...lengths(body.length), ...body] : []),
    ...(le === undefined ? [] : lengths(le)),
  )
}

/** PC/SC's command for the identifier of a contactless card (PC/SC part 3, 3.2.2.1.3). */
export const GET_UID: ApduCommand = { cla: 'FF', ins: 'CA', p1: '00', p2: '00', le: 0, isExtended: false }

const HEADER_BYTES = 4

function expectNoSecret(cla: string, ins: string, header: Uint8Array): void {
  if (!SECRET_INSTRUCTIONS.includes(ins) && cla + ins !== LOAD_KEYS) return
  throw new ProtocolError('unsupported', `expected a command without a secret number, got instruction ${ins}`, header)
}

interface Body {
  readonly data?: Uint8Array
  readonly le?: number
  readonly isExtended: boolean
}

function bodyOf(bytes: Uint8Array): Body {
  const body = bytes.subarray(HEADER_BYTES)
  if (body.length === 0) return { isExtended: false }
  if (body.length === 1) return { le: body[0] ?? 0, isExtended: false }
  const isExtended = body[0] === 0
  const size = isExtended ? 2 : 1
  const from = isExtended ? 1 : 0
  const first = numberAt(bytes, body, from, size)
  const rest = body.subarray(from + size)
  if (isExtended && rest.length === 0) return { le: first, isExtended }
  if (first === 0) throw new ProtocolError('malformed', 'expected data, got length 0 with bytes behind it', bytes)
  if (rest.length < first) throw new ProtocolError('truncated', `expected ${first} bytes of data, got ${rest.length}`, bytes)
  const data = rest.subarray(0, first)
  if (rest.length === first) return { data, isExtended }
  if (rest.length > first + size)
    throw new ProtocolError('malformed', `expected ${first} bytes of data and a length, got ${rest.length} bytes`, bytes)
  return { data, le: numberAt(bytes, rest, first, size), isExtended }
}

function numberAt(bytes: Uint8Array, body: Uint8Array, at: number, size: number): number {
  if (at + size > body.length) throw new ProtocolError('truncated', `expected a length of ${size} bytes`, bytes)
  return Number.parseInt(hexOf(body.subarray(at, at + size)), 16)
}

function textOf(command: ApduCommand): ApduText {
  const { ins, p1, data, le } = command
  const isByName = ins === 'A4' && (Number.parseInt(p1, 16) & 0x04) !== 0
  const name = isByName && data !== undefined ? Buffer.from(data, 'hex').toString('latin1') : ''
  const instruction = INSTRUCTIONS[ins]
  const withAnswer = le === undefined ? 1 : 2
  return {
    ...command,
    case: data === undefined ? withAnswer : withAnswer === 1 ? 3 : 4,
    ...(instruction !== undefined && { instruction }),
    ...(/^[ -~]+$/.test(name) && { name }),
  }
}
