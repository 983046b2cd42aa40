/** How barcode readers say what they read: as a keyboard, in HID POS mode, on a serial line; both ways. What it means is `#protocols/codes`. */

import type { Codec } from '#protocols/codec'
import { hidBarcode } from './hid-barcode.ts'
import { hidKeyboard } from './keyboard-codec.ts'
import { serialBarcode } from './serial-barcode.ts'

export * from './hid-barcode.ts'
export * from './hid-barcode-report.ts'
export * from './keyboard-codec.ts'
export { KEYBOARD_SUFFIXES, type KeyboardSuffix } from './keyboard-key.ts'
export * from './keyboard-layout.ts'
export * from './keyboard-reader.ts'
export { type KeyPress, KeyPresses, pressReport, REPORT_BYTES, releaseReport } from './keyboard-report.ts'
export { SCAN_BYTES_MAX, SCAN_SUFFIXES, type Scan, type ScanData, type ScanSuffix } from './scan-text.ts'
export * from './serial-barcode.ts'

/** All codecs of this door. */
export const codecs: readonly Codec[] = [hidKeyboard, hidBarcode, serialBarcode]
