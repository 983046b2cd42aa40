/** Cards: commands and answers of chip cards, and how readers on a serial line or as a keyboard say an identifier; both ways. */

import type { Codec } from '#protocols/codec'
import { iso7816Apdu, pcSc } from './card-codecs.ts'
import { keyboardCard, serialCard } from './uid-codecs.ts'

export * from './apdu.ts'
export * from './card-codecs.ts'
export * from './card-response.ts'
export * from './keyboard-card.ts'
export * from './serial-card.ts'
export * from './status-word.ts'
export * from './uid.ts'
export * from './uid-codecs.ts'

/** All codecs of this door. */
export const codecs: readonly Codec[] = [iso7816Apdu, pcSc, serialCard, keyboardCard]
