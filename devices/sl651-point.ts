import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Sl651Point } from './sl651-profile.ts'

/** An element as a decoded frame says it in JSON. */
const Element = Type.Object({
  id: Type.String(),
  value: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
  values: Type.Optional(Type.Array(Type.Union([Type.Number(), Type.Null()]))),
  hex: Type.Optional(Type.String()),
})
type Element = Static<typeof Element>
const Body = Type.Object({ elements: Type.Array(Element) })

/** The elements of a decoded frame, as JSON holds it; none of one that has none. */
export function elementsOf(decoded: unknown): readonly Element[] {
  return Value.Check(Body, decoded) ? decoded.elements : []
}

/**
 * What a frame says of a point, in its unit: of several elements of its identifier the last, of a series its last value.
 * @returns undefined where the frame says nothing of it
 */
export function readElement({ element, bit }: Sl651Point, elements: readonly Element[]): number | boolean | null | undefined {
  const found = elements.findLast(({ id }) => id === element)
  if (found === undefined) return undefined
  if (bit !== undefined) return found.hex === undefined ? undefined : (Number.parseInt(found.hex, 16) >>> bit) % 2 === 1
  return found.values === undefined ? found.value : found.values.at(-1)
}
