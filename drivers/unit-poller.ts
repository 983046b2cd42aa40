import type { Reason } from '#devices'
import type { Log } from './log.ts'
import type { PollClass } from './poll-class.ts'
import { type BlockCounts, type Part, PolledBlock } from './polled-block.ts'
import { UnitBreaker } from './unit-breaker.ts'
import { type Failure, isFailure, type Outcome, type UnitReader } from './unit-reader.ts'

/** Rounds in a row without any answer after which a device is offline. */
export const SILENT_ROUNDS_MAX = 2
/** Silent reads in a row after which the rest of a round is not sent. */
export const SILENT_READS_MAX = 2
/** Reads that may be cut in two in one round; what is left over is refused until the next. */
export const DIVISIONS_MAX = 16

/** What became of one read of a round. */
export interface Polled {
  readonly part: Part
  readonly outcome: Outcome
}

export interface PollCounts extends BlockCounts {
  rounds: number
  /** Reads that brought no words. */
  failedBlocks: number
  /** Of these, reads that were not sent because the unit says nothing. */
  sparedBlocks: number
}

export interface UnitPollerOptions {
  readonly device: string
  readonly classes: readonly PollClass[]
  readonly reader: Pick<UnitReader, 'ask'>
  /** Milliseconds that only rise, at the site's pace. */
  readonly pace: () => number
  readonly log: Log
  /** From 0 to below 1. */
  readonly random: () => number
}

interface Work {
  readonly block: PolledBlock
  readonly part: Part
}

const REFUSED: Failure = { kind: 'illegal', reason: 'exception' }

/** Polls the reads of one unit, as it takes them. */
export class UnitPoller {
  readonly counts: PollCounts = { rounds: 0, failedBlocks: 0, sparedBlocks: 0, divisions: 0, holes: 0, probes: 0, healed: 0 }
  readonly #options: UnitPollerOptions
  /** The blocks of each interval. */
  readonly #classes: readonly (readonly PolledBlock[])[]
  readonly #breaker: UnitBreaker
  /** Rounds in which it was asked. */
  #asked = 0
  #silentRounds = 0
  #off: Reason | undefined
  /** Whether it ever gave words. */
  #isGiving = false

  constructor(options: UnitPollerOptions) {
    this.#options = options
    this.#breaker = new UnitBreaker(options.random)
    this.#classes = options.classes.map(({ blocks }) => blocks.map((block) => new PolledBlock(block, this.counts)))
  }

  /** Why it says nothing, once it has been silent for long enough. */
  get off(): Reason | undefined {
    return this.#off
  }

  /** Whether a round now would ask nothing: it says nothing, and its next probe is not due yet. */
  get isResting(): boolean {
    return this.#breaker.resting(this.#options.pace()) !== undefined
  }

  /**
   * Asks for everything of the intervals that are due, or tells why it is not asked. A stop ends it with what was read until then.
   * @param missed why it is not worth asking this time, as something else was asked in vain before
   */
  async *poll(due: readonly number[], stop: AbortSignal, missed?: Failure): AsyncGenerator<Polled, void, undefined> {
    const { device, log, pace, reader } = this.#options
    const { work, resting } = this.#workOf(due)
    const holes: string[] = []
    let hasAnswered = missed?.kind === 'refused'
    let failure = missed
    let spared = missed ?? this.#breaker.resting(pace())
    let silentReads = 0
    let divisions = 0
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      const { block, part } = next
      if (spared) {
        this.counts.failedBlocks++
        this.counts.sparedBlocks++
        yield { part, outcome: spared }
        continue
      }
      const outcome: Outcome | undefined = await reader.ask(part.query, stop)
      if (outcome === undefined) return
      if (isFailure(outcome)) {
        failure = outcome
        const { kind }: Failure = outcome
        if (kind === 'illegal' || kind === 'refused') hasAnswered = true
        if (kind === 'illegal' && divisions < DIVISIONS_MAX) {
          const refused = block.refused(part, pace(), this.#isGiving)
          if ('instead' in refused) {
            divisions++
            work.unshift(...refused.instead.map((smaller) => ({ block, part: smaller })))
            continue
          }
          if ('newHole' in refused && refused.newHole) holes.push(refused.newHole)
        }
        this.counts.failedBlocks++
        const isSilent = kind === 'silent' || kind === 'unreachable'
        // Of a unit that gives some of its registers, what never came says nothing.
        if (!isSilent) silentReads = 0
        else if (part.wasRead || !this.#isGiving) silentReads++
        const isInDoubt = this.#silentRounds > 0 && !hasAnswered
        if (isSilent && (isInDoubt || silentReads >= SILENT_READS_MAX)) spared = outcome
      } else {
        hasAnswered = true
        silentReads = 0
        this.#took(next)
      }
      yield { part, outcome }
    }
    for (const { part } of resting) yield { part, outcome: REFUSED }
    if (holes.length > 0) log.warn({ device, registers: holes }, 'registers are refused; they are tried again later')
    this.counts.rounds++
    if (!hasAnswered && failure === undefined) return
    this.#asked++
    if (hasAnswered) this.#heard()
    else if (failure) this.#missed(failure)
  }

  #took({ block, part }: Work): void {
    this.#isGiving = true
    const healed = block.read(part)
    if (healed === undefined) return
    this.#options.log.info({ device: this.#options.device, registers: healed }, 'registers that were refused are read again')
  }

  #heard(): void {
    this.#silentRounds = 0
    this.#off = undefined
    this.#breaker.answered()
  }

  #missed(failure: Failure): void {
    this.#silentRounds++
    if (this.#silentRounds < SILENT_ROUNDS_MAX) return
    this.#off = failure.reason
    // A line without a connection costs nobody time, and has a backoff of its own.
    if (failure.kind !== 'unreachable' && failure.kind !== 'unsent') this.#breaker.silent(failure, this.#options.pace())
  }

  /** What is due, in the order of asking, and what rests. Something is always asked: else nobody would notice that the device is gone. */
  #workOf(due: readonly number[]): { work: Work[]; resting: readonly Work[] } {
    const now = this.#options.pace()
    const turns = due.flatMap((index) => (this.#classes[index] ?? []).map((block) => ({ block, ...block.turn(now) })))
    const resting = turns.flatMap((turn) => turn.resting.map((part) => ({ block: turn.block, part })))
    const work = turns.flatMap((turn) => turn.ask.map((part) => ({ block: turn.block, part })))
    if (work.length === 0) work.push(...resting.splice(this.#asked % Math.max(1, resting.length), 1))
    return { work: this.#silentRounds === 0 ? work : this.#turned(work), resting }
  }

  /** Of a unit that says nothing another read comes first each time, for some may never be answered; those that once were go before. */
  #turned(work: readonly Work[]): Work[] {
    const known = work.filter(({ part }) => part.wasRead)
    const candidates = known.length > 0 ? known : work
    const first = candidates[this.#asked % candidates.length]
    return first === undefined ? [] : [first, ...work.filter((each) => each !== first)]
  }
}
