import { lineSplitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Mode, type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, LF, LINE_BYTES_MAX, readText, required, unitIn } from './text.ts'

const LINE = /^(?:(?<mode>[GN])\/W)? *(?<value>[+-]? *[\d.]+) *(?<unit>[A-Za-z]+) *\r\n$/d
const MODES: Readonly<Record<string, Mode>> = { G: 'gross', N: 'net' }
const lines = () => lineSplitter(LF, LINE_BYTES_MAX)

/** What Adam scales print: with its mode on a CPWplus, bare on an AZExtra. */
export const adam = scaleProtocol({
  name: 'adam',
  title: 'Adam scales: AZExtra (4800 8N1) and CPWplus (9600 8N1)',
  evidence: {
    sources: ['odoo hw_drivers, driver of Adam scales', 'Adam CPWplus manual, as cited in public drivers'],
    confirmed: 'The commands P, Z and T of an AZExtra, and the line G/W of a CPWplus, by text; no captured frame.',
    derived: 'N/W is net, as G/W is gross.',
    missing:
      'Whether the weight rests is not sent. An AZExtra prints only a new weight that is not zero: silence is no fault of it.',
  },
  schema: WeightSchema,
  fromJson: weightFrom,
  read,
  write: (message) => latin1(line(message)),
  splitter: lines,
  commandSet: {
    verbs: [
      { name: 'P', asks: 'weigh' },
      { name: 'Z', asks: 'zero' },
      { name: 'T', asks: 'tare' },
    ],
    separator: ' ',
    end: '\r\n',
    splitter: lines,
  },
})

function read(frame: Uint8Array): Read<Weight> {
  const { parts, fields } = readText(frame, LINE, '\r\n')
  const mode = MODES[parts.mode ?? '']
  const told = { value: decimalOf(parts.value ?? '', frame), unit: unitIn(parts.unit ?? '', frame), ...(mode ? { mode } : {}) }
  return { message: weightOf(told, frame), fields }
}

function line({ value, unit, mode, overload, underload }: Weight): string {
  if (overload || underload) throw new RangeError('expected a weight, got an overload, which this protocol cannot say')
  const known = required('a value', value)
  const name = required('a unit', unit)
  if (!/^[a-z]+$/.test(name)) throw new RangeError(`expected a unit in letters, got ${name}`)
  const digits = String(known).replace('-', '')
  const letter = Object.entries(MODES).find(([, each]) => each === mode)?.[0]
  if (letter) return `${letter}/W ${known.count < 0 ? '-' : '+'} ${digits} ${name}\r\n`
  return `${known}${name}\r\n`
}
