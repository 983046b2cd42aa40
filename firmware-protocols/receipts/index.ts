/** Receipt printers: print jobs as data, ESC/POS and TSPL both ways, Chinese text as such a printer takes it. */
import type { Codec } from '#protocols/codec'
import { escPos } from './esc-pos-codec.ts'
import { tspl } from './tspl.ts'

export { COMMAND_BYTES_MAX, type Command, type CommandName, TEXT_BYTES_MAX } from './command.ts'
export { decodeEscPos, type EscPosJob, encodeEscPos, escPosSplitter, JOB_BYTES_MAX, textOf } from './esc-pos.ts'
export * from './esc-pos-codec.ts'
export * from './job.ts'
export { type Cell, pad, rowsOf, wrap } from './layout.ts'
export * from './print-job.ts'
export { columnsOf, MISSING_GLYPH, type Printable, printable } from './printable.ts'
export * from './tspl.ts'
export * from './tspl-command.ts'

/** The codecs of this door. */
export const codecs: readonly Codec[] = [escPos, tspl]
