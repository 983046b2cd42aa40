import { expect, test } from 'vitest'
import type { Codec, Side } from '#protocols/codec'
import vectors from './vectors.json' with { type: 'json' }

/** A real frame, and what it says. Entries with `facts` only are checked by the codec's own tests. */
export interface Vector {
  readonly name: string
  readonly protocol: string
  readonly source: string
  /** The frame, as hex or as text. */
  readonly hex?: string
  readonly ascii?: string
  /** Further arguments of `decode`. */
  readonly args?: readonly string[]
  /** Contained in what `decode` gives. */
  readonly decoded?: object | null
  /** The code it is refused with. */
  readonly error?: string
  readonly facts?: Readonly<Record<string, unknown>>
}

export function vectorsOf(protocol: string): readonly Vector[] {
  return (vectors as readonly Vector[]).filter((vector) => vector.protocol === protocol)
}

export function bytesOf({ hex, ascii = '' }: Vector): Uint8Array {
  return new Uint8Array(hex === undefined ? Buffer.from(ascii) : Buffer.from(hex, 'hex'))
}

/** Registers a test for each vector of the codec that says what it is; fails if it has none at all. Those with `facts` only are its own tests'. */
export function provesVectors(codec: Codec): void {
  const own = vectorsOf(codec.name)
  test(`${codec.name} has vectors`, () => expect(own).not.toHaveLength(0))
  test.each(own.filter(({ decoded, error }) => decoded || error))('$protocol: $name', (vector) => {
    const side: Side | undefined = vector.args?.includes('request') ? 'request' : undefined
    const decode = () => JSON.parse(JSON.stringify(codec.decode(bytesOf(vector), side).value))
    if (vector.error) expect(decode).toThrow(expect.objectContaining({ code: vector.error }))
    else expect(decode()).toMatchObject(vector.decoded ?? {})
  })
}
