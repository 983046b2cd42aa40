import type { ProtocolError } from '#protocols/error'
import { encodeRequest, type Request } from '#protocols/modbus'

/** A request with its bytes, made once and sent as often as it is polled. */
export interface Query {
  readonly request: Request
  readonly pdu: Uint8Array
}

/** @throws ProtocolError `malformed` for a request beyond the limits. */
export function queryOf(request: Request): Query {
  return { request, pdu: encodeRequest(request) }
}

/** Numbers that only rise. */
export interface FramingCounts {
  /** Answers to requests that were given up. */
  late: number
  /** Sound frames that answer nothing that was asked here. */
  foreign: number
  /** Bytes that are no frame. */
  garbageBytes: number
}

/** How one exchange at a time is written to a byte stream and found in it again. */
export interface Framing {
  readonly counts: Readonly<FramingCounts>
  /** The stream is out of step, or full of something else: only a new connection helps. */
  readonly isBroken: boolean
  /** How long the request must wait, lest an answer still owed to an earlier one be taken for its own. */
  holdMs(unit: number, query: Query): number
  /** The bytes of a request; from now on its answer counts, and only that. */
  start(unit: number, query: Query): Uint8Array
  /** The PDU of the answer that is waited for, once this chunk completes it. All else in the chunk is counted and dropped. */
  receive(chunk: Uint8Array): Uint8Array | undefined
  /** Ends the wait. What came instead of an answer, if it was damaged; undefined for silence and for sound frames of others. */
  giveUp(): ProtocolError | undefined
  /** A new connection: what is left of the old one is dropped. */
  reset(): void
}
