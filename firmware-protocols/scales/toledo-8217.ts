import { Type } from 'typebox'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1, type Verb } from './commands.ts'
import { type Answer, AnswerSchema, hexOf, WEIGHT, type Weight, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, padded, readText, required } from './text.ts'

/** A weight, or the status that is sent in its place. */
export interface Toledo8217Weight extends Weight {
  /** In a status only: the scale cannot be zeroed where it stands. */
  readonly outsideZeroRange?: boolean
}

const STX = 0x02
const ECHO_START = '\x02E\r'
const CR = 0x0d
/** Longest answer but the echo: STX, a sign, seven digits with a point, `N`, CR. */
const ANSWER_BYTES_MAX = 12
/** What the echo test of the manual sends and gets back: `hello`. */
const ECHO_BYTES = 5
/** Bits of a status; bit 6 is always 1, bit 7 the parity of a line opened with eight bits. */
const STATUS = { motion: 0x01, over: 0x02, under: 0x04, outsideZeroRange: 0x08, zero: 0x10, net: 0x20, always: 0x40 } as const

const WEIGHT_FRAME = /^␂(?<value>-?[\d ]{0,6}\.?\d{1,6})(?<net>N?)\r$/d
const STATUS_FRAME = /^␂\?(?<status>[\s\S])\r$/d
const ECHO_FRAME = /^␂E\r(?<text>[^␂\r]*)$/d

const verbs: readonly Verb[] = [
  { name: 'W', asks: 'weigh' },
  { name: 'Z', asks: 'zero' },
  { name: 'T', asks: 'tare', takes: /^\d{5}$/ },
  { name: 'C', asks: 'clearTare' },
  { name: 'A' },
  { name: 'B' },
  { name: 'F' },
  { name: 'E', takes: /^[^\r]{1,10}$/ },
]

/** The checkout scale protocol of the Toledo 8217, which Magellan scanners and many others speak; the unit is a setting of the scale. */
export const toledo8217 = scaleProtocol({
  name: 'toledo-8217',
  title: 'Toledo 8217 checkout scales and scanner scales, 7 bits, even parity',
  evidence: {
    sources: ['PSC Magellan manual, pages 45 to 50', 'odoo hw_drivers, SerialScaleDriver'],
    confirmed: 'The layouts of weight, status and echo, and the bits of a status.',
    derived:
      'C clears the tare. A weight rests, for the scale answers with a status while it moves. The echo has no end of its own.',
    missing: 'What A, B and F do. The unit is not sent.',
  },
  schema: Type.Union([Type.Object({ ...WEIGHT, outsideZeroRange: Type.Optional(Type.Boolean()) }), AnswerSchema]),
  fromJson: (json): Toledo8217Weight | Answer =>
    json.kind === 'answer'
      ? { ...json, raw: '' }
      : { ...weightFrom(json), ...('outsideZeroRange' in json ? { outsideZeroRange: json.outsideZeroRange === true } : {}) },
  read,
  write: (message) => latin1(message.kind === 'answer' ? echo(message) : weight(message)),
  splitter,
  commandSet: { verbs, separator: '', end: '', splitter: commandSplitter },
})

function read(frame: Uint8Array): Read<Toledo8217Weight | Answer> {
  const text = Buffer.from(frame).toString('latin1')
  if (text.startsWith(ECHO_START)) {
    const { parts, fields } = readText(frame, ECHO_FRAME, ECHO_START)
    return { message: { kind: 'answer', command: 'E', ok: true, ...parts, raw: hexOf(frame) }, fields }
  }
  return text.startsWith('\x02?') ? readStatus(frame) : readWeight(frame)
}

function readWeight(frame: Uint8Array): Read<Toledo8217Weight> {
  const { parts, fields } = readText(frame, WEIGHT_FRAME, '\r', ANSWER_BYTES_MAX)
  const value = decimalOf(parts.value ?? '', frame)
  return { message: weightOf({ value, stable: true, ...(parts.net ? { mode: 'net' } : {}) }, frame), fields }
}

function readStatus(frame: Uint8Array): Read<Toledo8217Weight> {
  const { fields } = readText(frame, STATUS_FRAME, '\r', ANSWER_BYTES_MAX)
  const status = frame[2] ?? 0
  const is = (bit: number): boolean => (status & bit) !== 0
  const told = weightOf(
    {
      stable: !is(STATUS.motion),
      overload: is(STATUS.over),
      underload: is(STATUS.under),
      zero: is(STATUS.zero),
      ...(is(STATUS.net) ? { mode: 'net' } : {}),
    },
    frame,
  )
  return { message: { ...told, outsideZeroRange: is(STATUS.outsideZeroRange) }, fields }
}

function weight(message: Toledo8217Weight): string {
  const { value, stable, mode, overload, underload, zero, outsideZeroRange = false } = message
  if (value !== null) {
    if (value.count < 0) throw new RangeError(`expected a value from 0, got ${value}`)
    return `\x02${padded(value, value.decimals === 0 ? 5 : 6)}${mode === 'net' ? 'N' : ''}\r`
  }
  const bits = [
    stable === false && STATUS.motion,
    overload && STATUS.over,
    underload && STATUS.under,
    outsideZeroRange && STATUS.outsideZeroRange,
    zero && STATUS.zero,
    mode === 'net' && STATUS.net,
  ]
  return `\x02?${String.fromCharCode(bits.reduce<number>((status, bit) => status | (bit || 0), STATUS.always))}\r`
}

function echo({ text }: Answer): string {
  return `${ECHO_START}${required('a text', text)}`
}

function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] !== STX) return NO_FRAME
      const left = bytes.length - from
      if (left < 3) return INCOMPLETE
      if (bytes[from + 1] === 0x45) return bytes[from + 2] === CR ? 3 + ECHO_BYTES : NO_FRAME
      if (bytes[from + 1] === 0x3f) return 4
      const found = bytes.subarray(from, from + ANSWER_BYTES_MAX).indexOf(CR)
      if (found >= 0) return found + 1
      return left < ANSWER_BYTES_MAX ? INCOMPLETE : NO_FRAME
    },
    (bytes, from, length) => {
      const isEcho = bytes[from + 1] === 0x45
      return isEcho || bytes[from + length - 1] === CR ? bytes.slice(from, from + length) : undefined
    },
  )
}

/** Commands have no end: a `T` with digits behind it in the same chunk is a tare told, one without is the tare on the plate. */
function commandSplitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      const letter = String.fromCharCode(bytes[from] ?? 0)
      if (letter === 'E') return 1 + ECHO_BYTES
      if (letter === 'T' && /\d/.test(String.fromCharCode(bytes[from + 1] ?? 0))) return 6
      return verbs.some(({ name }) => name === letter) ? 1 : NO_FRAME
    },
    (bytes, from, length) => bytes.slice(from, from + length),
  )
}
