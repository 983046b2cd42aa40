/** What the broker refuses: a connection, its pace, what comes before or instead of CONNECT, a packet, what a client does, a takeover. */
export const REFUSALS = ['connections', 'pace', 'greeting', 'packet', 'client', 'takeover'] as const
export type Refusal = (typeof REFUSALS)[number]

/** Refusals of one kind are told at most so often: a flood must not become a flood of log lines. */
const TELL_MS = 10_000

/** Where a broker's words go; a pino logger is one. */
export interface BrokerLog {
  readonly debug: (facts: object, words: string) => void
  readonly info: (facts: object, words: string) => void
  readonly warn: (facts: object, words: string) => void
  readonly error: (facts: object, words: string) => void
}

/** Counts what is refused, and tells of it without being made to shout. */
export class Refusals {
  readonly #log: BrokerLog
  readonly #counts: Record<Refusal, number> = { connections: 0, pace: 0, greeting: 0, packet: 0, client: 0, takeover: 0 }
  readonly #told = new Map<Refusal, { at: number; count: number }>()

  constructor(log: BrokerLog) {
    this.#log = log
  }

  /** Since the start, by kind. */
  get counts(): Readonly<Record<Refusal, number>> {
    return { ...this.#counts }
  }

  /** @param now machine ms */
  add(kind: Refusal, facts: object, now: number): void {
    const count = ++this.#counts[kind]
    const told = this.#told.get(kind)
    if (told !== undefined && now - told.at < TELL_MS) return
    this.#told.set(kind, { at: now, count })
    this.#log.warn({ refused: kind, times: count - (told?.count ?? 0), ...facts }, 'the broker refused something')
  }
}
