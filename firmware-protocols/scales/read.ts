import type { Field } from '#protocols/codec'

/** A frame's meaning and its places. */
export interface Read<M> {
  readonly message: M
  readonly fields: readonly Field[]
}
