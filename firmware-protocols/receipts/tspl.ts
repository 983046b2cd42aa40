import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, type Splitter } from '#protocols/frames'
import { decodeGb18030, encodeGb18030, printable } from './printable.ts'
import { BITMAP_BYTES_MAX, formOf, type TsplCommand } from './tspl-command.ts'

/** Longest line; a picture is not counted in it. */
export const TSPL_LINE_BYTES_MAX = 4096
/** Longest command: a picture, what stands before it, and its line end. */
export const TSPL_COMMAND_BYTES_MAX = BITMAP_BYTES_MAX + 64
/** Most bytes of one label. */
export const LABEL_BYTES_MAX = 1024 * 1024

const LF = 0x0a
const CR = 0x0d
/** Digits and commas before a picture. */
const BITMAP_HEAD = /^BITMAP +(-?\d{1,5}) *, *(-?\d{1,5}) *, *(\d{1,5}) *, *(\d{1,5}) *, *(\d) *,/i
const BITMAP_HEAD_BYTES_MAX = 60
/** Parameters in quotes. */
const QUOTED = ['font', 'text']
const ARGUMENT = /^(?: *"((?:\\\["\]|[^"])*)" *|([^",]*))(,|$)/
/** A quote within quotes, as TSPL writes it. */
const QUOTE = '\\["]'

/** Codec of labels in TSPL, with Chinese text in GBK. */
export const tspl: Codec = {
  name: 'tspl',
  title: 'TSPL labels of TSC printers and their many clones, Chinese text in GBK',
  evidence: {
    sources: ['KevinGong2013/Printer 5.1.1', 'TSC TSPL/TSPL2 programming manual (not at hand)'],
    confirmed:
      'SIZE, GAP, CLS, TEXT, BARCODE, QRCODE and PRINT, the line ends and 8 dots to the mm are as in published code that prints on real printers.',
    derived:
      'The other seven commands, a quote within text as \\["], and that a bit of 0 is black in BITMAP, are from knowledge of the manual, which was not at hand; no printed label is on record.',
    missing:
      'No recorded label was at hand. The other commands of TSPL, alignment in TEXT, model and mask in QRCODE, variables and BASIC are unsupported, as is text in a code page other than GBK.',
  },
  decode: (bytes) => {
    const { commands, fields } = readLabel(bytes)
    return { value: { commands }, fields }
  },
  encode: encoder(Type.Object({ commands: Type.Array(Type.Object({ name: Type.String() }), { minItems: 1 }) }), ({ commands }) =>
    encodeTspl(commands.map((command, index) => checked(command, `/commands/${index}`, new Uint8Array()))),
  ),
}

/** @throws ProtocolError `truncated` without a last line end, `unsupported` for a command that is not known, `malformed` */
export function decodeTspl(bytes: Uint8Array): readonly TsplCommand[] {
  return readLabel(bytes).commands
}

/** The inverse of `decodeTspl`, in the manual's spelling, each command ended by CR LF. @throws RangeError for text that is not in GBK */
export function encodeTspl(commands: readonly TsplCommand[]): Uint8Array {
  return new Uint8Array(Buffer.concat(commands.map(writeCommand)))
}

/**
 * A label printer's ear: gives the bytes of each command, a line or a picture with what stands before it, for `decodeTspl`. A line that is too
 * long is dropped whole.
 */
export function tsplSplitter(): Splitter<Uint8Array> {
  let isTooLong = false
  return new FrameSplitter(
    (bytes, from) => {
      const picture = isTooLong ? undefined : pictureLength(bytes, from)
      const length = picture ?? lineLength(bytes, from)
      const left = length === INCOMPLETE ? bytes.length - from : length
      const isDropped = picture === undefined && (isTooLong || left > TSPL_LINE_BYTES_MAX)
      if (!isDropped) return length
      isTooLong = length === INCOMPLETE
      return -left
    },
    // A copy: `slice` of a Buffer would be a view.
    (bytes, from, length) => new Uint8Array(bytes.subarray(from, from + length)),
  )
}

function lineLength(bytes: Uint8Array, from: number): number {
  const found = bytes.indexOf(LF, from)
  return found < 0 ? INCOMPLETE : found + 1 - from
}

/** The bytes of BITMAP, its picture and the line end; undefined where there is none. */
function pictureLength(bytes: Uint8Array, from: number): number | undefined {
  const head = BITMAP_HEAD.exec(latin(bytes.subarray(from, from + BITMAP_HEAD_BYTES_MAX)))
  if (head === null) return undefined
  const [whole, , , widthBytes, height] = head
  const size = Number(widthBytes) * Number(height)
  if (size > BITMAP_BYTES_MAX) return undefined
  return whole.length + size + (bytes[from + whole.length + size] === CR ? 2 : 1)
}

function readLabel(bytes: Uint8Array): { readonly commands: readonly TsplCommand[]; readonly fields: readonly Field[] } {
  if (bytes.length > LABEL_BYTES_MAX)
    throw new ProtocolError('malformed', `expected at most ${LABEL_BYTES_MAX} bytes, got ${bytes.length}`, bytes)
  if (bytes.length === 0) throw new ProtocolError('truncated', 'expected a command, got no byte', bytes)
  const commands: TsplCommand[] = []
  const fields: Field[] = []
  for (let from = 0; from < bytes.length; ) {
    const picture = pictureLength(bytes, from)
    const length = picture ?? lineLength(bytes, from)
    if (length === INCOMPLETE || from + length > bytes.length)
      throw new ProtocolError('truncated', `expected the end of the command at byte ${from}`, bytes)
    if (picture === undefined && length > TSPL_LINE_BYTES_MAX)
      throw new ProtocolError('malformed', `expected a line of at most ${TSPL_LINE_BYTES_MAX} bytes at byte ${from}`, bytes)
    const command = readCommand(bytes, from, length, picture !== undefined)
    if (command) {
      const { name, ...said } = command
      commands.push(command)
      fields.push({ from, to: from + length, name, value: Object.values(said).join(' ') })
    }
    from += length
  }
  return { commands, fields }
}

/** The command in one line; undefined for a blank one. */
function readCommand(bytes: Uint8Array, from: number, length: number, isPicture: boolean): TsplCommand | undefined {
  const line = bytes.subarray(from, from + length)
  const head = isPicture ? (BITMAP_HEAD.exec(latin(line.subarray(0, BITMAP_HEAD_BYTES_MAX)))?.[0] ?? '') : undefined
  const text = head?.slice(0, -1) ?? decodeGb18030(line)
  const [, word = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(text.trim()) ?? []
  if (word === '') return undefined
  const name = word.toUpperCase()
  const form = formOf(name)
  if (form === undefined) throw new ProtocolError('unsupported', `expected a known command at byte ${from}, got ${word}`, bytes)
  const keys = Object.keys(form.properties).filter((key) => !['name', 'unit', 'data'].includes(key))
  const given = argumentsOf(rest)
  if (given === undefined || given.length > keys.length)
    throw new ProtocolError('malformed', `expected ${name} ${keys.join(',')} at byte ${from}, got ${rest.slice(0, 60)}`, bytes)
  const isSize = 'unit' in form.properties
  const values = given.map((argument, index): [string, unknown] => [
    keys[index] ?? '',
    isSize ? sizeOf(argument).value : argument,
  ])
  const command = {
    name,
    ...Object.fromEntries(values),
    ...(isSize && { unit: sizeOf(given[0] ?? '').unit }),
    ...(head !== undefined && {
      data: Buffer.from(bytes.subarray(from + head.length, from + length - lineEnd(line))).toString('hex'),
    }),
  }
  return checked(command, `the command at byte ${from}`, bytes)
}

function lineEnd(line: Uint8Array): number {
  return line.at(-2) === CR ? 2 : 1
}

/** Quoted text, and what stands between commas; undefined where quotes do not close. */
function argumentsOf(rest: string): (string | number)[] | undefined {
  const given: (string | number)[] = []
  if (rest === '') return given
  for (let at = 0, isLast = false; !isLast; ) {
    const match = ARGUMENT.exec(rest.slice(at))
    if (match === null) return undefined
    const [whole, quoted, bare = '', comma] = match
    given.push(quoted?.replaceAll(QUOTE, '"') ?? Decimal.parse(bare.trim())?.toJSON() ?? bare.trim())
    at += whole.length
    isLast = comma !== ','
  }
  return given
}

/** A length, as `40 mm`, `40mm`, `320 dot`, or in inches without a unit. */
function sizeOf(argument: string | number): { readonly value: unknown; readonly unit: string } {
  const [, number = '', unit = 'inch'] = /^([\d.]+) *(mm|dot)?$/i.exec(String(argument)) ?? []
  return { value: Decimal.parse(number)?.toJSON(), unit: unit.toLowerCase() }
}

function writeCommand(command: TsplCommand): Uint8Array {
  const { name, ...parameters } = command
  const unit = 'unit' in command && command.unit !== 'inch' ? ` ${command.unit}` : ''
  const said = Object.entries(parameters)
    .filter(([key]) => !['unit', 'data'].includes(key))
    .map(([key, value]) =>
      QUOTED.includes(key) || (name === 'BARCODE' && key === 'type') ? quoted(String(value)) : `${value}${unit}`,
    )
  const line = [name, said.join(',')].join(said.length > 0 ? ' ' : '')
  if (!('data' in command)) return new Uint8Array([...encodeGb18030(line), CR, LF])
  const data = Buffer.from(command.data, 'hex')
  if (data.length !== command.widthBytes * command.height)
    throw new RangeError(`expected ${command.widthBytes} × ${command.height} bytes, got ${data.length}`)
  return new Uint8Array([...encodeGb18030(`${line},`), ...data, CR, LF])
}

function quoted(text: string): string {
  if (printable(text).text !== text) throw new RangeError(`expected text in GBK, got ${text}`)
  return `"${text.replaceAll('"', QUOTE)}"`
}

function checked(value: { readonly name: string }, where: string, bytes: Uint8Array): TsplCommand {
  const form = formOf(value.name)
  if (form === undefined) throw new ProtocolError('malformed', `expected a known command at ${where}, got ${value.name}`, bytes)
  if (Value.Check(form, value)) return value
  const [first] = Value.Errors(form, value)
  throw new ProtocolError('malformed', `expected ${where}${first?.instancePath}: ${first?.message}`, bytes)
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
