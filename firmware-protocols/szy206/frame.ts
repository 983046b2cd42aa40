import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, type Measure, NO_FRAME, type Splitter } from '#protocols/frames'
import { crc8 } from './crc8.ts'

const START = 0x68
const END = 0x16
/** Start, length, start. */
const HEAD_BYTES = 3
/** CRC and end. */
const TAIL_BYTES = 2
/** Control, address and function: the shortest that a length can mean. */
const TEXT_BYTES_MIN = 7
const TEXT_BYTES_MAX = 0xff
/** A length of 1, which no frame can have, says that a packet with a length of its own follows, as images do. */
const LONG = 0x01
/** Control, number of the packet, address, function and a length of two bytes. */
const LONG_TEXT_BYTES = 10
/** Longest data of a long packet: a limit of ours, the packets seen have 1024 bytes. */
export const SZY206_LONG_DATA_BYTES_MAX = 4096
export const SZY206_FRAME_BYTES_MAX = HEAD_BYTES + LONG_TEXT_BYTES + SZY206_LONG_DATA_BYTES_MAX + TAIL_BYTES
const UP = 0x80
const SPLIT = 0x40

/** One frame whose CRC holds, its data not understood yet. */
export interface SzyFrame {
  readonly direction: 'up' | 'down'
  /** Two bits that count frames. */
  readonly fcb: number
  /** 0..15: what the data are about. */
  readonly kind: number
  /** Of a message in several packets: counts down, 1 is the last. */
  readonly divs?: number
  /** Five bytes, hex: the key of a station. */
  readonly address: string
  /** 0..255. */
  readonly afn: number
  /** The packet has a length of two bytes; it has `divs` then. */
  readonly isLong: boolean
  readonly data: Uint8Array
}

/** Reads one whole frame. @throws ProtocolError `truncated`, `malformed`, `checksum` */
export function decodeSzyFrame(bytes: Uint8Array): SzyFrame {
  const length = measure(bytes, 0)
  if (length === NO_FRAME)
    throw new ProtocolError('malformed', 'expected 68, a length, 68, a control that fits it, and 16 at the end', bytes)
  if (length === INCOMPLETE || bytes.length < length)
    throw new ProtocolError('truncated', `expected ${length || 'a header of'} bytes, got ${bytes.length}`, bytes)
  if (bytes.length > length) throw new ProtocolError('malformed', `expected ${length} bytes, got ${bytes.length}`, bytes)
  const frame = take(bytes, 0, length)
  if (frame) return frame
  throw new ProtocolError(
    'checksum',
    `expected CRC ${crc8(bytes, HEAD_BYTES, length - TAIL_BYTES)}, got ${bytes[length - TAIL_BYTES]}`,
    bytes,
  )
}

/** The inverse of `decodeSzyFrame`. @throws ProtocolError `malformed` for data that are too long, or a long packet without its number */
export function encodeSzyFrame({ direction, fcb, kind, divs, address, afn, isLong, data }: SzyFrame): Uint8Array {
  const control = (direction === 'up' ? UP : 0) | (divs === undefined ? 0 : SPLIT) | (fcb << 4) | kind
  const number = divs === undefined ? [] : [divs]
  const length = isLong ? [data.length & 0xff, data.length >> 8] : []
  const text = Uint8Array.of(control, ...number, ...Buffer.from(address, 'hex'), afn, ...length, ...data)
  const bytesMax = isLong ? LONG_TEXT_BYTES + SZY206_LONG_DATA_BYTES_MAX : TEXT_BYTES_MAX
  if (text.length > bytesMax || (isLong && divs === undefined))
    throw new ProtocolError(
      'malformed',
      `expected at most ${bytesMax} bytes, and a packet number for a long packet, got ${text.length}`,
      text,
    )
  return Uint8Array.of(START, isLong ? LONG : text.length, START, ...text, crc8(text), END)
}

/** Cuts a stream into frames whose CRC holds. */
export function szySplitter(): Splitter<SzyFrame> {
  return new FrameSplitter(measure, take)
}

const measure: Measure = (bytes, from) => {
  const [first = START, text = LONG, second = START] = bytes.subarray(from, from + HEAD_BYTES)
  if (first !== START || second !== START || (text !== LONG && text < TEXT_BYTES_MIN)) return NO_FRAME
  const left = bytes.length - from
  if (left <= HEAD_BYTES) return INCOMPLETE
  const isSplit = ((bytes[from + HEAD_BYTES] ?? 0) & SPLIT) !== 0
  if (isSplit ? text === TEXT_BYTES_MIN : text === LONG) return NO_FRAME
  const lengthAt = from + HEAD_BYTES + LONG_TEXT_BYTES - 2
  if (text === LONG && bytes.length < lengthAt + 2) return INCOMPLETE
  const data = (bytes[lengthAt] ?? 0) + (bytes[lengthAt + 1] ?? 0) * 256
  if (text === LONG && data > SZY206_LONG_DATA_BYTES_MAX) return NO_FRAME
  const length = HEAD_BYTES + (text === LONG ? LONG_TEXT_BYTES + data : text) + TAIL_BYTES
  return left >= length && bytes[from + length - 1] !== END ? NO_FRAME : length
}

function take(bytes: Uint8Array, from: number, length: number): SzyFrame | undefined {
  const crcAt = from + length - TAIL_BYTES
  if (crc8(bytes, from + HEAD_BYTES, crcAt) !== bytes[crcAt]) return undefined
  const control = bytes[from + HEAD_BYTES] ?? 0
  const isLong = bytes[from + 1] === LONG
  const isSplit = (control & SPLIT) !== 0
  const addressAt = from + HEAD_BYTES + (isSplit ? 2 : 1)
  return {
    direction: (control & UP) === 0 ? 'down' : 'up',
    fcb: (control >> 4) & 3,
    kind: control & 0xf,
    ...(isSplit ? { divs: bytes[addressAt - 1] ?? 0 } : {}),
    address: Buffer.from(bytes.subarray(addressAt, addressAt + 5))
      .toString('hex')
      .toUpperCase(),
    afn: bytes[addressAt + 5] ?? 0,
    isLong,
    data: bytes.slice(addressAt + 6 + (isLong ? 2 : 0), crcAt),
  }
}
