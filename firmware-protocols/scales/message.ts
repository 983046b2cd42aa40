import { type Static, Type } from 'typebox'
import { Decimal } from '#protocols/decimal'
import { UNITS, type Unit } from './unit.ts'

export const MODES = ['gross', 'net', 'tare'] as const
export type Mode = (typeof MODES)[number]

/** A weighing, or the reason why there is none. What a protocol does not say is null or absent, never guessed. */
export interface Weight {
  readonly kind: 'weight'
  /** Exact; null where the scale sends none, or none that may be used. */
  readonly value: Decimal | null
  /** Digits behind the point as the scale wrote them, which a number in JSON does not keep. Absent without a value. */
  readonly decimals?: number
  /** Null where the protocol leaves it to the scale's settings. */
  readonly unit: Unit | null
  /** The scale's step, in the unit, where the protocol tells it. */
  readonly division?: Decimal
  /** Null where the protocol does not say. */
  readonly stable: boolean | null
  /** What the value is; absent where the protocol does not say. */
  readonly mode?: Mode
  readonly overload: boolean
  readonly underload: boolean
  /** The scale says that it stands at zero; null where the protocol has no such mark. */
  readonly zero: boolean | null
  /** The frame in hex. */
  readonly raw: string
}

export const SCALE_ERRORS = ['syntax', 'transmission', 'logic'] as const
export type ScaleError = (typeof SCALE_ERRORS)[number]

/** What a scale answers that is no weighing. */
export interface Answer {
  readonly kind: 'answer'
  /** The command it answers, as the protocol writes it; absent where the answer does not name it. */
  readonly command?: string
  /** Whether the command was carried out; absent where the answer only tells something. */
  readonly ok?: boolean
  /** The scale did not understand. */
  readonly error?: ScaleError
  /** The protocol's own letter for how it went. */
  readonly status?: string
  /** What else it says, as it stands there. */
  readonly text?: string
  readonly raw: string
}

/** What a driver may want of any scale. `weigh` takes the weight as it is now; `weighStable` waits until it rests. */
export const ASKS = ['weigh', 'weighStable', 'zero', 'tare', 'clearTare'] as const
export type Ask = (typeof ASKS)[number]

/** What a scale is asked. */
export interface Command {
  readonly kind: 'command'
  /** As the protocol's manual calls it. */
  readonly command: string
  readonly parameters?: string
  /** What it means on any scale; null for what only this protocol has. */
  readonly asks: Ask | null
  readonly raw: string
}

export type ScaleMessage = Weight | Answer | Command

export const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
/** One of these words. */
export const oneOf = <T extends string>(words: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
const flag = Type.Optional(Type.Boolean())

/** A weighing in JSON; everything but the value has a default. */
export const WEIGHT = {
  kind: Type.Optional(Type.Literal('weight')),
  value: Type.Optional(nullable(Type.Number())),
  decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 9 })),
  unit: Type.Optional(nullable(oneOf(UNITS))),
  division: Type.Optional(Type.Number()),
  stable: Type.Optional(nullable(Type.Boolean())),
  mode: Type.Optional(oneOf(MODES)),
  overload: flag,
  underload: flag,
  zero: Type.Optional(nullable(Type.Boolean())),
}
export const WeightSchema = Type.Object(WEIGHT)

export const AnswerSchema = Type.Object({
  kind: Type.Literal('answer'),
  command: Type.Optional(Type.String({ maxLength: 32 })),
  ok: flag,
  error: Type.Optional(oneOf(SCALE_ERRORS)),
  status: Type.Optional(Type.String({ maxLength: 1 })),
  text: Type.Optional(Type.String({ maxLength: 200 })),
})

export const CommandSchema = Type.Object({
  kind: Type.Literal('command'),
  command: Type.String({ maxLength: 32 }),
  parameters: Type.Optional(Type.String({ maxLength: 64 })),
})

/** What a scale is told to have said or says: a value and, where they are known, the rest. */
export type Told = Partial<Omit<Weight, 'kind' | 'decimals' | 'raw'>>

/** A weighing of what is told of it; the rest is what a protocol that says nothing says. */
export function weightOf(told: Told, frame: Uint8Array = new Uint8Array()): Weight {
  const value = told.value ?? null
  const decimals = value === null ? {} : { decimals: value.decimals }
  const { unit = null, stable = null, overload = false, underload = false, zero = null, ...rest } = told
  return { kind: 'weight', ...rest, value, ...decimals, unit, stable, overload, underload, zero, raw: hexOf(frame) }
}

/** The inverse of a weighing's JSON. @throws RangeError for a number with more digits than its `decimals`. */
export function weightFrom({ kind: _, value, decimals, division, ...rest }: Static<typeof WeightSchema>): Weight {
  return weightOf({
    ...rest,
    value: value === undefined || value === null ? null : Decimal.of(value, decimals),
    ...(division === undefined ? {} : { division: Decimal.of(division) }),
  })
}

export function hexOf(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('hex')
}
