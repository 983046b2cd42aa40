/** SZY 206-2016: the data of stations that watch the taking of water, both ways. */

import type { Codec } from '#protocols/codec'
import { szy206 } from './codec.ts'

export * from './codec.ts'
export * from './crc8.ts'
export * from './frame.ts'
export * from './message.ts'
export { SZY206_KINDS, type SzyValue } from './quantity.ts'

/** All codecs of this door. */
export const codecs: readonly Codec[] = [szy206]
