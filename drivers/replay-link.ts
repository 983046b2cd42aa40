import { Duplex } from 'node:stream'
import type { Clock } from '#devices'
import { DriverError } from './driver-error.ts'
import {
  type AskedBytes,
  askedRaw,
  askedTcp,
  type Effect,
  type Exchange,
  effectsFor,
  type ReplayScript,
} from './replay-script.ts'

/** A request that comes so much before or after its time in the recording is taken for the one that was recorded: lines are busy. */
export const TURN_MS = 500
/** Requests that were not recorded are listed up to this number. */
export const UNKNOWN_MAX = 100

/**
 * The far end of a recorded line. A request is answered by the exchange that was recorded at its time, its bytes as long after it as then. One
 * that comes out of turn (a driver asks for everything when it begins, the recording may have begun later) gets the next answer ahead of time,
 * which remains for its own turn, too. One that was never recorded gets none.
 */
export class ReplayLink {
  readonly #script: ReplayScript
  readonly #clock: Pick<Clock, 'mono' | 'after'>
  readonly #untilMs: number
  readonly #waiting: Map<string, Exchange[]>
  readonly #unknown: string[] = []
  #link: Duplex | undefined
  #requests = 0
  #unknownCount = 0

  /** @param untilMs requests from then on have no answer, and that is no fault: the recording ends */
  constructor(script: ReplayScript, clock: Pick<Clock, 'mono' | 'after'>, untilMs: number) {
    this.#script = script
    this.#clock = clock
    this.#untilMs = untilMs
    this.#waiting = new Map([...script.byKey].map(([key, exchanges]) => [key, [...exchanges]]))
    // These are told from the beginning of the recording on.
    for (const effect of script.unasked) clock.after(effect.afterMs - clock.mono(), () => this.#play(effect))
  }

  /** Requests so far, those that were never recorded, and the first of these in hex. */
  get counts(): { readonly requests: number; readonly unknownRequests: number; readonly unknown: readonly string[] } {
    return { requests: this.#requests, unknownRequests: this.#unknownCount, unknown: this.#unknown }
  }

  /** Connects as the line did at this time. */
  readonly connect = async (): Promise<Duplex> => {
    const now = this.#clock.mono()
    const state = this.#script.connections.findLast(({ at }) => at <= now + TURN_MS)
    if (state?.refused !== undefined) throw new DriverError('unreachable', state.refused)
    this.#link = new Duplex({
      read: () => {},
      write: (bytes: Buffer, _, done) => {
        for (const asked of this.#script.hasTransactions ? askedTcp(bytes) : [askedRaw(bytes)]) this.#answer(asked)
        done()
      },
    })
    return this.#link
  }

  #answer(asked: AskedBytes): void {
    const now = this.#clock.mono()
    const waiting = this.#waiting.get(asked.key)
    if (waiting === undefined) {
      if (now >= this.#untilMs) return
      this.#requests++
      this.#unknownCount++
      if (this.#unknown.length < UNKNOWN_MAX) this.#unknown.push(asked.key)
      return
    }
    this.#requests++
    while (waiting[0] && waiting[0].at < now - TURN_MS) waiting.shift()
    const [exchange] = waiting
    if (exchange === undefined) return
    if (exchange.at <= now + TURN_MS) waiting.shift()
    // A driver that ended the connection itself has opened another by the time at which it was ended then.
    const link = this.#link
    for (const effect of effectsFor(exchange, asked)) this.#clock.after(effect.afterMs, () => this.#play(effect, link))
  }

  #play({ bytes }: Effect, asked = this.#link): void {
    if (bytes === undefined) asked?.destroy()
    else if (this.#link && !this.#link.destroyed) this.#link.push(bytes)
  }
}
