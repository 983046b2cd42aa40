import { ProtocolError } from '#protocols/error'
import { isRest, namedElement, nameOf, valueText, wordOf } from './ascii-element.ts'
import { wordOfTimeStep } from './ascii-time-step.ts'
import { AsciiWalk } from './ascii-walk.ts'
import { ByteWriter } from './byte-writer.ts'
import type { ElementInput, Note } from './element.ts'
import type { FunctionInfo } from './functions.ts'
import { bytesOfHex, hexDigits, hexNumber, hexOf, refuse } from './hex-text.ts'
import { bytesOfText } from './manual-text.ts'
import { Marks, type PartWriter, writeMarked } from './marks.ts'
import type { Body, MessageInput } from './message.ts'
import type { Parameter } from './parameters.ts'

/** Serial 4 characters, send time 12; no space behind either. */
const HEAD_BYTES = 16
const PARAMETER_ID = /^[0-9A-F]{2}$/

type Draft = { -readonly [Key in keyof Body]: Body[Key] }

/** Reads a body in ASCII. @throws ProtocolError `malformed` for one that has no serial and send time */
export function readAsciiBody(bytes: Uint8Array, info: FunctionInfo, isUp: boolean, note?: Note): Body {
  const serial = hexDigits(bytes, 0, 4)
  if (bytes.length < HEAD_BYTES || serial < 0 || hexDigits(bytes, 4, 12) < 0)
    throw new ProtocolError(
      'malformed',
      `expected a body that begins with ${HEAD_BYTES} hex digits, got ${bytes.length} bytes`,
      bytes,
    )
  const draft: Draft = { serial, sendTime: Buffer.from(bytes.subarray(4, HEAD_BYTES)).toString('latin1') }
  note?.(0, 4, 'serial', String(serial))
  note?.(4, HEAD_BYTES, 'send time', draft.sendTime ?? '')
  const layout = isUp ? info.up : info.down
  const marks = new Marks()
  const walk = new AsciiWalk(bytes, HEAD_BYTES, isUp && info.hasClass, marks, note)
  if (layout === 'elements' || layout === 'series') walk.walk(layout === 'series')
  else {
    walk.mark()
    if (layout === 'parameters') readParameters(draft, walk, note)
    if (layout === 'element-ids' || layout === 'parameter-ids') readIds(draft, walk, layout === 'element-ids', note)
  }
  const tailAt = marks.into(draft, walk.at)
  if (walk.timeStep !== undefined) draft.timeStep = walk.timeStep
  if (tailAt < bytes.length) draft.tail = hexOf(bytes, tailAt)
  return draft
}

function readParameters(draft: Draft, walk: AsciiWalk, note?: Note): void {
  const parameters: Parameter[] = []
  for (let id = walk.word(walk.at); id !== undefined && PARAMETER_ID.test(id); id = walk.word(walk.at)) {
    const text = walk.word(walk.at + 3)
    if (text === undefined) break
    parameters.push({ id, text })
    const to = walk.at + 3 + text.length + 1
    note?.(walk.at, to, id, text)
    walk.at = to
  }
  if (parameters.length > 0) draft.parameters = parameters
}

function readIds(draft: Draft, walk: AsciiWalk, isElements: boolean, note?: Note): void {
  const query: string[] = []
  for (let word = walk.word(walk.at); word !== undefined; word = walk.word(walk.at)) {
    const id = isElements ? namedElement(word)?.id : PARAMETER_ID.test(word) ? word : undefined
    if (id === undefined) break
    query.push(id)
    note?.(walk.at, walk.at + word.length + 1, 'asks for', id)
    walk.at += word.length + 1
  }
  if (query.length > 0) draft.query = query
}

/** The inverse of `readAsciiBody`. @throws ProtocolError `malformed` for what its words do not hold */
export function asciiBody(message: MessageInput, info: FunctionInfo): Uint8Array {
  const { serial = -1, sendTime = '', bodyStation, parameters = [], query = [] } = message
  if (!Number.isInteger(serial) || serial < 0 || serial > 0xffff || sendTime.length !== 12)
    refuse(`expected a serial of 0 to 65535 and a send time of 12 digits, got ${serial} and "${sendTime}"`)
  const isUp = message.direction === 'up'
  const layout = isUp ? info.up : info.down
  const writer = new ByteWriter()
  const write = (text: string): void => writer.put(Buffer.from(text, 'latin1'))
  write(hexNumber(serial, 4) + sendTime)
  if (layout === 'elements' || layout === 'series') writeMarked(partWriter(writer, message, isUp && info.hasClass), message)
  else if (bodyStation !== undefined) write(`ST ${bodyStation} `)
  if (layout === 'parameters')
    for (const { id, text } of parameters) write(`${id} ${text ?? refuse(`expected a text of parameter ${id}`)} `)
  if (layout === 'element-ids') for (const id of query) write(`${nameOf(id)} `)
  if (layout === 'parameter-ids') for (const id of query) write(`${id} `)
  if (message.tail !== undefined) writer.put(bytesOfHex(message.tail))
  return writer.written()
}

function partWriter(writer: ByteWriter, { timeStep, elements = [] }: MessageInput, hasClass: boolean): PartWriter {
  const write = (text: string): void => writer.put(Buffer.from(text, 'latin1'))
  const isInRows = timeStep !== undefined && timeStep !== '000000'
  return {
    station: (digits, stationClass) =>
      write(hasClass && stationClass !== undefined ? `ST ${digits} ${stationClass} ` : `ST ${digits} `),
    time: (digits) => write(`TT ${digits} `),
    timeStep(digits) {
      write(`${wordOfTimeStep(digits)} `)
      if (isInRows) write(`${elements.map(({ id }) => nameOf(id)).join(' ')} ${rowsOf(elements)}`)
    },
    element(element) {
      if (isInRows) return
      write(`${nameOf(element.id)} `)
      if (!isRest(element.id)) return write(`${wordOf(element)} `)
      writer.put(element.text === undefined ? bytesOfHex(element.hex ?? '') : bytesOfText(element.text))
      if (element.isOpen !== true) write(' ')
    },
  }
}

/** One value of each element a row. @throws ProtocolError `malformed` for elements with unlike numbers of values */
function rowsOf(elements: readonly ElementInput[]): string {
  const columns = elements.map(({ text, values = [], decimals }) =>
    text === undefined ? values.map((value) => valueText(value, decimals)) : text.split(' '),
  )
  const rows = columns[0] ?? []
  if (columns.some(({ length }) => length !== rows.length)) refuse('expected as many values of each element of a series')
  return rows.map((_, row) => columns.map((column) => `${column[row]} `).join('')).join('')
}
