/** What a key types: plain, with Shift, with AltGr. An empty text types nothing; `DEAD` waits for the next key. */
export type Key = readonly [plain: string, shifted?: string, altGr?: string]

/** Stands for a key that only changes the next one. */
export const DEAD = '\u25cc'

/** What the keys of one keyboard type, by usage of the HID keyboard page (07). */
export interface KeyboardLayout {
  readonly name: string
  readonly keys: Readonly<Record<number, Key>>
}

/** The keys that are alike everywhere: space and the numeric block. */
const COMMON: Readonly<Record<number, Key>> = {
  44: [' ', ' '],
  84: ['/', '/'],
  85: ['*', '*'],
  86: ['-', '-'],
  87: ['+', '+'],
  89: ['1'],
  90: ['2'],
  91: ['3'],
  92: ['4'],
  93: ['5'],
  94: ['6'],
  95: ['7'],
  96: ['8'],
  97: ['9'],
  98: ['0'],
  99: ['.'],
}

/** Letters from usage 04 on. */
function letters(row: string): Record<number, Key> {
  return Object.fromEntries(Array.from(row, (letter, index): [number, Key] => [4 + index, [letter, letter.toUpperCase()]]))
}

/** United States (HID Usage Tables, keyboard page). */
export const US: KeyboardLayout = {
  name: 'us',
  keys: {
    ...COMMON,
    ...letters('abcdefghijklmnopqrstuvwxyz'),
    30: ['1', '!'],
    31: ['2', '@'],
    32: ['3', '#'],
    33: ['4', '$'],
    34: ['5', '%'],
    35: ['6', '^'],
    36: ['7', '&'],
    37: ['8', '*'],
    38: ['9', '('],
    39: ['0', ')'],
    45: ['-', '_'],
    46: ['=', '+'],
    47: ['[', '{'],
    48: [']', '}'],
    49: ['\\', '|'],
    51: [';', ':'],
    52: ["'", '"'],
    53: ['`', '~'],
    54: [',', '<'],
    55: ['.', '>'],
    56: ['/', '?'],
  },
}

/** German, QWERTZ. */
export const GERMAN: KeyboardLayout = {
  name: 'de',
  keys: {
    ...COMMON,
    ...letters('abcdefghijklmnopqrstuvwxzy'),
    8: ['e', 'E', '€'],
    16: ['m', 'M', 'µ'],
    20: ['q', 'Q', '@'],
    30: ['1', '!'],
    31: ['2', '"', '²'],
    32: ['3', '§', '³'],
    33: ['4', '$'],
    34: ['5', '%'],
    35: ['6', '&'],
    36: ['7', '/', '{'],
    37: ['8', '(', '['],
    38: ['9', ')', ']'],
    39: ['0', '=', '}'],
    45: ['ß', '?', '\\'],
    46: [DEAD, DEAD],
    47: ['ü', 'Ü'],
    48: ['+', '*', '~'],
    49: ['#', "'"],
    50: ['#', "'"],
    51: ['ö', 'Ö'],
    52: ['ä', 'Ä'],
    53: [DEAD, '°'],
    54: [',', ';'],
    55: ['.', ':'],
    56: ['-', '_'],
    99: [','],
    100: ['<', '>', '|'],
  },
}

/** French, AZERTY: digits need Shift, so that a reader set to another layout says `&é"'` for 1234. */
export const FRENCH: KeyboardLayout = {
  name: 'fr',
  keys: {
    ...COMMON,
    ...letters('qbcdefghijkl,noparstuvzxyw'),
    8: ['e', 'E', '€'],
    16: [',', '?'],
    30: ['&', '1'],
    31: ['é', '2', DEAD],
    32: ['"', '3', '#'],
    33: ["'", '4', '{'],
    34: ['(', '5', '['],
    35: ['-', '6', '|'],
    36: ['è', '7', DEAD],
    37: ['_', '8', '\\'],
    38: ['ç', '9', '^'],
    39: ['à', '0', '@'],
    45: [')', '°', ']'],
    46: ['=', '+', '}'],
    47: [DEAD, DEAD],
    48: ['$', '£', '¤'],
    49: ['*', 'µ'],
    50: ['*', 'µ'],
    51: ['m', 'M'],
    52: ['ù', '%'],
    53: ['²'],
    54: [';', '.'],
    55: [':', '/'],
    56: ['!', '§'],
    100: ['<', '>'],
  },
}

/** All layouts that are known, by name. */
export const KEYBOARD_LAYOUTS: Readonly<Record<string, KeyboardLayout>> = { us: US, de: GERMAN, fr: FRENCH }
