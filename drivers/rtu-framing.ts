import { ProtocolError } from '#protocols/error'
import {
  answerLength,
  decodeRtu,
  encodeRtu,
  type Measure,
  RTU_FRAME_BYTES_MAX,
  type RtuFrame,
  RtuSplitter,
} from '#protocols/modbus'
import { dataBytes, type Framing, type FramingCounts, isRead, type Precaution, type Query, queryOf } from './framing.ts'
import { OwedAnswers } from './owed-answers.ts'

interface Asked {
  readonly unit: number
  readonly query: Query
  readonly bytes: Uint8Array
  readonly measure: Measure
  readonly patienceMs: number
  isEchoed: boolean
}

/**
 * RTU frames on a serial line or through a serial server, cut by their expected length and CRC. Of what comes, only the answer to the request
 * counts; its own echo, late answers (see `OwedAnswers`), frames of others and noise are told apart, counted and dropped.
 */
export class RtuFraming implements Framing {
  readonly counts: FramingCounts = { late: 0, foreign: 0, echoes: 0, garbageBytes: 0 }
  readonly isBroken = false
  readonly #owed: OwedAnswers
  readonly #splitter = new RtuSplitter((bytes, from) => this.#measure(bytes, from))
  /** What came since the last frame, as far as it may matter. */
  #stray: Uint8Array = new Uint8Array()
  #bookedBytes = 0
  #asked: Asked | undefined
  /** Whether the line hears itself, as RS-485 adapters let it that leave their receiver on; undefined until an answer told. */
  #hasEcho: boolean | undefined

  constructor(mono: () => number) {
    this.#owed = new OwedAnswers(mono)
  }

  precaution(unit: number, query: Query): Precaution | undefined {
    const { request } = query
    // The answer to such a write is the request again: whether the line echoes must be known, and a read of the same place tells.
    if (this.#hasEcho === undefined && (request.function === 5 || request.function === 6 || request.function === 22))
      return { ask: queryOf({ function: request.function === 5 ? 1 : 3, address: request.address, count: 1 }) }
    return this.#owed.precaution(unit, query)
  }

  start(unit: number, query: Query, patienceMs: number): Uint8Array {
    this.reset()
    const bytes = encodeRtu(unit, query.pdu)
    this.#asked = { unit, query, bytes, measure: answerLength(unit, query.request), patienceMs, isEchoed: false }
    return bytes
  }

  receive(chunk: Uint8Array): Uint8Array | ProtocolError | undefined {
    const frames = this.#splitter.push(chunk)
    if (frames.length > 0) this.#book()
    else this.#stray = joined(this.#stray, chunk).subarray(-RTU_FRAME_BYTES_MAX)
    const asked = this.#asked
    if (asked === undefined && frames.length === 0) this.#book()
    const answers: Uint8Array[] = []
    for (const frame of frames) {
      const kind = asked === undefined || frame.unit !== asked.unit ? 'other' : this.#kindOf(frame.pdu, asked)
      if (kind === 'answer') answers.push(frame.pdu)
      else if (kind === 'echo') this.counts.echoes++
      else if (this.#owed.pay(frame)) this.counts.late++
      else this.counts.foreign++
    }
    const [answer, ...others] = answers
    if (asked === undefined || answer === undefined) return undefined
    if (others.every((other) => isSame(other, answer))) return this.#accept(asked, answer)
    this.#forget()
    return new ProtocolError('malformed', 'expected one answer, got several that differ', chunk)
  }

  receiveSilence(): Uint8Array | undefined {
    const asked = this.#asked
    if (asked === undefined) return undefined
    for (let from = 1; from < this.#stray.length; from++) {
      const length = asked.measure(this.#stray, from)
      const frame = length > 0 ? frameOf(this.#stray.subarray(from, from + length)) : undefined
      if (frame) return this.#accept(asked, frame.pdu)
    }
    return undefined
  }

  giveUp(): ProtocolError | undefined {
    this.#forget()
    const heard = this.#stray
    if (heard.length === 0 || this.#book()) return undefined
    return new ProtocolError('checksum', 'expected an answer with its CRC, got other bytes', heard)
  }

  reset(): void {
    this.#splitter.reset()
    this.#book()
    // What was asked through the old connection may be answered through the new one.
    this.#forget()
  }

  /** Waits no longer; the answer may come all the same. */
  #forget(): void {
    if (this.#asked) this.#owed.add(this.#asked.unit, this.#asked.query, this.#asked.patienceMs)
    this.#asked = undefined
  }

  #measure(bytes: Uint8Array, from: number): number {
    if (this.#asked === undefined) return this.#owed.measure(bytes, from)
    const { bytes: request, measure } = this.#asked
    const alike = prefixLength(bytes, from, request)
    if (alike === request.length) return alike
    const own = measure(bytes, from)
    if (own >= 0) return own
    return from + alike === bytes.length ? INCOMPLETE : this.#owed.measure(bytes, from)
  }

  /** What a frame of the unit that was asked is. */
  #kindOf(pdu: Uint8Array, asked: Asked): 'answer' | 'echo' | 'other' {
    const isOwn = isAnswer(pdu, asked.query)
    if (!isSame(pdu, asked.query.pdu)) return isOwn ? 'answer' : 'other'
    // The answer to some writes is the request again.
    if (isOwn && (asked.isEchoed || this.#hasEcho === false)) return 'answer'
    asked.isEchoed = true
    return 'echo'
  }

  #accept({ unit, query, patienceMs, isEchoed }: Asked, pdu: Uint8Array): Uint8Array {
    this.#asked = undefined
    const isRefused = pdu[0] !== query.request.function
    if (isRefused || !isSame(pdu, query.pdu)) this.#hasEcho = isEchoed
    this.#owed.settle(unit, query, patienceMs, isRefused)
    return pdu
  }

  /** Books what came since the last frame; whether it is a sound one of somebody else. */
  #book(): boolean {
    const dropped = this.#splitter.droppedBytes - this.#bookedBytes
    this.#bookedBytes += dropped
    const isFrame = this.#stray.length > 0 && frameOf(this.#stray) !== undefined
    this.#stray = new Uint8Array()
    if (isFrame) this.counts.foreign++
    else this.counts.garbageBytes += dropped
    return isFrame
  }
}

const INCOMPLETE = 0

/** Frames come here measured as an answer or as an echo: what is left is to tell these two apart, and a longer read from a shorter one. */
function isAnswer(pdu: Uint8Array, { request, pdu: asked }: Query): boolean {
  if (pdu[0] === (request.function | 0x80)) return true
  if (pdu[0] !== request.function) return false
  if (isRead(request)) return pdu[1] === dataBytes(request)
  const { function: code } = request
  return code === 17 || code === 23 || code === 43 ? !isSame(pdu, asked) : pdu.length === (code === 22 ? 7 : 5)
}

function frameOf(bytes: Uint8Array): RtuFrame | undefined {
  try {
    return decodeRtu(bytes)
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** How many bytes from `from` on are those of the start. */
function prefixLength(bytes: Uint8Array, from: number, start: Uint8Array): number {
  let length = 0
  while (length < start.length && from + length < bytes.length && bytes[from + length] === start[length]) length++
  return length
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && prefixLength(one, 0, other) === one.length
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
