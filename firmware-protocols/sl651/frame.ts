import { ProtocolError } from '#protocols/error'
import { INCOMPLETE } from '#protocols/frames'
import { crc16 } from '#protocols/modbus'
import { ENDS, type End, endOf } from './ends.ts'
import { digitOf, hexDigits, hexNumber, hexOf, refuse, setHex } from './hex-text.ts'

export type Encoding = 'hex' | 'ascii'
export type Direction = 'up' | 'down'

/** What stands around a body (SL 651-2014, 6.2 to 6.5). */
export interface Envelope {
  readonly encoding: Encoding
  readonly direction: Direction
  /** 0..255; 0 is against the standard and in use. */
  readonly centre: number
  /** Ten digits: the key of a station. Digits A to F are possible in the last four, see `stationNumber`. */
  readonly station: string
  /** Four characters, never interpreted. */
  readonly password: string
  /** Two hex digits. */
  readonly function: string
  readonly end: End
  /** Of a message in several packets: how many, 1..4095. */
  readonly packets?: number
  /** Which of them this is, from 1; in a NAK the one that is wanted again. */
  readonly packet?: number
}

/** One frame, its body not understood yet. */
export interface Frame extends Envelope {
  /** Without the packet numbers. A view of the bytes it was decoded from. */
  readonly body: Uint8Array
}

/** Start 1, header 22, STX 1, end 1, CRC 4 around 65535 characters: what a 16 bit length and ASCII allow. */
export const FRAME_BYTES_MAX = 65_535 + 29
/** The same with a length of twelve bits. */
export const SHORT_FRAME_BYTES_MAX = 4_095 + 29
/** Twelve bits: longest body but for a packet of several, its packet numbers included. */
const TEXT_BYTES_MAX = 0xfff
const PACKET_TEXT_BYTES_MAX = 0xffff

export const HEX_START = 0x7e
export const ASCII_START = 0x01
const STX = 0x02
const SYN = 0x16
const DOWN = 8
/** Header bytes between the start and STX: addresses 6, password 2, function 1, direction and length 2. */
const HEADER_BYTES = 11
/** Total and number of a packet, twelve bits each. */
const PACKET_BYTES = 3

/** Why no frame starts somewhere, as the negative numbers of `frameLength`. */
const FAULTS = [
  '',
  'a frame that starts with 7E7E or 01',
  'hex digits in an ASCII header',
  'STX or SYN behind the length',
  'direction 0 (up) or 8 (down)',
  'a body',
] as const
const [NO_START, NO_DIGIT, NO_TEXT, NO_DIRECTION, NO_BODY] = [-1, -2, -3, -4, -5] as const

/**
 * The length of the frame at `from`; `INCOMPLETE` before its header is whole; negative where none starts.
 * The length field has twelve bits under a direction of four. In a packet of several all sixteen may be length (table 22), so there a direction
 * other than 0 and 8 is the length's; such a frame goes up.
 */
export function frameLength(bytes: Uint8Array, from: number): number {
  const left = bytes.length - from
  const width = bytes[from] === HEX_START ? 1 : 2
  if (width === 2 && bytes[from] !== ASCII_START) return NO_START
  if (width === 1 && left > 1 && bytes[from + 1] !== HEX_START) return NO_START
  const textAt = from + startBytes(width) + HEADER_BYTES * width
  if (width === 2 && !isHeader(bytes, from + 1)) return NO_DIGIT
  if (bytes.length <= textAt) return INCOMPLETE
  const text = bytes[textAt]
  if (text !== STX && text !== SYN) return NO_TEXT
  const field = numberAt(bytes, textAt - 2 * width, 2, width)
  const direction = field >> 12
  const isLong = text === SYN && direction !== DOWN
  if (!isLong && direction !== 0 && direction !== DOWN) return NO_DIRECTION
  const length = isLong ? field : field & TEXT_BYTES_MAX
  if (length < (text === SYN ? PACKET_BYTES * width : 1)) return NO_BODY
  return textAt + 1 + length + 1 + 2 * width - from
}

/** Whether the CRC and the end character of a frame hold, all of its bytes being there. */
export function isSound(bytes: Uint8Array, from: number, length: number): boolean {
  const width = bytes[from] === HEX_START ? 1 : 2
  const crcAt = from + length - 2 * width
  return endOf(bytes[crcAt - 1] ?? 0) !== undefined && isCrc(bytes, from, crcAt, width)
}

/**
 * Reads exactly one frame of either encoding; what its body says is for `readBody`.
 * @throws ProtocolError `truncated`, `malformed` (no start, no length, bytes behind the frame, an end that is none), `checksum`
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const length = bytes.length === 0 ? INCOMPLETE : frameLength(bytes, 0)
  if (length < 0) throw new ProtocolError('malformed', `expected ${FAULTS[-length]}`, bytes)
  if (length === INCOMPLETE || bytes.length < length)
    throw new ProtocolError('truncated', `expected ${length || 'a header'} bytes, got ${bytes.length}`, bytes)
  if (bytes.length > length) throw new ProtocolError('malformed', `expected ${length} bytes, got ${bytes.length}`, bytes)
  const width = bytes[0] === HEX_START ? 1 : 2
  const crcAt = length - 2 * width
  if (!isCrc(bytes, 0, crcAt, width))
    throw new ProtocolError('checksum', `expected CRC ${hexNumber(crc16(bytes, 0, crcAt), 4)}`, bytes)
  const end = endOf(bytes[crcAt - 1] ?? 0)
  if (end === undefined) throw new ProtocolError('malformed', `expected an end character, got ${bytes[crcAt - 1]}`, bytes)

  const header = startBytes(width)
  const textAt = header + HEADER_BYTES * width
  const isDown = numberAt(bytes, textAt - 2 * width, 2, width) >> 12 === DOWN
  const envelope = {
    encoding: width === 1 ? ('hex' as const) : ('ascii' as const),
    direction: isDown ? ('down' as const) : ('up' as const),
    centre: numberAt(bytes, isDown ? header + 5 * width : header, 1, width),
    station: textAtWidth(bytes, isDown ? header : header + width, 5, width),
    password: textAtWidth(bytes, header + 6 * width, 2, width),
    function: textAtWidth(bytes, header + 8 * width, 1, width),
    end,
  }
  if (bytes[textAt] === STX) return { ...envelope, body: bytes.subarray(textAt + 1, crcAt - 1) }
  const packets = numberAt(bytes, textAt + 1, PACKET_BYTES, width)
  if (packets < 0) throw new ProtocolError('malformed', 'expected packet numbers in hex digits', bytes)
  const body = bytes.subarray(textAt + 1 + PACKET_BYTES * width, crcAt - 1)
  return { ...envelope, packets: packets >> 12, packet: packets & 0xfff, body }
}

/**
 * The inverse of `decodeFrame`.
 * @throws ProtocolError `malformed` for an address, a password, a function or a packet number that does not fit, or a body too long or empty
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { encoding, direction, body, packets } = frame
  const width = encoding === 'hex' ? 1 : 2
  const isDown = direction === 'down'
  if (frame.station.length !== 10 || frame.password.length !== 4 || frame.function.length !== 2)
    refuse(
      `expected a station of 10 digits, a password of 4 and a function of 2, got ${frame.station}, ${frame.password.length} and ${frame.function}`,
    )
  const packetBytes = packets === undefined ? 0 : PACKET_BYTES * width
  const length = packetBytes + body.length
  // Lengths from 8000 to 8FFF would read as a frame that goes down.
  const isLong = packets !== undefined && !isDown && length <= PACKET_TEXT_BYTES_MAX && length >> 12 !== DOWN
  if (length === 0 || (length > TEXT_BYTES_MAX && !isLong))
    refuse(`expected a body of 1 to ${TEXT_BYTES_MAX} bytes, got ${length}`)
  const header = startBytes(width)
  const textAt = header + HEADER_BYTES * width
  const crcAt = textAt + 1 + length + 1
  const bytes = new Uint8Array(crcAt + 2 * width)
  bytes[0] = width === 1 ? HEX_START : ASCII_START
  if (width === 1) bytes[1] = HEX_START
  setNumber(bytes, isDown ? header + 5 * width : header, frame.centre, 1, width)
  setText(bytes, isDown ? header : header + width, frame.station, width)
  setText(bytes, header + 6 * width, frame.password, width)
  setText(bytes, header + 8 * width, frame.function, width)
  setNumber(bytes, header + 9 * width, isDown ? (DOWN << 12) | length : length, 2, width)
  bytes[textAt] = packets === undefined ? STX : SYN
  if (packets !== undefined) {
    const packet = frame.packet ?? 0
    if (packets > 0xfff || packet > 0xfff) refuse(`expected at most 4095 packets, got ${packet} of ${packets}`)
    setNumber(bytes, textAt + 1, packets * 0x1000 + packet, PACKET_BYTES, width)
  }
  bytes.set(body, textAt + 1 + packetBytes)
  bytes[crcAt - 1] = ENDS[frame.end]
  setNumber(bytes, crcAt, crc16(bytes, 0, crcAt), 2, width)
  return bytes
}

/** Two times 7E, or SOH once. */
function startBytes(width: number): number {
  return width === 1 ? 2 : 1
}

/** A number of so many bytes, high byte first; each of them is two hex digits in ASCII. -1 for characters that are none. */
function numberAt(bytes: Uint8Array, at: number, count: number, width: number): number {
  if (width === 2) return hexDigits(bytes, at, count * 2)
  let value = 0
  for (let index = at; index < at + count; index++) value = value * 256 + (bytes[index] ?? 0)
  return value
}

function setNumber(bytes: Uint8Array, at: number, value: number, count: number, width: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 256 ** count) refuse(`expected a number of ${count} bytes, got ${value}`)
  if (width === 2) setText(bytes, at, hexNumber(value, count * 2), width)
  else for (let index = 0; index < count; index++) bytes[at + index] = value >> (8 * (count - 1 - index))
}

function textAtWidth(bytes: Uint8Array, at: number, count: number, width: number): string {
  return width === 1 ? hexOf(bytes, at, at + count) : Buffer.from(bytes.subarray(at, at + count * 2)).toString('latin1')
}

function setText(bytes: Uint8Array, at: number, text: string, width: number): void {
  if (width === 1) setHex(bytes, at, text)
  else for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index)
}

function isCrc(bytes: Uint8Array, from: number, crcAt: number, width: number): boolean {
  return numberAt(bytes, crcAt, 2, width) === crc16(bytes, from, crcAt)
}

/** Whether all but the password of an ASCII header are hex digits, as far as it is there. */
function isHeader(bytes: Uint8Array, from: number): boolean {
  const to = Math.min(from + HEADER_BYTES * 2, bytes.length)
  for (let index = from; index < to; index++) {
    const isPassword = index >= from + 12 && index < from + 16
    if (!isPassword && digitOf(bytes[index] ?? 0) < 0) return false
  }
  return true
}
