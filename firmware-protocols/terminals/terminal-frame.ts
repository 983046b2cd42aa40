import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, type Measure, NO_FRAME, type Splitter } from '#protocols/frames'
import { crc16 } from '#protocols/modbus'

/** The version that this code speaks. */
export const TERMINAL_VERSION = 1
export const TERMINAL_PAYLOAD_BYTES_MAX = 240
/** Sync 2, length 1, version 1, address 1, sequence 1, type 1. */
const HEADER_BYTES = 7
const CRC_BYTES = 2
export const TERMINAL_FRAME_BYTES_MAX = HEADER_BYTES + TERMINAL_PAYLOAD_BYTES_MAX + CRC_BYTES
const SYNC = [0xa5, 0x5a] as const

/** One frame of `sluice-terminal`, its CRC being good; see docs/terminal-protocol.md. */
export interface TerminalFrame {
  /** 1 today; where the header lies is the same in all versions. */
  readonly version: number
  /** 1..254; 0 addresses all, 255 whoever is alone on the line. */
  readonly address: number
  /** 0..255. */
  readonly sequence: number
  /** Type of the message; 80 and above are answers. */
  readonly code: number
  /** Up to `TERMINAL_PAYLOAD_BYTES_MAX` bytes. */
  readonly payload: Uint8Array
}

/** @throws ProtocolError `malformed` for a payload beyond its limit */
export function encodeTerminalFrame({ version, address, sequence, code, payload }: TerminalFrame): Uint8Array {
  if (payload.length > TERMINAL_PAYLOAD_BYTES_MAX)
    throw new ProtocolError(
      'malformed',
      `expected at most ${TERMINAL_PAYLOAD_BYTES_MAX} bytes of payload, got ${payload.length}`,
      payload,
    )
  const frame = Uint8Array.of(...SYNC, payload.length, version, address, sequence, code, ...payload, 0, 0)
  const crc = crcOf(frame, 0, frame.length)
  frame[frame.length - 2] = crc
  frame[frame.length - 1] = crc >> 8
  return frame
}

/** The inverse for one whole frame. @throws ProtocolError `truncated`, `malformed`, `checksum` */
export function decodeTerminalFrame(bytes: Uint8Array): TerminalFrame {
  const length = measure(bytes, 0)
  if (length === NO_FRAME || (length !== INCOMPLETE && bytes.length > length))
    throw new ProtocolError(
      'malformed',
      `expected A5 5A and a length of at most ${TERMINAL_PAYLOAD_BYTES_MAX}, and no more`,
      bytes,
    )
  if (length === INCOMPLETE || bytes.length < length)
    throw new ProtocolError('truncated', `expected ${length || HEADER_BYTES + CRC_BYTES} bytes, got ${bytes.length}`, bytes)
  const frame = take(bytes, 0, length)
  if (frame) return frame
  throw new ProtocolError('checksum', `expected CRC ${crcOf(bytes, 0, length).toString(16).padStart(4, '0')}`, bytes)
}

/**
 * Cuts a line into frames whose CRC holds; what they say is read with `readTerminal`. Wants `reset` after 20 ms of silence within a frame.
 */
export function terminalSplitter(): Splitter<TerminalFrame> {
  return new FrameSplitter(measure, take)
}

const measure: Measure = (bytes, from) => {
  const [first = SYNC[0], second = SYNC[1], length = 0] = bytes.subarray(from, from + 3)
  if (first !== SYNC[0] || second !== SYNC[1] || length > TERMINAL_PAYLOAD_BYTES_MAX) return NO_FRAME
  return bytes.length - from < 3 ? INCOMPLETE : HEADER_BYTES + length + CRC_BYTES
}

function take(bytes: Uint8Array, from: number, length: number): TerminalFrame | undefined {
  const crc = crcOf(bytes, from, length)
  const [low, high] = bytes.subarray(from + length - CRC_BYTES)
  if (low !== (crc & 0xff) || high !== crc >> 8) return undefined
  const [version = 0, address = 0, sequence = 0, code = 0] = bytes.subarray(from + 3)
  return { version, address, sequence, code, payload: bytes.slice(from + HEADER_BYTES, from + length - CRC_BYTES) }
}

/** Over everything but the sync and the CRC itself. */
function crcOf(bytes: Uint8Array, from: number, length: number): number {
  return crc16(bytes, from + SYNC.length, from + length - CRC_BYTES)
}
