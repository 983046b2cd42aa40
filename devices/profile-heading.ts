import { Type } from 'typebox'

export const strict = { additionalProperties: false } as const

/** A counter only rises until it wraps; a gauge is what it is now. */
export const MEANINGS = ['gauge', 'counter', 'state'] as const

export const POINT_NAME = '^[a-z][a-z0-9_]{0,39}$'
/** 10^decimals must stay far below 2^53 for any value a device can say. */
export const DECIMALS_MAX = 6

/** What every device model says of itself, whatever it speaks. */
export const heading = {
  title: Type.String({ minLength: 1, maxLength: 120, description: 'what people call the model' }),
  kind: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', description: 'as its folder' }),
  source: Type.String({ minLength: 1, maxLength: 300, description: 'the manual, its revision and page' }),
  unconfirmed: Type.Optional(Type.Boolean({ description: 'true: no authoritative source was at hand' })),
  notes: Type.Optional(Type.String({ maxLength: 2000, description: 'for people' })),
}
