import { type TSchema, Type } from 'typebox'

/** A map of names a person chose to entries of one schema; a name off the pattern is an unknown key. */
export function Named<T extends TSchema>(
  pattern: string,
  entry: T,
  options: { minProperties?: number; maxProperties?: number; description?: string } = {},
) {
  // Typebox fills an entry's defaults only if the entry has a default itself, and fails on a plain `false` here.
  return Type.Record(Type.String({ pattern }), entry, { ...options, additionalProperties: Type.Never() })
}
