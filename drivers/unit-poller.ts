import type { Reason } from '#devices'
import type { Log } from './driver.ts'
import type { PollClass } from './poll-class.ts'
import { type BlockCounts, type Part, PolledBlock } from './polled-block.ts'
import { type Failure, isFailure, type Outcome, type UnitReader } from './unit-reader.ts'

/** Rounds in a row without any answer after which a device is offline. */
export const SILENT_ROUNDS_MAX = 2
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
}

export interface UnitPollerOptions {
  readonly device: string
  readonly classes: readonly PollClass[]
  readonly reader: Pick<UnitReader, 'ask'>
  /** Milliseconds that only rise, at the site's pace. */
  readonly pace: () => number
  readonly log: Log
}

interface Work {
  readonly block: PolledBlock
  readonly part: Part
}

const REFUSED: Failure = { kind: 'illegal', reason: 'exception' }

/** Polls the reads of one unit, as it takes them. */
export class UnitPoller {
  readonly counts: PollCounts = { rounds: 0, failedBlocks: 0, divisions: 0, holes: 0, probes: 0, healed: 0 }
  readonly #options: UnitPollerOptions
  /** The blocks of each interval. */
  readonly #classes: readonly (readonly PolledBlock[])[]
  #silentRounds = 0
  #off: Reason | undefined
  /** Whether it ever gave words. */
  #isGiving = false

  constructor(options: UnitPollerOptions) {
    this.#options = options
    this.#classes = options.classes.map(({ blocks }) => blocks.map((block) => new PolledBlock(block, this.counts)))
  }

  /** Why it says nothing, once it has been silent for long enough. */
  get off(): Reason | undefined {
    return this.#off
  }

  /** Asks for everything of the intervals that are due. A stop ends it with what was read until then. */
  async *poll(due: readonly number[], stop: AbortSignal): AsyncGenerator<Polled, void, undefined> {
    const { reader } = this.#options
    const { work, resting } = this.#workOf(due)
    const holes: string[] = []
    let hasAnswered = false
    let failure: Failure | undefined
    let isGivenUp = false
    let divisions = 0
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      const { block, part } = next
      const outcome: Outcome | undefined = isGivenUp && failure ? failure : await reader.ask(part.query, stop)
      if (outcome === undefined) return
      if (!isFailure(outcome)) {
        hasAnswered = true
        this.#took(next)
      } else if (!isGivenUp) {
        failure = outcome
        const { kind }: Failure = outcome
        if (kind === 'illegal' || kind === 'refused') hasAnswered = true
        if (kind === 'illegal' && divisions < DIVISIONS_MAX) {
          const refused = block.refused(part, this.#options.pace(), this.#isGiving)
          if ('instead' in refused) {
            divisions++
            work.unshift(...refused.instead.map((smaller) => ({ block, part: smaller })))
            continue
          }
          if ('newHole' in refused && refused.newHole) holes.push(refused.newHole)
        }
        // A device known to be off costs its line one timeout a round, whatever the number of its blocks.
        isGivenUp = this.#off !== undefined && !hasAnswered && (kind === 'silent' || kind === 'unreachable')
      }
      if (isFailure(outcome)) this.counts.failedBlocks++
      yield { part, outcome }
    }
    for (const { part } of resting) yield { part, outcome: REFUSED }
    if (holes.length > 0)
      this.#options.log.warn(
        { device: this.#options.device, registers: holes },
        'registers are refused; they are tried again later',
      )
    this.#endRound(hasAnswered, failure)
  }

  #took({ block, part }: Work): void {
    this.#isGiving = true
    const healed = block.read(part)
    if (healed === undefined) return
    this.#options.log.info({ device: this.#options.device, registers: healed }, 'registers that were refused are read again')
  }

  #endRound(hasAnswered: boolean, failure: Failure | undefined): void {
    this.counts.rounds++
    this.#silentRounds = hasAnswered ? 0 : this.#silentRounds + 1
    if (hasAnswered) this.#off = undefined
    else if (this.#silentRounds >= SILENT_ROUNDS_MAX && failure) this.#off = failure.reason
  }

  /** What is due, in the order of asking, and what rests. Something is always asked: else nobody would notice that the device is gone. */
  #workOf(due: readonly number[]): { work: Work[]; resting: readonly Work[] } {
    const now = this.#options.pace()
    const turns = due.flatMap((index) => (this.#classes[index] ?? []).map((block) => ({ block, ...block.turn(now) })))
    const resting = turns.flatMap((turn) => turn.resting.map((part) => ({ block: turn.block, part })))
    const work = turns.flatMap((turn) => turn.ask.map((part) => ({ block: turn.block, part })))
    if (work.length === 0) work.push(...resting.splice(this.counts.rounds % Math.max(1, resting.length), 1))
    // Of a device that is off another one comes first each round, for some of them may never answer.
    const first = this.#off === undefined ? 0 : this.counts.rounds % work.length
    return { work: [...work.slice(first), ...work.slice(0, first)], resting }
  }
}
