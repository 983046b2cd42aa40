import type { SerialAddress } from './line-address.ts'

/** How fast a line is; 0 and 0 for one that is not serial. */
export interface LineTiming {
  /** Milliseconds that one byte takes. */
  readonly byteMs: number
  /** Milliseconds of silence that part two frames. */
  readonly gapMs: number
}

/** Above this speed the gap is no longer 3.5 characters but fixed: Modbus over serial line V1.02, 2.5.1.1. */
const BAUD_OF_FIXED_GAP = 19_200
const FIXED_GAP_MS = 1.75
const GAP_CHARACTERS = 3.5

/** A character is a start bit, eight data bits, the parity bit if there is one, and the stop bits. */
export function serialTiming({ baud, parity, stopBits }: Pick<SerialAddress, 'baud' | 'parity' | 'stopBits'>): LineTiming {
  const byteMs = ((1 + 8 + (parity === 'none' ? 0 : 1) + stopBits) * 1000) / baud
  return { byteMs, gapMs: baud > BAUD_OF_FIXED_GAP ? FIXED_GAP_MS : GAP_CHARACTERS * byteMs }
}
