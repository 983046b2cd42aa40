import type { Logger } from 'pino'
import type { Clock } from '#devices'
import { sleep } from '#devices/time'
import type { ClockRevised, ClockStepped, SiteEvent } from '#wire'
import type { ClockTrust } from './clock-trust.ts'
import { eventId } from './event-id.ts'
import { type Journal, JournalError } from './journal/index.ts'

/** Between looks at the two times. */
const LOOK_MS = 1000
/** Steps told as events in one boot; a clock that steps for ever would fill the lane that is never thinned. */
const STEPS_TOLD_MAX = 1000

export interface ClockKeeperOptions {
  readonly trust: ClockTrust
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Logger
}

/** Watches a site's clock: tells its steps, lets rows out when their time is known or has been waited for, and says what was wrong. */
export class ClockKeeper implements AsyncDisposable {
  readonly #options: ClockKeeperOptions
  readonly #stop = new AbortController()
  #isTrusted = true
  #told = 0
  readonly #releasing = new Set<Promise<void>>()
  #running: Promise<void> = Promise.resolve()

  private constructor(options: ClockKeeperOptions) {
    this.#options = options
  }

  static start(options: ClockKeeperOptions): ClockKeeper {
    const keeper = new ClockKeeper(options)
    // What an earlier run of the process left: nothing tells its time any more.
    keeper.#release()
    keeper.#running = keeper.#run()
    return keeper
  }

  /** Takes the cloud's time, with the machine time at which that was sent which it answers. */
  hear(now: number, sentAt: number): void {
    const { trust, journal, log } = this.#options
    const findings = trust.hear(now, sentAt)
    this.#look()
    if (findings.length === 0) return
    // Asked for at once: whatever was stamped by what was known before lies before it.
    this.#release(({ epoch, last }) => {
      for (const { isSent, ...finding } of findings) {
        log.info({ ...finding, isSent }, 'the time of what this boot journalled is known')
        if (!isSent) continue
        const body: ClockRevised = { boot: journal.boot, ...finding, epoch, last }
        this.#tell('clock.revised', finding.fromMono, body)
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all(this.#releasing)
  }

  async #run(): Promise<void> {
    for (const { signal } = this.#stop; !signal.aborted; await sleep(LOOK_MS, signal, this.#options.clock)) {
      const { trust, journal } = this.#options
      trust.look()
      this.#look()
      if (journal.counters.held > 0 && !trust.isHolding && this.#releasing.size === 0) this.#release()
    }
  }

  #look(): void {
    const { trust, journal, log } = this.#options
    for (const step of trust.takeSteps()) {
      log.warn({ ...step }, 'the clock stepped')
      const body: ClockStepped = { boot: journal.boot, ...step }
      if (++this.#told <= STEPS_TOLD_MAX) this.#tell('clock.stepped', step.mono, body)
    }
    if (trust.isTrusted === this.#isTrusted) return
    this.#isTrusted = trust.isTrusted
    if (trust.isTrusted) log.info({ deltaMs: trust.deltaMs }, 'the clock is trusted again')
    else log.warn('the clock is not trusted; rows wait for the time of the cloud, at most ten minutes')
  }

  #release(then?: (position: Awaited<ReturnType<Journal['release']>>) => void): void {
    const { trust, journal, log } = this.#options
    const releasing = journal
      .release(() => ({ spans: trust.settled, isOver: !trust.isHolding }))
      .then(then)
      .catch((error: Error) => {
        // The journal's end has been told by itself.
        if (error instanceof JournalError && (error.code === 'ended' || error.code === 'closed')) return
        log.error({ err: error }, 'rows that wait for their time could not be let out; it is tried again')
      })
      .finally(() => this.#releasing.delete(releasing))
    this.#releasing.add(releasing)
  }

  #tell(kind: 'clock.stepped' | 'clock.revised', mono: number, body: ClockStepped | ClockRevised): void {
    const { journal, clock } = this.#options
    const event: SiteEvent = { id: eventId(kind, journal.boot, mono), kind, at: clock.now(), body: { ...body } }
    journal.add([], [], [event]).catch(() => {})
  }
}
