import { type PointDecoder, pointDecoder, type Table } from '#devices'
import { type Block, halvesOf, joinedOf } from './block-plan.ts'
import { type Query, queryOf } from './framing.ts'

/** A hole beside registers that the device does give is asked again after so long; each refusal doubles it. */
export const HOLE_MS_MIN = 3_600_000
/** The longest rest of a hole. */
export const HOLE_MS_MAX = 86_400_000
/** The first rest of what has been read before, or of a device that gives nothing yet: it may be starting, or it was noise. */
export const DOUBT_MS_MIN = 60_000
/** Refusals in a row after which what has been read before rests. */
export const REFUSALS_MAX = 3

/** How a table is read. */
export const READS = { coil: 1, discrete: 2, holding: 3, input: 4 } as const satisfies Record<Table, number>

/** One read as it is polled: its request is encoded and its points are prepared once. */
export interface Part {
  readonly query: Query
  readonly points: readonly { readonly name: string; readonly from: number; readonly decode: PointDecoder }[]
  /** Whether it, or what it was cut from, was ever read. */
  readonly wasRead: boolean
}

interface OwnPart extends Part {
  readonly block: Block
  wasRead: boolean
  refusals: number
  hole: Rest | undefined
}

/** Until when something is not tried, and how often that was in vain. */
interface Rest {
  readonly until: number
  readonly times: number
}

/** What is to be asked of a block, and what is known to be refused. */
export interface Turn {
  readonly ask: readonly Part[]
  readonly resting: readonly Part[]
}

/** What came of a refusal. */
export type Refused =
  /** Ask these instead. */
  | { readonly instead: readonly Part[] }
  /** Nothing smaller is left: it rests. In words, if it did not before. */
  | { readonly newHole: string | undefined }
  /** It has been read before, and is asked again the next time. */
  | { readonly isDoubtful: true }

export interface BlockCounts {
  /** Reads that were cut in two. */
  divisions: number
  /** Parts that came to rest. */
  holes: number
  /** Holes and divided blocks that were tried again. */
  probes: number
  /** Those that could be read then. */
  healed: number
}

/**
 * A planned read as its device takes it: refused as an illegal address or value, it is cut in two until what is refused stands alone. That rests
 * and is tried again after a time that doubles; the others are read without it. What was ever read is never given up: one illegal
 * value that noise made costs a round.
 */
export class PolledBlock {
  readonly #counts: BlockCounts
  readonly #whole: OwnPart
  #parts: readonly OwnPart[]
  /** Of a block that is divided without a hole: when it is tried whole. */
  #rest: Rest = { until: 0, times: 0 }
  #hasNewHole = false

  /** @param counts where it counts */
  constructor(block: Block, counts: BlockCounts) {
    this.#counts = counts
    this.#whole = partOf(block, false)
    this.#parts = [this.#whole]
  }

  /** @param now in milliseconds that only rise, as in all these calls */
  turn(now: number): Turn {
    if (this.#hasNewHole) this.#join()
    const isDivided = this.#parts.length > 1
    if (isDivided && this.#parts.every(({ hole }) => hole === undefined) && now >= this.#rest.until) {
      return { ask: [this.#whole], resting: [] }
    }
    const resting = this.#parts.filter(({ hole }) => hole !== undefined && now < hole.until)
    return { ask: this.#parts.filter((part) => !resting.includes(part)), resting }
  }

  /** The part was read. @returns the hole that it was, in words */
  read(part: Part): string | undefined {
    const own = this.#own(part)
    if (own === undefined) return undefined
    this.#countProbe(own)
    const { hole } = own
    own.wasRead = true
    own.refusals = 0
    own.hole = undefined
    if (own === this.#whole && this.#parts.length > 1) {
      this.#parts = [own]
      this.#rest = { until: 0, times: 0 }
      this.#counts.healed++
    }
    if (hole === undefined) return undefined
    this.#counts.healed++
    // The next time it is tried whole.
    this.#rest = { ...this.#rest, until: 0 }
    return wordsOf(own.block)
  }

  /**
   * The part was refused as illegal.
   * @param isGiving whether the device gives anything at all
   */
  refused(part: Part, now: number, isGiving: boolean): Refused {
    const own = this.#own(part)
    if (own === undefined) return { isDoubtful: true }
    this.#countProbe(own)
    const restMsMin = own.wasRead || !isGiving ? DOUBT_MS_MIN : HOLE_MS_MIN
    if (own === this.#whole && this.#parts.length > 1) {
      this.#rest = restedOn(this.#rest, now, restMsMin)
      return { instead: this.#parts }
    }
    const halves = halvesOf(own.block)?.map((half) => partOf(half, own.wasRead))
    if (halves) {
      this.#counts.divisions++
      if (own === this.#whole) this.#rest = restedOn({ until: 0, times: 0 }, now, restMsMin)
      this.#parts = this.#parts.flatMap((each) => (each === own ? halves : [each]))
      return { instead: halves }
    }
    own.refusals++
    if (own.wasRead && own.refusals < REFUSALS_MAX && own.hole === undefined) return { isDoubtful: true }
    const isNew = own.hole === undefined
    own.hole = restedOn(own.hole, now, restMsMin)
    if (!isNew) return { newHole: undefined }
    this.#counts.holes++
    this.#hasNewHole = true
    return { newHole: wordsOf(own.block) }
  }

  #countProbe(own: OwnPart): void {
    if (own.hole !== undefined || (own === this.#whole && this.#parts.length > 1)) this.#counts.probes++
  }

  #own(part: Part): OwnPart | undefined {
    return part === this.#whole ? this.#whole : this.#parts.find((each) => each === part)
  }

  /** What bisection cut although it can be read is read in one again, up to the hole. */
  #join(): void {
    this.#hasNewHole = false
    const parts: OwnPart[] = []
    for (const part of this.#parts) {
      const before = parts.at(-1)
      const canJoin = before?.hole === undefined && part.hole === undefined && before?.wasRead && part.wasRead
      const joined = canJoin ? joinedOf(before.block, part.block) : undefined
      if (joined) parts.splice(-1, 1, partOf(joined, true))
      else parts.push(part)
    }
    this.#parts = parts
  }
}

function partOf(block: Block, wasRead: boolean): OwnPart {
  const { table, address, count, points } = block
  return {
    query: queryOf({ function: READS[table], address, count }),
    points: points.map(({ name, point, from }) => ({ name, from, decode: pointDecoder(point) })),
    block,
    wasRead,
    refusals: 0,
    hole: undefined,
  }
}

/** The rest after another refusal. */
function restedOn(rest: Rest | undefined, now: number, restMsMin: number): Rest {
  const times = rest?.times ?? 0
  return { until: now + Math.min(HOLE_MS_MAX, restMsMin * 2 ** times), times: times + 1 }
}

/** `holding 12`, `input 4 to 7` */
function wordsOf({ table, address, count }: Block): string {
  return count === 1 ? `${table} ${address}` : `${table} ${address} to ${address + count - 1}`
}
