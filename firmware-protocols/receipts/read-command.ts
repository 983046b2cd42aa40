import { INCOMPLETE, NO_FRAME } from '#protocols/frames'
import { COMMAND_BYTES_MAX, type Command, SYMBOL_LEVELS, TEXT_BYTES_MAX } from './command.ts'
import { BARE, type Codes, namesOf, OF_BYTE, OF_BYTES, OF_DOTS, OF_SIGNED_DOTS, OPAQUE, startsWith } from './command-tables.ts'
import { characterBytes, decodeText, encodeText, type TextMode } from './text-mode.ts'

const ESC = 0x1b
const FS = 0x1c
const GS = 0x1d
/** Below it a byte is a command, from it on text. */
const SPACE = 0x20
/** Columns that ESC D sets. */
const TABS_MAX = 32
/** Height of a downloaded character, in bytes. */
const CHARACTER_BYTES_MAX = 3
/** Digits of a bar code that ends in NUL. */
const BARCODE_BYTES_MAX = 255

/** How one sort of command is read. */
interface Kind {
  readonly code: readonly number[]
  /** The bytes of the command at the start of `rest`, its code included, or what a `Measure` says else. */
  readonly measure: (rest: Uint8Array) => number
  /** Of the whole command. */
  readonly read: (bytes: Uint8Array) => Command
}

/** How long the command at `from` is; or `INCOMPLETE`, or `NO_FRAME` for one that is not known. */
export function measureCommand(bytes: Uint8Array, from: number, mode: TextMode): number {
  if ((bytes[from] ?? 0) >= SPACE) return measureText(bytes, from, mode)
  const kind = kindAt(bytes, from)
  if (typeof kind === 'number') return kind
  const length = kind.measure(bytes.subarray(from))
  return length > COMMAND_BYTES_MAX ? NO_FRAME : length
}

/** Reads one command that `measureCommand` found; its bytes alone. */
export function readCommand(bytes: Uint8Array, mode: TextMode): Command {
  const kind = kindAt(bytes, 0)
  return typeof kind === 'number' ? readText(bytes, mode) : kind.read(bytes)
}

function kindAt(bytes: Uint8Array, from: number): Kind | number {
  let found: Kind | number = NO_FRAME
  for (const kind of KINDS) {
    const isIt = startsWith(bytes, from, kind.code)
    if (isIt) return kind
    if (isIt === undefined) found = INCOMPLETE
  }
  return found
}

function measureText(bytes: Uint8Array, from: number, mode: TextMode): number {
  let at = from
  while (at < bytes.length && (bytes[at] ?? 0) >= SPACE) {
    const length = characterBytes(bytes, at, mode)
    if (length === undefined) return INCOMPLETE
    if (at + length - from > TEXT_BYTES_MAX) return at - from
    at += length
  }
  return at === bytes.length ? INCOMPLETE : at - from
}

function readText(bytes: Uint8Array, mode: TextMode): Command {
  const text = decodeText(bytes, mode)
  const isSame = Buffer.compare(encodeText(text, mode), bytes) === 0
  return { name: 'text', text, ...(!isSame && { hex: hexOf(bytes) }) }
}

const ALIGNMENTS = ['left', 'center', 'right']

/** What `n` says in words; ESC/POS takes the digits 0, 1, 2 for the numbers in some commands, and only the lowest bit in others. */
function wordsOf(name: string, n: number): { on?: boolean; align?: string; width?: number; height?: number } {
  switch (name) {
    case 'bold':
    case 'double-strike':
    case 'invert':
      return { on: (n & 1) === 1 }
    case 'underline':
    case 'kanji-underline':
      return { on: (n & 3) !== 0 }
    case 'align':
      return { align: ALIGNMENTS[n & 3] ?? 'unknown' }
    case 'size':
      return { width: ((n >> 4) & 7) + 1, height: (n & 7) + 1 }
    default:
      return {}
  }
}

const SYMBOLOGIES: Readonly<Record<number, string>> = {
  0: 'upc-a',
  1: 'upc-e',
  2: 'ean-13',
  3: 'ean-8',
  4: 'code-39',
  5: 'itf',
  6: 'codabar',
  65: 'upc-a',
  66: 'upc-e',
  67: 'ean-13',
  68: 'ean-8',
  69: 'code-39',
  70: 'itf',
  71: 'codabar',
  72: 'code-93',
  73: 'code-128',
  74: 'gs1-128',
  75: 'gs1-databar',
  76: 'gs1-databar-truncated',
  77: 'gs1-databar-limited',
  78: 'gs1-databar-expanded',
  79: 'code-128-auto',
}

const KINDS: readonly Kind[] = [
  ...rows(BARE).map(([name, code]) => fixed(code, 0, () => ({ name }))),
  ...rows(OF_BYTE).map(([name, code]) => fixed(code, 1, ([n = 0]) => ({ name, n, ...wordsOf(name, n) }))),
  ...rows(OF_BYTES).map(([name, code]) => fixed(code, 2, ([n = 0, m = 0]) => ({ name, n, m }))),
  ...rows(OF_DOTS).map(([name, code]) => fixed(code, 2, (parameters) => ({ name, dots: word(parameters, 0) }))),
  ...rows(OF_SIGNED_DOTS).map(([name, code]) =>
    fixed(code, 2, (parameters) => ({ name, dots: (word(parameters, 0) << 16) >> 16 })),
  ),
  ...OPAQUE.map(({ code, bytes }) => opaque(code, () => code.length + bytes)),
  {
    code: [0x10, 0x04],
    measure: ([, , n]) => byNumber(n, { 1: 3, 2: 3, 3: 3, 4: 3, 7: 4, 8: 4, 18: 4 }),
    read: ([, , n = 0, a]) => ({ name: 'status-request', n, ...(a !== undefined && { a }) }),
  },
  {
    code: [0x10, 0x14],
    measure: ([, , number]) => byNumber(number, { 1: 5, 2: 5, 3: 8, 7: 4, 8: 10 }),
    read: (bytes) => ({ name: 'real-time', function: bytes[2] ?? 0, parameters: [...bytes.subarray(3)] }),
  },
  fixed([ESC, 0x70], 3, ([m = 0, on = 0, off = 0]) => ({ name: 'drawer', m, on_ms: on * 2, off_ms: off * 2 })),
  {
    code: [GS, 0x56],
    measure: ([, , m]) => byNumber(m, { 0: 3, 1: 3, 48: 3, 49: 3, 65: 4, 66: 4, 97: 4, 98: 4, 103: 4, 104: 4 }),
    read: ([, , m = 0, n]) => ({
      name: 'cut',
      m,
      ...(n !== undefined && { n }),
      cut: [0, 48, 65, 97, 103].includes(m) ? 'full' : 'partial',
    }),
  },
  {
    code: [ESC, 0x44],
    measure: (rest) => untilNul(rest, 2, TABS_MAX),
    read: (bytes) => ({ name: 'tabs', columns: [...bytes.subarray(2, -1)] }),
  },
  {
    code: [ESC, 0x2a],
    measure: (rest) => {
      const columnBytes = byNumber(rest[2], { 0: 1, 1: 1, 32: 3, 33: 3 })
      if (columnBytes <= 0) return columnBytes
      return rest.length < 5 ? INCOMPLETE : 5 + columnBytes * word(rest, 3)
    },
    read: (bytes) => ({ name: 'bit-image', m: bytes[2] ?? 0, width: word(bytes, 3), data: hexOf(bytes.subarray(5)) }),
  },
  {
    code: [GS, 0x76, 0x30],
    measure: (rest) => (rest.length < 8 ? INCOMPLETE : 8 + word(rest, 4) * word(rest, 6)),
    read: (bytes) => ({
      name: 'raster',
      m: bytes[3] ?? 0,
      widthBytes: word(bytes, 4),
      rows: word(bytes, 6),
      data: hexOf(bytes.subarray(8)),
    }),
  },
  {
    code: [GS, 0x6b],
    measure: (rest) => {
      const [, , type, length] = rest
      if (type === undefined) return INCOMPLETE
      if (SYMBOLOGIES[type] === undefined) return NO_FRAME
      if (type < 65) return untilNul(rest, 3, BARCODE_BYTES_MAX)
      return length === undefined ? INCOMPLETE : 4 + length
    },
    read: (bytes) => {
      const type = bytes[2] ?? 0
      const data = type < 65 ? bytes.subarray(3, -1) : bytes.subarray(4)
      return {
        name: 'barcode',
        type,
        data: Buffer.from(data).toString('latin1'),
        len: data.length,
        symbology: SYMBOLOGIES[type] ?? '',
      }
    },
  },
  extended('ESC', ESC),
  extended('FS', FS),
  extended('GS', GS),
  // A graphics command of up to 4 GB, a downloaded image, and downloaded characters: bytes that are carried.
  opaque([GS, 0x38, 0x4c], (rest) => (rest.length < 7 ? INCOMPLETE : 7 + word(rest, 3) + word(rest, 5) * 0x10000)),
  opaque([GS, 0x2a], ([, , x, y]) => (x === undefined || y === undefined ? INCOMPLETE : 4 + x * y * 8)),
  opaque([ESC, 0x26], (rest) => {
    const [, , y, first, last] = rest
    if (y === undefined || first === undefined || last === undefined) return INCOMPLETE
    if (y > CHARACTER_BYTES_MAX) return NO_FRAME
    let length = 5
    for (let character = first; character <= last; character++) {
      const x = rest[length]
      if (x === undefined) return INCOMPLETE
      length += 1 + x * y
    }
    return length
  }),
]

function extended(family: 'ESC' | 'FS' | 'GS', lead: number): Kind {
  return {
    code: [lead, 0x28],
    measure: ([, , letter, low, high]) => {
      if (letter === undefined) return INCOMPLETE
      if (letter <= SPACE || letter > 0x7e) return NO_FRAME
      return low === undefined || high === undefined ? INCOMPLETE : 5 + low + high * 0x100
    },
    read: (bytes) => {
      const letter = String.fromCharCode(bytes[2] ?? 0)
      const data = bytes.subarray(5)
      const qr = family === 'GS' && letter === 'k' ? readQr(data) : undefined
      return qr ?? { name: 'extended', family, letter, data: hexOf(data) }
    },
  }
}

/** A function of QR (`cn` 49) in the one spelling that is written here; undefined for all others. */
function readQr(data: Uint8Array): Command | undefined {
  const [cn, fn, n = -1, zero] = data
  if (cn !== 49) return undefined
  if (fn === 65 && data.length === 4 && (n === 49 || n === 50) && zero === 0) return { name: 'qr-model', model: n === 49 ? 1 : 2 }
  if (fn === 80 && n === 48) return { name: 'qr-data', ...utf8Of(data.subarray(3)) }
  if (data.length !== 3) return undefined
  const level = SYMBOL_LEVELS[n - 48]
  if (fn === 67) return { name: 'qr-size', size: n }
  if (fn === 69 && level) return { name: 'qr-level', ec: level }
  return fn === 81 && n === 48 ? { name: 'qr-print' } : undefined
}

function utf8Of(bytes: Uint8Array): { data: string } | { hex: string } {
  const data = Buffer.from(bytes).toString('utf8')
  return Buffer.compare(Buffer.from(data), bytes) === 0 ? { data } : { hex: hexOf(bytes) }
}

function fixed(code: readonly number[], parameters: number, read: (parameters: Uint8Array) => Command): Kind {
  return { code, measure: () => code.length + parameters, read: (bytes) => read(bytes.subarray(code.length)) }
}

function opaque(code: readonly number[], measure: Kind['measure']): Kind {
  return { code, measure, read: (bytes) => ({ name: 'opaque', hex: hexOf(bytes) }) }
}

function rows<T extends Codes>(table: T): [name: keyof T & string, code: readonly number[]][] {
  return namesOf(table).map((name) => [name, table[name] ?? []])
}

/** What a number leads to; `INCOMPLETE` while it is not there, `NO_FRAME` where it leads to nothing. */
function byNumber(number: number | undefined, values: Readonly<Record<number, number>>): number {
  return number === undefined ? INCOMPLETE : (values[number] ?? NO_FRAME)
}

/** The length of a command whose parameters, at most so many bytes, end in NUL. */
function untilNul(rest: Uint8Array, from: number, bytesMax: number): number {
  const end = rest.subarray(from, from + bytesMax + 1).indexOf(0)
  if (end >= 0) return from + end + 1
  return rest.length - from > bytesMax ? NO_FRAME : INCOMPLETE
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
