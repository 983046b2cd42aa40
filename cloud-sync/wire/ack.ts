import { decode, encode } from 'cborg'
import { type Static, Type } from 'typebox'
import { Value as Schema } from 'typebox/value'
import { LANES } from './batch/index.ts'
import { SyncError } from './sync-error.ts'

const Range = Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 })])

/**
 * What the cloud answers: these rows are durably in its inbox, these it refuses for good, and so many bytes more are welcome. What a later cloud
 * says besides is passed over.
 */
export const Ack = Type.Object({
  epoch: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  lane: Type.Enum([...LANES]),
  ranges: Type.Array(Range, { maxItems: 1000 }),
  refused: Type.Array(Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 }), Type.String({ maxLength: 200 })]), {
    maxItems: 1000,
    description: 'first, last, why',
  }),
  credit: Type.Integer({ minimum: 0, description: 'bytes; 0: keep what you have' }),
  now: Type.Optional(Type.Integer({ description: "the cloud's site time when it was sent, epoch ms" })),
  renew: Type.Optional(
    Type.String({ maxLength: 200, description: 'why this epoch may give out no more numbers: begin a new one' }),
  ),
})
export type Ack = Static<typeof Ack>

/** An acknowledgement of nothing: send again whatever is not acknowledged, now. */
export function invitation(epoch: string, now: number): Ack {
  return { epoch, lane: 'event', ranges: [], refused: [], credit: INVITATION_CREDIT, now }
}

/** Says that a journal's numbers were given out twice, as after a disk was restored or cloned; frees nothing. */
export function renewal(epoch: string, now: number, why: string): Ack {
  return { ...invitation(epoch, now), credit: 0, renew: why }
}

export function isInvitation({ ranges, refused, renew }: Ack): boolean {
  return ranges.length + refused.length === 0 && renew === undefined
}

/** Enough for the first batches; the next acknowledgement says more. */
const INVITATION_CREDIT = 1024 * 1024

export function encodeAck(ack: Ack): Uint8Array {
  return encode(ack)
}

/** @throws SyncError `malformed` */
export function decodeAck(bytes: Uint8Array): Ack {
  let content: unknown
  try {
    content = decode(bytes)
  } catch (cause) {
    throw new SyncError('malformed', 'expected an acknowledgement in CBOR', { cause })
  }
  if (!Schema.Check(Ack, content)) throw new SyncError('malformed', 'expected an acknowledgement')
  return content
}
