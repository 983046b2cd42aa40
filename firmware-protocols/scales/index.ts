/** Scales: what their bytes mean, both ways, for trade scales, indicators, label scales and USB scales. */
import type { Codec } from '#protocols/codec'
import { mtSics } from './mt-sics.ts'
import { toledo8217 } from './toledo-8217.ts'

export type { CommandSet, Saying, Verb } from './commands.ts'
export * from './grams.ts'
export {
  type Answer,
  ASKS,
  type Ask,
  type Command,
  MODES,
  type Mode,
  SCALE_ERRORS,
  type ScaleError,
  type ScaleMessage,
  type Told,
  type Weight,
  weightOf,
} from './message.ts'
export * from './mt-sics.ts'
export type { ScaleProtocol } from './protocol.ts'
export * from './toledo-8217.ts'
export * from './unit.ts'

export const codecs: readonly Codec[] = [mtSics, toledo8217].map(({ codec }) => codec)
