import { type Static, Type } from 'typebox'
import { NullableInteger, NullableString } from './nullable.ts'

/**
 * Why something stands in no store: refused by name; a message that cannot be read; a row that the series store would not take; a batch that
 * the cloud's own disk damaged; an epoch whose numbers are not trusted, or that another follows; rows declared lost.
 */
export const LETTER_KINDS = ['refused', 'unreadable', 'parked', 'damaged', 'epoch', 'loss'] as const
export type LetterKind = (typeof LETTER_KINDS)[number]

const Range = Type.Unsafe<[first: number, last: number]>({ type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2 })

export const LetterView = Type.Object({
  id: Type.String({ description: 'unique, and where the next page begins' }),
  kind: Type.Enum([...LETTER_KINDS]),
  at: Type.Integer({ description: 'site time it was noticed, epoch ms UTC' }),
  gateway: NullableString,
  epoch: NullableString,
  lane: NullableString,
  seqs: Type.Array(Range, { description: 'inclusive ranges of seqs; empty where nobody can say' }),
  count: Type.Unsafe<number | null>({ ...NullableInteger, description: 'rows; null where nobody can say' }),
  why: Type.String({ description: 'in the words of who noticed it' }),
  device: NullableString,
  point: NullableString,
  from: Type.Unsafe<number | null>({ ...NullableInteger, description: 'observe time of the first row, where it is known' }),
  to: NullableInteger,
  topic: NullableString,
  fenced: Type.Unsafe<boolean | null>({
    type: ['boolean', 'null'],
    description: 'of an epoch: nothing of it is taken any more',
  }),
  sample: Type.Unsafe<string | null>({ ...NullableString, description: 'a row of it, as JSON' }),
  bytes: Type.Unsafe<string | null>({ ...NullableString, description: 'what came, or its beginning, in hex' }),
})
export type LetterView = Static<typeof LetterView>

export const LettersView = Type.Object({
  letters: Type.Array(LetterView, { description: 'newest first' }),
  counts: Type.Object(Object.fromEntries(LETTER_KINDS.map((kind) => [kind, Type.Integer()])) as Counts, {
    description: 'of each kind, of the gateway that was asked for or of all',
  }),
  gateways: Type.Array(Type.String(), { description: 'that have any' }),
  next: Type.Unsafe<string | null>({ ...NullableString, description: '`before` of the next page; null where this is the last' }),
})
type Counts = Record<LetterKind, ReturnType<typeof Type.Integer>>

/** What is asked for. */
export interface LettersQuery {
  readonly kind?: LetterKind
  readonly gateway?: string
  /** The id of the last one that is known: only what lies behind it. */
  readonly before?: string
  readonly limit: number
}

/** Something that stands in no store, and why. */
export type DeadLetter = Readonly<Omit<LetterView, 'seqs'>> & {
  readonly seqs: readonly (readonly [first: number, last: number])[]
}

/** A page of them, newest first, with the number of each kind. */
export interface DeadLetters {
  readonly letters: readonly DeadLetter[]
  readonly counts: Readonly<Record<LetterKind, number>>
  readonly gateways: readonly string[]
  readonly next: string | null
}
