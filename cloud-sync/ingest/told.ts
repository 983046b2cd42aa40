import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const Seqs = Type.Array(Type.Tuple([Type.Integer(), Type.Integer()]))

/** What is counted with of `JournalRenewed`. */
const Renewed = Type.Object({
  previous: Type.Union([Type.String({ pattern: '^[0-9a-f]{16}$' }), Type.Null()]),
  why: Type.String(),
  issued: Type.Union([Type.Record(Type.String(), Type.Integer({ minimum: 0 })), Type.Null()]),
  carried: Type.Optional(Type.Record(Type.String(), Seqs)),
})

/** What is counted with of `LossRecord`. */
const Loss = Type.Object({
  epoch: Type.String(),
  lane: Type.String(),
  seqs: Seqs,
  count: Type.Integer(),
  why: Type.String(),
  device: Type.Optional(Type.String()),
  from: Type.Optional(Type.Integer()),
  to: Type.Optional(Type.Integer()),
})

/** The body of a `journal.renewed`; null where it is not of its kind: kept as an event, and nothing is counted with it. */
export function renewedOf(body: unknown): Static<typeof Renewed> | null {
  return Value.Check(Renewed, body) ? body : null
}

/** The body of a `loss`, likewise. */
export function lossOf(body: unknown): Static<typeof Loss> | null {
  return Value.Check(Loss, body) ? body : null
}
