import { type Static, Type } from 'typebox'
import { GRADES } from '#wire'
import { NamedView, NullableInteger, NullableNumber, Time } from './nullable.ts'

const Action = Type.Optional(Type.Enum(['prepare', 'move'], { description: 'what people are told to do' }))
const GradeView = Type.Enum([...GRADES])

export const EvidenceView = Type.Object(
  {
    version: Type.String({ description: "hash of the rule's content" }),
    decimals: Type.Integer({ description: 'of every number in this evidence' }),
    limit: NullableNumber,
    windowMs: Type.Optional(Type.Integer()),
    sum: Type.Optional(Type.Number()),
    coverage: Type.Optional(Type.Number({ description: 'part of the window that is known, 0 to 1' })),
    rows: Type.Array(Type.Object({ at: Time, value: NullableNumber })),
  },
  { additionalProperties: true, description: 'enough to show a person why' },
)
export type EvidenceView = Static<typeof EvidenceView>

export const ChangeView = Type.Object({
  id: Type.Integer(),
  at: Time,
  kind: Type.Enum(['raised', 'escalated', 'eased', 'cleared', 'acknowledged']),
  grade: Type.Unsafe<Static<typeof GradeView> | null>({ type: ['string', 'null'], enum: [...GRADES, null] }),
  action: Action,
  value: NullableInteger,
  evidence: EvidenceView,
  sources: Type.Array(Type.Enum(['gateway', 'cloud'])),
  retrospective: Type.Boolean({ description: 'found by rows that came late' }),
  recorded: Type.Integer({ description: 'machine epoch ms' }),
})
export type ChangeView = Static<typeof ChangeView>

export const AlertView = Type.Object({
  id: Type.String(),
  rule: Type.String(),
  family: Type.String(),
  title: NamedView,
  kind: Type.Enum(['threshold', 'rain-window']),
  station: Type.String(),
  device: Type.String(),
  point: Type.String(),
  unit: Type.String(),
  decimals: Type.Integer({ description: 'of peak and of the values of its changes' }),
  state: Type.Enum(['open', 'cleared', 'withdrawn']),
  grade: GradeView,
  action: Action,
  peakGrade: GradeView,
  peak: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'the most extreme value among its changes' }),
  openedAt: Time,
  clearedAt: NullableInteger,
  changes: Type.Array(ChangeView),
})
export type AlertView = Static<typeof AlertView>
