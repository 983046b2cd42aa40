import type { ProtocolError } from '#protocols/error'
import { encodeRequest, type ReadRequest, type Request } from '#protocols/modbus'

/** A request with its bytes, made once and sent as often as it is polled. */
export interface Query {
  readonly request: Request
  readonly pdu: Uint8Array
}

/** Tells the requests that only read. */
export function isRead(request: Request): request is ReadRequest {
  return request.function <= 4
}

/** @throws ProtocolError `malformed` for a request beyond the limits. */
export function queryOf(request: Request): Query {
  return { request, pdu: encodeRequest(request) }
}

/** Bytes of data in the answer to a read. */
export function dataBytes({ function: code, count }: ReadRequest): number {
  return code <= 2 ? Math.ceil(count / 8) : count * 2
}

/** Numbers that only rise. */
export interface FramingCounts {
  /** Answers to requests that were given up. */
  late: number
  /** Sound frames that answer nothing that was asked here. */
  foreign: number
  /** Our own requests, heard again on a line that echoes. */
  echoes: number
  /** Bytes that are no frame. */
  garbageBytes: number
}

/** What has to happen before a request may go out, lest something else be taken for its answer. */
export type Precaution =
  /** Wait: an answer is still owed that would pass for its own. */
  | { readonly waitMs: number }
  /** Ask this first: its answer proves that no such answer can come any more. */
  | { readonly ask: Query }

/** How one exchange at a time is written to a byte stream and found in it again. */
export interface Framing {
  readonly counts: Readonly<FramingCounts>
  /** The stream is out of step, or full of something else: only a new connection helps. */
  readonly isBroken: boolean
  /** The next precaution before this request, if there is one. */
  precaution(unit: number, query: Query): Precaution | undefined
  /**
   * The bytes of a request; from now on its answer counts, and only that.
   * @param patienceMs how long it is waited for
   */
  start(unit: number, query: Query, patienceMs: number): Uint8Array
  /**
   * The PDU of the answer that is waited for, once this chunk completes it; an error when the chunk holds what can be no answer and ends the
   * wait. All else is counted and dropped.
   */
  receive(chunk: Uint8Array): Uint8Array | ProtocolError | undefined
  /** The line fell silent: the answer, if it stands whole behind the beginning of something else. */
  receiveSilence(): Uint8Array | undefined
  /** Ends the wait. What came instead of an answer, if it was damaged; undefined for silence and for sound frames of others. */
  giveUp(): ProtocolError | undefined
  /** A new connection: what is left of the old one is dropped. */
  reset(): void
}
