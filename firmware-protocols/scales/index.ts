/** Scales: what their bytes mean, both ways, for trade scales, indicators, label scales and USB scales. */
import type { Codec } from '#protocols/codec'
import { adam } from './adam.ts'
import { and } from './and.ts'
import { cas22 } from './cas-22.ts'
import { casPos } from './cas-pos.ts'
import { dahuaTm, dahuaTmRows } from './dahua-tm.ts'
import { delmac } from './delmac.ts'
import { elicom } from './elicom.ts'
import { hidScale } from './hid-scale.ts'
import { mtSics } from './mt-sics.ts'
import { nciEcr } from './nci-ecr.ts'
import type { ScaleProtocol } from './protocol.ts'
import { stGs } from './st-gs.ts'
import { toledo8217 } from './toledo-8217.ts'
import { toledoContinuous } from './toledo-continuous.ts'
import { xk3190 } from './xk3190.ts'
import { xk3190Text } from './xk3190-text.ts'

export * from './adam.ts'
export * from './and.ts'
export * from './cas-22.ts'
export * from './cas-pos.ts'
export type { CommandSet, Saying, Verb } from './commands.ts'
export * from './dahua-tm.ts'
export type { DahuaCharset, DahuaNames } from './dahua-tm-names.ts'
export { DAHUA_MODES, type DahuaPlu } from './dahua-tm-plu.ts'
export * from './delmac.ts'
export * from './elicom.ts'
export * from './grams.ts'
export * from './hid-scale.ts'
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
export * from './nci-ecr.ts'
export type { ScaleProtocol } from './protocol.ts'
export * from './st-gs.ts'
export * from './toledo-8217.ts'
export * from './toledo-continuous.ts'
export * from './unit.ts'
export * from './xk3190.ts'
export * from './xk3190-text.ts'

/** Every way of speaking, by the name of its codec; a label scale's is no weighing and has its codec alone. */
export const scaleProtocols: readonly ScaleProtocol[] = [
  mtSics,
  toledo8217,
  toledoContinuous,
  nciEcr,
  cas22,
  casPos,
  stGs,
  and,
  xk3190,
  xk3190Text,
  elicom,
  hidScale,
  adam,
  delmac,
]

export const codecs: readonly Codec[] = [...scaleProtocols, dahuaTm, dahuaTmRows].map(({ codec }) => codec)
