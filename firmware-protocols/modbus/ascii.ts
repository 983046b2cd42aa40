import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, type Splitter } from '#protocols/frames'
import { PDU_BYTES_MAX } from './pdu.ts'

/** `:`, two digits for each byte of unit, PDU and LRC, CR LF. */
export const ASCII_FRAME_BYTES_MAX = 2 * (PDU_BYTES_MAX + 2) + 3
/** A unit, a function and an LRC at least. */
const ASCII_FRAME_BYTES_MIN = 9
const COLON = 0x3a
const CR = 0x0d
const LF = 0x0a

/** One message of Modbus ASCII. */
export interface AsciiFrame {
  /** As on RTU. */
  readonly unit: number
  readonly pdu: Uint8Array
}

/** The check of Modbus ASCII: what makes the sum of all bytes 0 in its lowest eight bits. */
export function lrc(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum += byte
  return -sum & 0xff
}

/** @throws ProtocolError `malformed` for a PDU that is empty or beyond its limit. */
export function encodeAscii(unit: number, pdu: Uint8Array): Uint8Array {
  if (pdu.length < 1 || pdu.length > PDU_BYTES_MAX)
    throw new ProtocolError('malformed', `expected a PDU of 1 to ${PDU_BYTES_MAX} bytes, got ${pdu.length}`, pdu)
  const bytes = Uint8Array.of(unit, ...pdu, 0)
  bytes[bytes.length - 1] = lrc(bytes)
  return new Uint8Array(Buffer.from(`:${Buffer.from(bytes).toString('hex').toUpperCase()}\r\n`, 'latin1'))
}

/**
 * The inverse of `encodeAscii` for one whole frame; small letters are digits, too, as some devices send them.
 * @throws ProtocolError `truncated`, `malformed` (no colon, no digits, too long), `checksum`.
 */
export function decodeAscii(frame: Uint8Array): AsciiFrame {
  const taken = takeFrame(frame, 0, frame.length)
  if (taken) return taken
  const text = Buffer.from(frame.subarray(0, ASCII_FRAME_BYTES_MAX + 1)).toString('latin1')
  if (!/^(?:$|:[\da-f]*(?:\r\n?)?$)/i.test(text))
    throw new ProtocolError('malformed', 'expected a colon, hexadecimal digits and CR LF', frame)
  if (frame.length > ASCII_FRAME_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${ASCII_FRAME_BYTES_MAX} bytes, got ${frame.length}`, frame)
  if (!text.endsWith('\n')) throw new ProtocolError('truncated', 'expected CR LF at the end', frame)
  if (text.length < ASCII_FRAME_BYTES_MIN || text.length % 2 === 0)
    throw new ProtocolError('malformed', 'expected pairs of digits for a unit, a function and an LRC', frame)
  const check = lrc(Buffer.from(text.slice(1, -4), 'hex'))
  throw new ProtocolError('checksum', `expected LRC ${check.toString(16).padStart(2, '0')}`, frame)
}

/** Cuts a byte stream into frames. A colon always starts one, as the standard has it, so that half a frame costs nobody but itself. */
export function asciiSplitter(): Splitter<AsciiFrame> {
  return new FrameSplitter(frameLength, takeFrame)
}

function takeFrame(bytes: Uint8Array, from: number, length: number): AsciiFrame | undefined {
  if (length > ASCII_FRAME_BYTES_MAX) return undefined
  const text = Buffer.from(bytes.subarray(from, from + length)).toString('latin1')
  if (!/^:(?:[\da-f]{2}){3,}\r\n$/i.test(text)) return undefined
  const content = new Uint8Array(Buffer.from(text.slice(1, -2), 'hex'))
  // With the LRC the sum is 0, and so is the LRC of the whole.
  return lrc(content) === 0 ? { unit: content[0] ?? 0, pdu: content.slice(1, -1) } : undefined
}

function frameLength(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== COLON) {
    const colon = bytes.indexOf(COLON, from)
    return from - (colon < 0 ? bytes.length : colon)
  }
  const to = Math.min(bytes.length, from + ASCII_FRAME_BYTES_MAX)
  for (let at = from + 1; at < to; at++) {
    const byte = bytes[at]
    if (byte === LF) return at + 1 - from
    if (byte !== CR && !isDigit(byte ?? 0)) return from - at
  }
  return to - from < ASCII_FRAME_BYTES_MAX ? INCOMPLETE : from - to
}

function isDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}
