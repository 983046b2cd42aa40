import { type Static, Type } from 'typebox'
import { Duration, durationMs } from '#devices'

/** What is wrong with a device just now. Several may be at once; `silent` comes before `garbage`, and that before `exception`. */
export interface Fault {
  /** It does not answer. */
  readonly silent?: boolean
  /** It answers so many machine milliseconds late. */
  readonly delayMs?: number
  /** It refuses with this Modbus exception, 1..255. */
  readonly exception?: number
  /** It answers with bytes that are no frame. */
  readonly garbage?: boolean
}

/** An answer later than this would outlive any master's patience. */
export const DELAY_MAX_MS = 60_000

const strict = { additionalProperties: false } as const
const span = {
  device: Type.String({ minLength: 1, maxLength: 48 }),
  from: Type.Optional(Duration({ description: 'site time after the scenario began; absent: from its beginning' })),
  for: Type.Optional(Duration({ description: 'site time; absent: to its end' })),
  chance: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 1, description: 'share of the requests that it strikes' }),
}

/** A fault that a scenario brings by itself. */
export const FaultSpan = Type.Union([
  Type.Object({ kind: Type.Literal('silent'), ...span }, strict),
  Type.Object({ kind: Type.Literal('delay'), delay: Duration({ description: 'machine time, at most 60s' }), ...span }, strict),
  Type.Object({ kind: Type.Literal('exception'), code: Type.Integer({ minimum: 1, maximum: 255, default: 4 }), ...span }, strict),
  Type.Object({ kind: Type.Literal('garbage'), ...span }, strict),
])
export type FaultSpan = Static<typeof FaultSpan>

/** The faults of one device: those of the scenario by time, and one that is switched by hand. */
export class DeviceFaults {
  readonly #spans: readonly { fromMs: number; toMs: number; chance: number; fault: Fault }[]
  readonly #random: () => number
  #switched: Fault | null = null

  /** `random` gives numbers from 0 on and below 1; seeded, the same requests meet the same faults. */
  constructor(spans: readonly FaultSpan[], random: () => number) {
    this.#random = random
    this.#spans = spans.map((entry) => {
      const fromMs = entry.from === undefined ? 0 : durationMs(entry.from)
      const toMs = entry.for === undefined ? Number.POSITIVE_INFINITY : fromMs + durationMs(entry.for)
      return { fromMs, toMs, chance: entry.chance, fault: faultOf(entry) }
    })
  }

  /** Sets the fault that holds until it is set again, beside those of the scenario; null takes it away. @throws RangeError */
  switch(fault: Fault | null): void {
    const { delayMs = 0, exception = 1 } = fault ?? {}
    if (!(delayMs >= 0 && delayMs <= DELAY_MAX_MS))
      throw new RangeError(`expected a delay of 0 to ${DELAY_MAX_MS} ms, got ${delayMs}`)
    if (!(Number.isInteger(exception) && exception >= 1 && exception <= 255))
      throw new RangeError(`expected an exception from 1 to 255, got ${exception}`)
    this.#switched = fault
  }

  /** What strikes a request that comes so many site milliseconds after the scenario began. */
  at(elapsedMs: number): Fault {
    const struck = this.#spans.filter(
      ({ fromMs, toMs, chance }) => elapsedMs >= fromMs && elapsedMs < toMs && (chance === 1 || this.#random() < chance),
    )
    return Object.assign({}, ...struck.map(({ fault }) => fault), this.#switched)
  }

  /** So many random bytes. */
  garbage(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.#random() * 256))
  }
}

function faultOf(entry: FaultSpan): Fault {
  switch (entry.kind) {
    case 'silent':
      return { silent: true }
    case 'garbage':
      return { garbage: true }
    case 'exception':
      return { exception: entry.code }
    case 'delay':
      return { delayMs: durationMs(entry.delay) }
  }
}
