/** Receipt printers: print jobs as data, ESC/POS both ways, Chinese text as such a printer takes it. */
import type { Codec } from '#protocols/codec'
import { escPos } from './esc-pos.ts'

export { COMMAND_BYTES_MAX, type Command, type CommandName, TEXT_BYTES_MAX } from './command.ts'
export * from './esc-pos.ts'
export { columnsOf, MISSING_GLYPH, type Printable, printable } from './printable.ts'

/** The codecs of this door. */
export const codecs: readonly Codec[] = [escPos]
