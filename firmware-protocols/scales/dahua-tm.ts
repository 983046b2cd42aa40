import { type Static, Type } from 'typebox'
import { type Codec, encoder } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, lineSplitter, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type DahuaCharset, type DahuaNames, decodeName, encodeName, isTerminated } from './dahua-tm-names.ts'
import { DahuaPluSchema, digits, PLU_PATTERN, pluDigits, pluOf } from './dahua-tm-plu.ts'
import { AnswerSchema, hexOf } from './message.ts'
import type { Read } from './read.ts'
import { LF, readText } from './text.ts'

/** Longest line, three names of 132 digits in it. */
export const DAHUA_LINE_BYTES_MAX = 512
/** Keys on one page of them. */
export const DAHUA_KEYS = 35
/** What the maker's own program does: one line, then its answer within so long, and so many times again. */
export const DAHUA_ANSWER_TIMEOUT_MS = 2500
export const DAHUA_RETRIES = 4

/** Either a commodity written (`toScale`), or one that the scale answers with. */
const PluMessageSchema = Type.Object({
  kind: Type.Literal('plu'),
  toScale: Type.Boolean(),
  ...DahuaPluSchema.properties,
  name: Type.String({ maxLength: 44 }),
  note1: Type.String({ maxLength: 44 }),
  note2: Type.String({ maxLength: 44 }),
  /** Names end in the byte 0, as the maker's program writes them and its examples do not; in triplets only. */
  isTerminated: Type.Optional(Type.Boolean()),
})
/** The commodities that a page of keys calls. */
const KeysSchema = Type.Object({
  kind: Type.Literal('keys'),
  page: Type.Integer({ minimum: 0, maximum: 99 }),
  plus: Type.Array(Type.Integer({ minimum: 0, maximum: 9999 }), { minItems: DAHUA_KEYS, maxItems: DAHUA_KEYS }),
  /** Whether a `B` ends them, as some programs have it. */
  isMarked: Type.Optional(Type.Boolean()),
})
/** Any other command: a letter, and digits. */
const DahuaCommandSchema = Type.Object({
  kind: Type.Literal('command'),
  command: Type.String({ pattern: '^[A-Z]$' }),
  parameters: Type.Optional(Type.String({ pattern: '^\\d{1,200}$' })),
})
const DahuaAnswerSchema = Type.Object({
  ...AnswerSchema.properties,
  command: Type.String({ pattern: '^[a-z]$' }),
  /** No more records follow. */
  isEnd: Type.Optional(Type.Boolean()),
})
const DahuaSchema = Type.Union([PluMessageSchema, KeysSchema, DahuaCommandSchema, DahuaAnswerSchema])

/** A line to a Dahua label scale, or its answer, without the hex of its frame. */
export type DahuaSaying = Static<typeof DahuaSchema>
export type DahuaMessage = Readonly<DahuaSaying & { readonly raw: string }>

export interface DahuaTm {
  readonly codec: Codec
  /** Reads a line to the scale or an answer of it: the first character tells which. @throws ProtocolError */
  decode(frame: Uint8Array): DahuaMessage
  /** @throws RangeError for a name that the scale cannot write. */
  encode(saying: DahuaSaying): Uint8Array
  /** Cuts the scale's answers. */
  splitter(): Splitter<Uint8Array>
  /** Cuts the lines to the scale. */
  commandSplitter(): Splitter<Uint8Array>
}

const ANSWER_END = '(?:\\r\\n␃|\\r\\r\\n)$'
const NAMES = 'B(?<name>\\d*)C(?<note1>\\d*)D(?<note2>\\d*)E'
const PLU_WRITE = new RegExp(`^!0V${PLU_PATTERN}${NAMES}\\r\\n$`, 'd')
const PLU_ANSWER = new RegExp(`^0u${PLU_PATTERN}${NAMES}${ANSWER_END}`, 'd')
const KEYS = /^!0L(?<page>\d\d)A(?<plus>\d{140})(?<mark>B?)\r\n$/d
const COMMAND = /^!0(?<command>[A-Z])(?<parameters>\d*)A\r\n$/d
const ANSWER = new RegExp(`^0(?<command>[a-z])(?<text>[^\\r␃]*)${ANSWER_END}`, 'd')

/** Where an answer to reading says that there are no more records. */
const END_OF_RECORDS = /^[ej].{4}ac/

/** A way of speaking with Dahua label scales of the TM series, by how names are written. */
export function dahuaTmWith(names: DahuaNames, charset: DahuaCharset = 'gb18030'): DahuaTm {
  const encode = (saying: DahuaSaying): Uint8Array => latin1(lineOf(saying, names, charset))
  const read = (frame: Uint8Array): Read<DahuaMessage> => readFrame(frame, names, charset)
  return {
    codec: {
      name: names === 'rows' ? 'dahua-tm-rows' : 'dahua-tm-label-scale',
      title: `Dahua TM label scales (TCP 4001 or 9600 8N1), names in ${names === 'rows' ? 'rows and cells of GB 2312' : 'decimal bytes'}`,
      evidence: {
        sources: [
          'lines in the maker’s mscale.exe, and its tables, as public programs cite them',
          'a public capture of a TM-30F being read',
          'two public Chinese programs for the TM series',
        ],
        confirmed:
          'The PLU line of 73 digits in three lines of the maker’s program; names both ways; reading a PLU by a capture.',
        derived: 'Hours and discounts from a Chinese program, whose order one of the maker’s lines bears out. Rows are GB 2312.',
        missing:
          'Records of sales. Sources disagree on H: one says that it reads sales, two that it clears them, so treat it as if it destroyed them. ' +
          'Texts, labels and system parameters go as plain commands if at all.',
      },
      decode(frame) {
        const { message, fields } = read(frame)
        return { value: message, fields }
      },
      encode: encoder(DahuaSchema, encode),
    },
    decode: (frame) => read(frame).message,
    encode,
    splitter: answerSplitter,
    commandSplitter: () => lineSplitter(LF, DAHUA_LINE_BYTES_MAX),
  }
}

/** With names in decimal bytes. */
export const dahuaTm = dahuaTmWith('triplets')
/** With names in rows and cells, as in China. */
export const dahuaTmRows = dahuaTmWith('rows')

function readFrame(frame: Uint8Array, names: DahuaNames, charset: DahuaCharset): Read<DahuaMessage> {
  const head = Buffer.from(frame.subarray(0, 3)).toString('latin1')
  const line = (pattern: RegExp, end: string) => readText(frame, pattern, end, DAHUA_LINE_BYTES_MAX)
  const raw = hexOf(frame)
  if (head === '!0V' || head.startsWith('0u')) {
    const toScale = head === '!0V'
    const { parts, fields } = toScale ? line(PLU_WRITE, '\n') : line(PLU_ANSWER, answerEnd(frame))
    const name = (part: string): string => {
      const text = decodeName(parts[part] ?? '', names, charset)
      if (text === undefined) throw new ProtocolError('malformed', `expected a ${part} in ${names}, got ${parts[part]}`, frame)
      return text
    }
    const ended = names === 'triplets' && [parts.name, parts.note1, parts.note2].every((part = '') => isTerminated(part))
    const said = { name: name('name'), note1: name('note1'), note2: name('note2'), ...(ended ? { isTerminated: true } : {}) }
    return { message: { kind: 'plu', toScale, ...pluOf(parts), ...said, raw }, fields }
  }
  if (head === '!0L') {
    const { parts, fields } = line(KEYS, '\n')
    const plus = (parts.plus?.match(/\d{4}/g) ?? []).map(Number)
    return { message: { kind: 'keys', page: Number(parts.page), plus, isMarked: parts.mark === 'B', raw }, fields }
  }
  if (head.startsWith('!')) {
    const { parts, fields } = line(COMMAND, '\n')
    const { command = '', parameters } = parts
    return { message: { kind: 'command', command, ...(parameters ? { parameters } : {}), raw }, fields }
  }
  const { parts, fields } = line(ANSWER, answerEnd(frame))
  const { command = '', text = '' } = parts
  const isEnd = END_OF_RECORDS.test(command + text)
  return { message: { kind: 'answer', command, ok: true, ...(text ? { text } : {}), ...(isEnd ? { isEnd } : {}), raw }, fields }
}

function lineOf(saying: DahuaSaying, names: DahuaNames, charset: DahuaCharset): string {
  if (saying.kind === 'answer') return `0${saying.command}${saying.text ?? ''}\r\n\x03`
  if (saying.kind === 'command') return `!0${saying.command}${saying.parameters ?? ''}A\r\n`
  if (saying.kind === 'keys') {
    const keys = saying.plus.map((plu) => digits(plu, 4)).join('')
    return `!0L${digits(saying.page, 2)}A${keys}${saying.isMarked ? 'B' : ''}\r\n`
  }
  const ends = names === 'triplets' && saying.isTerminated === true
  const [name, note1, note2] = [saying.name, saying.note1, saying.note2].map((text) => encodeName(text, names, charset, ends))
  const body = `${pluDigits(saying)}B${name}C${note1}D${note2}E`
  return saying.toScale ? `!0V${body}\r\n` : `0u${body}\r\n\x03`
}

/** Of the two ends of an answer the one that is there. */
function answerEnd(frame: Uint8Array): string {
  return Buffer.from(frame.subarray(-3)).toString('latin1') === '\r\r\n' ? '\r\r\n' : '\x03'
}

/** An answer ends in CR LF ETX or in CR CR LF. What is longer than any is dropped. */
function answerSplitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      const text = Buffer.from(bytes.subarray(from, from + DAHUA_LINE_BYTES_MAX)).toString('latin1')
      const ends = ['\r\n\x03', '\r\r\n'].map((end) => text.indexOf(end)).filter((at) => at >= 0)
      if (ends.length > 0) return Math.min(...ends) + 3
      return text.length < DAHUA_LINE_BYTES_MAX ? INCOMPLETE : -(DAHUA_LINE_BYTES_MAX - 2)
    },
    (bytes, from, length) => bytes.slice(from, from + length),
  )
}
