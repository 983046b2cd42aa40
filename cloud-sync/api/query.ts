import { type TProperties, Type } from 'typebox'

/** Longest id of anything, as the wire has it. */
const ID_LENGTH_MAX = 64
/** Last instant that a date can have. */
const TIME_MAX = 8.64e15

export const Id = Type.String({ minLength: 1, maxLength: ID_LENGTH_MAX })
export const TimeQuery = (description: string) => Type.Integer({ minimum: 0, maximum: TIME_MAX, description })

/** A query string of these keys and no others. */
export function Query<T extends TProperties>(keys: T) {
  return Type.Object(keys, { additionalProperties: false })
}

export const NoQuery = Query({})
