import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME } from '#protocols/frames'
import { PDU_BYTES_MAX } from './pdu.ts'

/** Transaction 2 bytes, protocol 2 (always 0), length 2 (of what follows it), unit 1. */
export const MBAP_BYTES = 7
export const TCP_FRAME_BYTES_MAX = MBAP_BYTES + PDU_BYTES_MAX

/** One message of Modbus TCP. */
export interface TcpFrame {
  /** 0..65535; a device echoes the request's. */
  readonly transaction: number
  /** 0..255. */
  readonly unit: number
  /** Bytes that nobody writes to; frames of one chunk share its memory. */
  readonly pdu: Uint8Array
}

/** @throws ProtocolError `malformed` for a PDU that is empty or beyond its limit. */
export function encodeTcp(transaction: number, unit: number, pdu: Uint8Array): Uint8Array {
  if (pdu.length < 1 || pdu.length > PDU_BYTES_MAX)
    throw new ProtocolError('malformed', `expected a PDU of 1 to ${PDU_BYTES_MAX} bytes, got ${pdu.length}`, pdu)
  const length = pdu.length + 1
  const frame = new Uint8Array(MBAP_BYTES + pdu.length)
  frame[0] = transaction >> 8
  frame[1] = transaction
  frame[4] = length >> 8
  frame[5] = length
  frame[6] = unit
  frame.set(pdu, MBAP_BYTES)
  return frame
}

/**
 * The inverse of `encodeTcp` for one whole frame.
 * @throws ProtocolError `truncated`, `malformed` (a protocol other than 0, a length that is not that of the frame).
 */
export function decodeTcp(frame: Uint8Array): TcpFrame {
  const length = frameLength(frame, 0)
  if (length === NO_FRAME) throw new ProtocolError('malformed', 'expected protocol 0 and a length of 2 to 254', frame)
  if (length === INCOMPLETE || frame.length < length)
    throw new ProtocolError('truncated', `expected ${length || MBAP_BYTES + 1} bytes, got ${frame.length}`, frame)
  if (frame.length > length) throw new ProtocolError('malformed', `expected ${length} bytes, got ${frame.length}`, frame)
  return takeFrame(new Uint8Array(frame), 0, length)
}

/**
 * Cuts a byte stream into frames. What cannot start a frame (protocol not 0, length not 2..254) is dropped byte by byte and counted, so
 * that a stream falls back into step after noise. Holds at most one incomplete frame.
 */
export class TcpSplitter {
  readonly #frames = new FrameSplitter(frameLength, takeFrame)

  /** Bytes that belonged to no frame, so far. */
  get droppedBytes(): number {
    return this.#frames.droppedBytes
  }

  /** Bytes of a frame that is not complete yet. */
  get pendingBytes(): number {
    return this.#frames.pendingBytes
  }

  /** The frames that this chunk completes. */
  push(chunk: Uint8Array): TcpFrame[] {
    // One copy for all of its frames, as for RTU: an ArrayBuffer for each is what cost most.
    return this.#frames.push(new Uint8Array(chunk))
  }

  /** Forgets an incomplete frame, as after a new connection; its bytes count as dropped. */
  reset(): void {
    this.#frames.reset()
  }
}

/** Of bytes that belong to nobody else: the PDU is a view of them. */
function takeFrame(bytes: Uint8Array, from: number, length: number): TcpFrame {
  return {
    transaction: byteAt(bytes, from) * 256 + byteAt(bytes, from + 1),
    unit: byteAt(bytes, from + 6),
    pdu: bytes.subarray(from + MBAP_BYTES, from + length),
  }
}

function frameLength(bytes: Uint8Array, from: number): number {
  const left = bytes.length - from
  if ((left > 2 && bytes[from + 2] !== 0) || (left > 3 && bytes[from + 3] !== 0) || (left > 4 && bytes[from + 4] !== 0))
    return NO_FRAME
  if (left < 6) return INCOMPLETE
  const length = byteAt(bytes, from + 5)
  return length < 2 || length > PDU_BYTES_MAX + 1 ? NO_FRAME : 6 + length
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}
