import { ProtocolError } from '#protocols/error'
import { answerLength, decodeRtu, encodeRtu, RTU_FRAME_BYTES_MAX, type RtuFrame, RtuSplitter } from '#protocols/modbus'
import type { Framing, FramingCounts, Query } from './framing.ts'

/**
 * How long after its deadline an answer may still come. RTU has no ids: within this time the next request for which the owed answer would
 * pass (same unit, function and length) waits.
 */
export const OWED_MS = 2_000

/** RTU frames. The one answer that counts is found by the unit, function and length that the request asks for, and by its CRC. */
export class RtuFraming implements Framing {
  readonly counts: FramingCounts = { late: 0, foreign: 0, garbageBytes: 0 }
  readonly isBroken = false
  readonly #mono: () => number
  readonly #splitter = new RtuSplitter(() => -1)
  /** Until when an answer to a request of this shape may come that was given up. */
  readonly #owed = new Map<string, number>()
  /** What came since the request, as far as it may matter. */
  #heard: Uint8Array = new Uint8Array()
  #shape = ''
  #isWaiting = false

  constructor(mono: () => number) {
    this.#mono = mono
  }

  holdMs(unit: number, query: Query): number {
    const now = this.#mono()
    for (const [shape, until] of this.#owed) if (until <= now) this.#owed.delete(shape)
    return Math.max(0, (this.#owed.get(shapeOf(unit, query)) ?? 0) - now)
  }

  start(unit: number, query: Query): Uint8Array {
    this.#splitter.reset(answerLength(unit, query.request))
    this.#shape = shapeOf(unit, query)
    this.#heard = new Uint8Array()
    this.#isWaiting = true
    return encodeRtu(unit, query.pdu)
  }

  receive(chunk: Uint8Array): Uint8Array | undefined {
    if (!this.#isWaiting) {
      this.#count(chunk)
      return undefined
    }
    const [frame] = this.#splitter.push(chunk)
    if (frame === undefined) {
      this.#heard = joined(this.#heard, chunk).subarray(-RTU_FRAME_BYTES_MAX)
      return undefined
    }
    this.#isWaiting = false
    this.counts.garbageBytes += Math.max(0, this.#heard.length + chunk.length - frame.pdu.length - 3)
    return frame.pdu
  }

  giveUp(): ProtocolError | undefined {
    this.#isWaiting = false
    this.#owed.set(this.#shape, this.#mono() + OWED_MS)
    const heard = this.#heard
    if (heard.length === 0 || this.#count(heard)) return undefined
    return new ProtocolError('checksum', 'expected an answer with its CRC, got other bytes', heard)
  }

  reset(): void {
    this.#splitter.reset()
    this.#heard = new Uint8Array()
    this.#isWaiting = false
  }

  /** Books bytes that answer nothing asked now; whether they are a sound frame. */
  #count(bytes: Uint8Array): boolean {
    const frame = frameOf(bytes)
    if (frame === undefined) this.counts.garbageBytes += bytes.length
    else if (this.#owed.size > 0) this.counts.late++
    else this.counts.foreign++
    return frame !== undefined
  }
}

/** What an answer is recognised by. */
function shapeOf(unit: number, { request }: Query): string {
  return `${unit} ${request.function} ${'count' in request ? request.count : `${request.address} ${request.value}`}`
}

function frameOf(bytes: Uint8Array): RtuFrame | undefined {
  try {
    return decodeRtu(bytes)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
