import { type Command, SYMBOL_LEVELS } from './command.ts'
import { BARE, type Codes, OF_BYTE, OF_BYTES, OF_DOTS, OF_SIGNED_DOTS } from './command-tables.ts'
import { measureCommand } from './read-command.ts'
import { decodeText, encodeText, type TextMode } from './text-mode.ts'

const FAMILIES = { ESC: 0x1b, FS: 0x1c, GS: 0x1d } as const
const CODES: Codes = { ...BARE, ...OF_BYTE, ...OF_BYTES, ...OF_DOTS, ...OF_SIGNED_DOTS }

/**
 * The bytes of one command, in the mode that the commands before it have left.
 * @throws RangeError where these bytes would not be that one command: text with control characters or with characters that the mode has not,
 * an image whose data is not of its size, a number that the command does not know
 */
export function writeCommand(command: Command, mode: TextMode): Uint8Array {
  if (command.name === 'text') return writeText(command.text, command.hex, mode)
  const bytes = bytesOfCommand(command)
  if (measureCommand(bytes, 0, mode) !== bytes.length)
    throw new RangeError(
      `expected one command ${command.name}, got bytes that are none: ${Buffer.from(bytes.subarray(0, 16)).toString('hex')}`,
    )
  return bytes
}

function writeText(text: string, hex: string | undefined, mode: TextMode): Uint8Array {
  const bytes = hex === undefined ? encodeText(text, mode) : bytesOf(hex)
  if (bytes.length === 0) throw new RangeError('expected at least one character')
  if (bytes.some((byte) => byte < 0x20)) throw new RangeError('expected text without control characters')
  if (hex === undefined && decodeText(bytes, mode) !== text)
    throw new RangeError(`expected characters of ${mode.isKanji ? 'GB 18030' : `code page ${mode.page}`}`)
  return bytes
}

function bytesOfCommand(command: Exclude<Command, { name: 'text' }>): Uint8Array {
  switch (command.name) {
    case 'status-request':
      return Uint8Array.of(0x10, 0x04, command.n, ...(command.a === undefined ? [] : [command.a]))
    case 'real-time':
      return Uint8Array.of(0x10, 0x14, command.function, ...command.parameters)
    case 'drawer':
      return Uint8Array.of(0x1b, 0x70, command.m, command.on_ms / 2, command.off_ms / 2)
    case 'cut':
      return Uint8Array.of(0x1d, 0x56, command.m, ...(command.n === undefined ? [] : [command.n]))
    case 'tabs':
      return Uint8Array.of(0x1b, 0x44, ...command.columns, 0)
    case 'bit-image':
      return joined([0x1b, 0x2a, command.m, ...word(command.width)], bytesOf(command.data))
    case 'raster':
      return joined([0x1d, 0x76, 0x30, command.m, ...word(command.widthBytes), ...word(command.rows)], bytesOf(command.data))
    case 'barcode':
      return barcode(command.type, Buffer.from(command.data, 'latin1'))
    case 'qr-model':
      return symbol(65, [command.model + 48, 0])
    case 'qr-size':
      return symbol(67, [command.size])
    case 'qr-level':
      return symbol(69, [48 + SYMBOL_LEVELS.indexOf(command.ec)])
    case 'qr-data':
      return symbol(80, [48, ...(command.hex === undefined ? Buffer.from(command.data ?? '') : bytesOf(command.hex))])
    case 'qr-print':
      return symbol(81, [48])
    case 'extended':
      return extended(FAMILIES[command.family], command.letter, bytesOf(command.data))
    case 'opaque':
      return bytesOf(command.hex)
    default:
      return Uint8Array.of(...(CODES[command.name] ?? []), ...parametersOf(command))
  }
}

function parametersOf(command: object): readonly number[] {
  const { n, m, dots }: { n?: number; m?: number; dots?: number } = command
  if (dots !== undefined) return word(dots)
  return [n, m].filter((byte) => byte !== undefined)
}

function barcode(type: number, data: Uint8Array): Uint8Array {
  return type < 65 ? Uint8Array.of(0x1d, 0x6b, type, ...data, 0) : Uint8Array.of(0x1d, 0x6b, type, data.length, ...data)
}

function symbol(fn: number, parameters: readonly number[]): Uint8Array {
  return extended(0x1d, 'k', Uint8Array.of(49, fn, ...parameters))
}

function extended(lead: number, letter: string, data: Uint8Array): Uint8Array {
  if (data.length > 0xffff) throw new RangeError(`expected at most ${0xffff} bytes, got ${data.length}`)
  return joined([lead, 0x28, letter.charCodeAt(0), ...word(data.length)], data)
}

function joined(head: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + data.length)
  bytes.set(head)
  bytes.set(data, head.length)
  return bytes
}

function word(value: number): readonly [number, number] {
  return [value & 0xff, (value >> 8) & 0xff]
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}
