import { Type } from 'typebox'
import { lineSplitter } from '#protocols/frames'
import { latin1, type Verb } from './commands.ts'
import { type Answer, AnswerSchema, hexOf, oneOf, type ScaleError, WEIGHT, type Weight, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, LF, LINE_BYTES_MAX, readText, required, unitIn } from './text.ts'

/** Answers that carry a weight. */
const WEIGHING = ['S', 'T', 'TI', 'TA'] as const

/** A weighing and the command it answers: `S` for a weight, the others for a tare. */
export interface MtSicsWeight extends Weight {
  readonly command: (typeof WEIGHING)[number]
}

/** An answer that is no weighing, its quoted parts also apart. */
export interface MtSicsAnswer extends Answer {
  readonly quoted?: readonly string[]
}

const END = '\r\n'
const WEIGHT_LINE =
  /^(?<command>S|T[AI]?) +(?:(?<status>[SDA]) +(?<value>[+-]? *\d*\.?\d+) +(?<unit>[^\s"]+)|(?<limit>[+-])) *\r\n$/d
const ANSWER_LINE = /^(?<command>@|[A-Z]{1,4}\d{0,2})(?: (?<status>[AILBSD+-]))?(?: +(?<text>[^\r\n]*))?\r\n$/d
const ERRORS: Readonly<Record<string, ScaleError>> = { ES: 'syntax', ET: 'transmission', EL: 'logic' }

const VALUE = /^-?\d*\.?\d+ \S+$/
const verbs: readonly Verb[] = [
  { name: 'SI', asks: 'weigh' },
  { name: 'S', asks: 'weighStable' },
  { name: 'ZI' },
  { name: 'Z', asks: 'zero' },
  { name: 'TI' },
  { name: 'T', asks: 'tare' },
  { name: 'TAC', asks: 'clearTare' },
  { name: 'TA', takes: VALUE },
  { name: 'SNR', takes: VALUE },
  { name: 'SR', takes: VALUE },
  ...['SIR', '@', 'I0', 'I1', 'I2', 'I3', 'I4', 'I5'].map((name) => ({ name })),
]

const MtSicsSchema = Type.Union([Type.Object({ ...WEIGHT, command: Type.Optional(oneOf(WEIGHING)) }), AnswerSchema])

/** The Standard Interface Command Set of Mettler-Toledo, spoken by many others. */
export const mtSics = scaleProtocol({
  name: 'mt-sics',
  title: 'MT-SICS lines of Mettler-Toledo scales and of others that speak it',
  evidence: {
    sources: [
      'Mettler-Toledo MT-SICS reference manuals',
      'public captures of a JE1002G balance',
      'tests of InstrumentKit and YAT',
    ],
    confirmed: 'Weights, limits, errors, and the answers to zero, tare, reset and inquiry.',
    derived: 'The status A of a weight, which only a mock sends, is read as a weight that does not say whether it rests.',
    missing: 'Commands of levels 2 and 3, and weights of more than one line.',
  },
  schema: MtSicsSchema,
  fromJson: (json): MtSicsWeight | MtSicsAnswer =>
    json.kind === 'answer' ? { ...json, raw: '' } : { ...weightFrom(json), command: json.command ?? 'S' },
  read,
  write: (message) => latin1(message.kind === 'answer' ? answerLine(message) : weightLine(message)),
  splitter: () => lineSplitter(LF, LINE_BYTES_MAX),
  commandSet: { verbs, separator: ' ', end: END, splitter: () => lineSplitter(LF, LINE_BYTES_MAX) },
})

function read(frame: Uint8Array): Read<MtSicsWeight | MtSicsAnswer> {
  const raw = hexOf(frame)
  if (!WEIGHT_LINE.test(Buffer.from(frame.subarray(0, LINE_BYTES_MAX)).toString('latin1'))) return readAnswer(frame)
  const { parts, fields } = readText(frame, WEIGHT_LINE, END)
  const { status, value, unit = '', limit } = parts
  const command = WEIGHING.find((each) => each === parts.command) ?? 'S'
  const told = weightOf(
    {
      value: value === undefined ? null : decimalOf(value, frame),
      unit: unitIn(unit, frame),
      stable: status === 'S' ? true : status === 'D' ? false : null,
      ...(command === 'S' ? {} : { mode: 'tare' }),
      overload: limit === '+',
      underload: limit === '-',
    },
    frame,
  )
  return { message: { ...told, command, raw }, fields }
}

function readAnswer(frame: Uint8Array): Read<MtSicsAnswer> {
  const { parts, fields } = readText(frame, ANSWER_LINE, END)
  const { command = '', ...more } = parts
  const raw = hexOf(frame)
  const error = ERRORS[command]
  if (error) return { message: { kind: 'answer', error, raw }, fields }
  const ok = more.status === undefined ? {} : { ok: 'ABSD'.includes(more.status) }
  const quoted = [...(more.text ?? '').matchAll(/"([^"]*)"/g)].map(([, text = '']) => text)
  return { message: { kind: 'answer', command, ...ok, ...more, ...(quoted.length ? { quoted } : {}), raw }, fields }
}

function weightLine({ command, value, unit, stable, overload, underload }: MtSicsWeight): string {
  if (overload || underload) return `${command} ${overload ? '+' : '-'}${END}`
  const status = stable === null ? 'A' : stable ? 'S' : 'D'
  const number = String(required('a value', value)).padStart(10)
  return `${command} ${status} ${number} ${required('a unit', unit)}${END}`
}

function answerLine({ command, ok, error, status, text }: MtSicsAnswer): string {
  const told = Object.entries(ERRORS).find(([, each]) => each === error)?.[0]
  if (told) return told + END
  const letter = status ?? (ok === undefined ? undefined : ok ? 'A' : 'I')
  return [required('a command', command), letter, text].filter((part) => part !== undefined).join(' ') + END
}
