/** What a printed code means, apart from how a reader says it: GS1, in-store EAN-13, trace codes, check digits; both ways. */

import type { Codec } from '#protocols/codec'
import { gs1DigitalLink } from './digital-link-codec.ts'
import { gs1 } from './gs1-codec.ts'
import { chinaMeatVegTraceability, traceCode } from './trace-codec.ts'
import { ean13Variable } from './variable-codec.ts'

export { AIM_SYMBOLOGIES, type AimPrefix, aimOf, stripAim, symbologyOf } from './aim.ts'
export * from './application-identifier.ts'
export * from './bracketed.ts'
export * from './digital-link.ts'
export * from './digital-link-codec.ts'
export { type Gs1Element, type Gs1ElementData, readElement } from './element.ts'
export { readElementString, SEPARATOR, writeElementString } from './element-string.ts'
export { decodeGs1, encodeGs1, type Gs1Code, type Gs1CodeData } from './gs1.ts'
export * from './gs1-codec.ts'
export { type Gs1Date, gs1Date } from './gs1-date.ts'
export * from './gtin.ts'
export * from './iso-7064.ts'
export * from './printed-code.ts'
export { CODE_BYTES_MAX, codeText } from './text.ts'
export * from './trace-code.ts'
export * from './trace-codec.ts'
export * from './trace-layout.ts'
export * from './variable-codec.ts'
export * from './variable-ean13.ts'

/** All codecs of this door. */
export const codecs: readonly Codec[] = [gs1, gs1DigitalLink, ean13Variable, traceCode, chinaMeatVegTraceability]
