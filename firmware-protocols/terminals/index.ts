/** What stands on a counter or hangs above it: number displays, text panels, callers and rating keypads. */

import type { Codec } from '#protocols/codec'
import { digitDisplay } from './digit-display.ts'
import { onbon } from './onbon.ts'
import { terminal } from './terminal.ts'

export * from './digit-display.ts'
export * from './onbon.ts'
export * from './terminal.ts'
export * from './terminal-exchange.ts'
export * from './terminal-frame.ts'
export { TERMINAL_LAYOUTS, type TerminalType } from './terminal-layout.ts'
export * from './terminal-message.ts'

/** All codecs of this door. */
export const codecs: readonly Codec[] = [digitDisplay, onbon, terminal]
