import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ProtocolError } from '#protocols/error'

/** Which half of an exchange bytes are, where they do not tell by themselves. */
export const SIDES = ['request', 'response'] as const
export type Side = (typeof SIDES)[number]

/** A stretch of a frame and what it says, for a person who reads bytes. */
export interface Field {
  /** Index of its first byte. */
  readonly from: number
  /** Index after its last byte. */
  readonly to: number
  readonly name: string
  readonly value: string
}

/** One frame, understood. */
export interface Decoded {
  /** What it says, as JSON can hold it; a `Decimal` in it is a number there. */
  readonly value: object
  /** In the order of the bytes, without overlaps; bytes that no field names are shown bare. */
  readonly fields: readonly Field[]
}

/** How far a codec can be trusted, in whole sentences; printed by `decode --list` and in the protocols' page. */
export interface Evidence {
  /** Standards, manuals, public code. */
  readonly sources: readonly string[]
  /** What real frames or a standard's own text prove. */
  readonly confirmed: string
  /** What was concluded, and from what. */
  readonly derived?: string
  /** What the protocol has and this codec has not, or what could not be proven. */
  readonly missing?: string
}

/** A protocol as the front door sees it: one name, bytes to JSON and back. Drivers use the typed functions beside it instead. */
export interface Codec {
  /** As it is called on the command line. */
  readonly name: string
  /** One line: what speaks it. */
  readonly title: string
  readonly evidence: Evidence
  /** @param side for protocols whose bytes do not tell it; `response` if it is not given. @throws ProtocolError */
  decode(bytes: Uint8Array, side?: Side): Decoded
  /** The inverse: takes what `decode` gives, and what it adds to that for a reader may be left out. @throws ProtocolError `malformed`, `unsupported` */
  encode?(value: unknown, side?: Side): Uint8Array
}

/**
 * Guards an encoder with the schema of what it takes, so that a wrong value is told by its place in the JSON.
 * @throws ProtocolError `malformed` (of the function returned)
 */
export function encoder<T extends TSchema>(
  schema: T,
  encode: (value: Static<T>, side: Side) => Uint8Array,
): (value: unknown, side?: Side) => Uint8Array {
  return (value, side = 'response') => {
    if (!Value.Check(schema, value)) {
      const [first] = Value.Errors(schema, value)
      throw new ProtocolError('malformed', `expected ${first?.instancePath || 'the value'}: ${first?.message}`, new Uint8Array())
    }
    try {
      return encode(value, side)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new ProtocolError('malformed', error.message, new Uint8Array())
    }
  }
}
