import { answerLength, type Measure, READ_BITS_MAX, READ_REGISTERS_MAX, type ReadRequest, type RtuFrame } from '#protocols/modbus'
import { dataBytes, isRead, type Precaution, type Query, queryOf } from './framing.ts'

/** Kinds of answer that are remembered for one unit; beyond them the oldest is forgotten. */
export const OWED_MAX = 32
/** The flag of a refusal. */
const EXCEPTION = 0x80
const ADDRESSES = 0x1_0000
/** How many longer reads there are to try where no shorter one can prove anything. */
const LONGER_MAX = 3
/** After so many times the patience with one answer a device that says nothing to a longer read is asked plainly again. */
const FORGIVEN_AFTER = 20

/** Answers of one shape that were given up. */
interface Owed {
  readonly query: Query
  readonly measure: Measure
  count: number
  /** The turns in which the first and the last of them were given up. */
  readonly oldest: number
  readonly newest: number
  /** Until when one may come whatever was answered in between. */
  readonly until: number
  /** When a device that knows no longer read is believed to owe it no more. */
  readonly forgivenAt: number
}

/**
 * The answers that are still owed on one line. RTU has no ids: an answer shows its unit, its function and its length, and a late one of the same
 * shape passes for that of another address. So before a request of such a shape goes out, time is given to the late answer; then something
 * shorter is asked of the unit, for a device answers in the order it was asked: the shorter answer proves that nothing older can follow.
 */
export class OwedAnswers {
  readonly #mono: () => number
  /** By unit, then by shape, oldest first. */
  readonly #units = new Map<number, Map<string, Owed>>()
  #turn = 0

  constructor(mono: () => number) {
    this.#mono = mono
  }

  /** Measures the frames that are owed. */
  measure(bytes: Uint8Array, from: number): number {
    let length = NO_FRAME
    for (const { measure } of this.#units.get(bytes[from] ?? 0)?.values() ?? []) length = Math.max(length, measure(bytes, from))
    return length
  }

  /** An answer to this request was given up, after so much patience; it is granted as much again. */
  add(unit: number, query: Query, patienceMs: number): void {
    const owed = this.#units.get(unit) ?? new Map<string, Owed>()
    this.#units.set(unit, owed)
    const shape = shapeOf(query)
    const { count = 0, oldest: first = this.#turn } = owed.get(shape) ?? {}
    // A known one keeps its place in the map, which is that of its oldest.
    owed.set(shape, {
      query,
      measure: answerLength(unit, query.request),
      count: count + 1,
      oldest: first,
      newest: this.#turn++,
      until: this.#mono() + patienceMs,
      forgivenAt: this.#mono() + patienceMs * FORGIVEN_AFTER,
    })
    const [oldest] = owed.keys()
    if (owed.size > OWED_MAX && oldest !== undefined) owed.delete(oldest)
  }

  precaution(unit: number, query: Query): Precaution | undefined {
    const owed = this.#units.get(unit)
    const shape = shapeOf(query)
    const entry = owed?.get(shape)
    if (owed === undefined || entry === undefined) return undefined
    const waitMs = entry.until - this.#mono()
    if (waitMs > 0) return { waitMs }
    const proof = isRead(query.request) ? proofOf(query.request, shape, owed) : undefined
    if (proof === undefined || (proof.isTried && this.#mono() >= entry.forgivenAt)) return undefined
    return { ask: proof.query }
  }

  /** Takes in a frame that answers nothing asked now; whether it was owed. */
  pay({ unit, pdu }: RtuFrame): boolean {
    const owed = this.#units.get(unit)
    const code = pdu[0] ?? 0
    const shape = owed && (code >= EXCEPTION ? oldestOf(owed, code - EXCEPTION) : shapeOfAnswer(pdu))
    if (owed === undefined || shape === undefined || !owed.has(shape)) return false
    this.#payOne(owed, shape)
    return true
  }

  /** Takes in what an answer, or the refusal of a request, proves about those that were asked before it. */
  settle(unit: number, query: Query, patienceMs: number, isRefused: boolean): void {
    const owed = this.#units.get(unit)
    if (owed === undefined) return
    // A refusal says only of which function it is: it may be that of an older request, and the one to this request still on its way.
    const shape = isRefused ? oldestOf(owed, query.request.function) : shapeOf(query)
    const turn = (shape === undefined ? undefined : owed.get(shape)?.oldest) ?? this.#turn
    for (const [older, { newest, until }] of owed) if (newest < turn && until <= this.#mono()) owed.delete(older)
    if (!isRefused || shape === undefined) return
    this.#payOne(owed, shape)
    this.add(unit, query, patienceMs)
  }

  #payOne(owed: Map<string, Owed>, shape: string): void {
    const entry = owed.get(shape)
    if (entry && --entry.count <= 0) owed.delete(shape)
  }
}

const NO_FRAME = -1

/** What an answer is recognised by, beside its unit. */
function shapeOf({ request }: Query): string {
  return isRead(request) ? `${request.function} ${dataBytes(request)}` : `${request.function}`
}

function shapeOfAnswer(pdu: Uint8Array): string {
  return (pdu[0] ?? 0) <= 4 ? `${pdu[0]} ${pdu[1]}` : `${pdu[0]}`
}

function oldestOf(owed: ReadonlyMap<string, Owed>, code: number): string | undefined {
  for (const [shape, { query }] of owed) if (query.request.function === code) return shape
  return undefined
}

/**
 * A read whose answer cannot be mistaken for one that is owed since before the shape was: a shorter one from the same place, or failing that a
 * longer one. A longer one may meet a device that does not know it and says nothing: `isTried` tells that one was given up.
 */
function proofOf(
  { function: code, address, count }: ReadRequest,
  shape: string,
  owed: ReadonlyMap<string, Owed>,
): { readonly query: Query; readonly isTried: boolean } | undefined {
  const since = owed.get(shape)?.newest ?? 0
  const [perSize, countMax] = code <= 2 ? [8, READ_BITS_MAX] : [1, READ_REGISTERS_MAX]
  const own = Math.ceil(count / perSize)
  for (let size = 1; size <= own + LONGER_MAX; size++) {
    const few = (size - 1) * perSize + 1
    if (size === own || few > countMax) continue
    const query = queryOf({ function: code, address: Math.min(address, ADDRESSES - few), count: few })
    const other = owed.get(shapeOf(query))
    if (other === undefined || other.oldest > since) return { query, isTried: size > own && other !== undefined }
  }
  return undefined
}
