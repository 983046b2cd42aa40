/** Commands without parameters. The codes are Epson's ESC/POS command reference. */
export const BARE = {
  nul: [0x00],
  bell: [0x07],
  tab: [0x09],
  'line-feed': [0x0a],
  'form-feed': [0x0c],
  'carriage-return': [0x0d],
  cancel: [0x18],
  'print-page': [0x1b, 0x0c],
  'line-spacing-default': [0x1b, 0x32],
  initialize: [0x1b, 0x40],
  'page-mode': [0x1b, 0x4c],
  'standard-mode': [0x1b, 0x53],
  'cut-one-point': [0x1b, 0x69],
  'cut-three-points': [0x1b, 0x6d],
  'kanji-on': [0x1c, 0x26],
  'kanji-off': [0x1c, 0x2e],
  macro: [0x1d, 0x3a],
} as const satisfies Codes

/** Commands of one parameter, `n`, a byte. */
export const OF_BYTE = {
  'real-time-request': [0x10, 0x05],
  'right-spacing': [0x1b, 0x20],
  'print-mode': [0x1b, 0x21],
  'user-characters': [0x1b, 0x25],
  underline: [0x1b, 0x2d],
  'line-spacing': [0x1b, 0x33],
  peripheral: [0x1b, 0x3d],
  'cancel-user-character': [0x1b, 0x3f],
  bold: [0x1b, 0x45],
  'double-strike': [0x1b, 0x47],
  'feed-dots': [0x1b, 0x4a],
  'reverse-feed-dots': [0x1b, 0x4b],
  font: [0x1b, 0x4d],
  'character-set': [0x1b, 0x52],
  'page-direction': [0x1b, 0x54],
  unidirectional: [0x1b, 0x55],
  rotate: [0x1b, 0x56],
  align: [0x1b, 0x61],
  'paper-end-sensors': [0x1b, 0x63, 0x33],
  'paper-stop-sensors': [0x1b, 0x63, 0x34],
  'panel-buttons': [0x1b, 0x63, 0x35],
  'feed-lines': [0x1b, 0x64],
  'reverse-feed-lines': [0x1b, 0x65],
  color: [0x1b, 0x72],
  'code-page': [0x1b, 0x74],
  'upside-down': [0x1b, 0x7b],
  'kanji-print-mode': [0x1c, 0x21],
  'kanji-underline': [0x1c, 0x2d],
  'kanji-quadruple': [0x1c, 0x57],
  size: [0x1d, 0x21],
  'print-downloaded-image': [0x1d, 0x2f],
  invert: [0x1d, 0x42],
  'barcode-text': [0x1d, 0x48],
  'printer-id': [0x1d, 0x49],
  'line-start': [0x1d, 0x54],
  'automatic-status': [0x1d, 0x61],
  smoothing: [0x1d, 0x62],
  'barcode-font': [0x1d, 0x66],
  'barcode-height': [0x1d, 0x68],
  'transmit-status': [0x1d, 0x72],
  'barcode-width': [0x1d, 0x77],
} as const satisfies Codes

/** Commands of two parameters, `n` and `m`, a byte each. */
export const OF_BYTES = {
  'kanji-spacing': [0x1c, 0x53],
  'print-stored-image': [0x1c, 0x70],
  'motion-units': [0x1d, 0x50],
} as const satisfies Codes

/** Commands of one parameter of 16 bits, low byte first: `dots`, in motion units. */
export const OF_DOTS = {
  position: [0x1b, 0x24],
  'vertical-position': [0x1d, 0x24],
  'left-margin': [0x1d, 0x4c],
  'area-width': [0x1d, 0x57],
} as const satisfies Codes

/** Likewise, but `dots` has a sign. */
export const OF_SIGNED_DOTS = {
  move: [0x1b, 0x5c],
  'vertical-move': [0x1d, 0x5c],
} as const satisfies Codes

/** Commands that are carried but not read: their codes, and how many bytes follow. */
export const OPAQUE = [
  { code: [0x1b, 0x57], bytes: 8 },
  { code: [0x1c, 0x32], bytes: 74 },
  { code: [0x1d, 0x5e], bytes: 3 },
] as const

/** What each command is called, and its code. */
export type Codes = Readonly<Record<string, readonly number[]>>

export function namesOf<T extends Codes>(codes: T): (keyof T & string)[] {
  return Object.keys(codes)
}

/** Whether the bytes at `from` are this code; undefined if they end within it. */
export function startsWith(bytes: Uint8Array, from: number, code: readonly number[]): boolean | undefined {
  for (const [index, byte] of code.entries()) {
    if (from + index >= bytes.length) return undefined
    if (bytes[from + index] !== byte) return false
  }
  return true
}
