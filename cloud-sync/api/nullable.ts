import { type Static, Type } from 'typebox'
import type { Value } from '#devices'

/** Epoch ms. */
export const Time = Type.Integer({ description: 'epoch ms UTC' })

/** An integer or null. A list of types, and no union: the serialiser then looks at the value and need not try schemas. */
export const NullableInteger = Type.Unsafe<number | null>({ type: ['integer', 'null'] })
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] })
export const NullableBoolean = Type.Unsafe<boolean | null>({ type: ['boolean', 'null'] })
export const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] })

/** What a device said. */
export const ValueView = Type.Unsafe<Value>({
  type: ['integer', 'boolean', 'string', 'null'],
  description: 'a count of 10^-decimals, a state, a text, or null: no data',
})

export const NamedView = Type.Object({ zh: Type.String(), en: Type.String() })
export type NamedView = Static<typeof NamedView>
