import { lineSplitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, LF, LINE_BYTES_MAX, padded, readText, required, unitIn } from './text.ts'
import type { Unit } from './unit.ts'

/** Eight or nine characters of value, three of unit. An overload shows nines, or a power of ten that is no weight. */
const LINE = /^(?<status>ST|US|QT|OL),(?<value>[+-][\d. ]{6,8}(?:E[+-]\d\d)?)(?<unit>[^\r\n]{0,3})\r\n$/d
/** Digits and point as the longer form has them, behind the sign. */
const VALUE_CHARS = 8
const UNIT_CHARS = 3
const OVERLOAD = '9999999E+19'
/** As A&D writes it, where that is not our name. */
const WRITTEN: Partial<Record<Unit, string>> = { pcs: 'PC', grain: 'GN', tael: 'tl' }

/** The standard format of A&D balances and weighing indicators. */
export const and = scaleProtocol({
  name: 'and',
  title: 'A&D standard format: balances and indicators that send lines such as ST,+00123.45 kg',
  evidence: {
    sources: ['A&D EK-L manual, page 28', 'A&D FX and AD-4212D manuals'],
    confirmed: 'Weight, percent, counting and both forms of overload, with eight or nine characters of value.',
    derived: 'Q, S, Z and T end in CR LF, as on the EK, FX and GX series. The minus sign of an OL is read as an underload too.',
    missing:
      'Other formats (DP, KF, MT, NU) and the acknowledgement that some models can be set to send. Written with nine characters.',
  },
  schema: WeightSchema,
  fromJson: weightFrom,
  read,
  write: (message) => latin1(line(message)),
  splitter: () => lineSplitter(LF, LINE_BYTES_MAX),
  commandSet: {
    verbs: [
      { name: 'Q', asks: 'weigh' },
      { name: 'S', asks: 'weighStable' },
      { name: 'Z', asks: 'zero' },
      { name: 'T', asks: 'tare' },
    ],
    separator: ' ',
    end: '\r\n',
    splitter: () => lineSplitter(LF, LINE_BYTES_MAX),
  },
})

function read(frame: Uint8Array): Read<Weight> {
  const { parts, fields } = readText(frame, LINE, '\r\n')
  const { status, value = '', unit = '' } = parts
  const isOver = status === 'OL'
  const message = weightOf(
    {
      value: isOver ? null : decimalOf(value, frame),
      unit: unitIn(unit, frame),
      stable: isOver ? null : status !== 'US',
      overload: isOver,
      underload: isOver && value.startsWith('-'),
    },
    frame,
  )
  return { message, fields }
}

function line({ value, unit, stable, overload, underload }: Weight): string {
  if (overload || underload) return `OL,${underload ? '-' : '+'}${OVERLOAD}\r\n`
  const status = required('whether it is stable', stable) ? (unit === 'pcs' ? 'QT' : 'ST') : 'US'
  const known = required('a value', value)
  const name = required('a unit', unit)
  const written = (WRITTEN[name] ?? name).padStart(UNIT_CHARS)
  if (written.length > UNIT_CHARS) throw new RangeError(`expected a unit of at most ${UNIT_CHARS} characters, got ${written}`)
  return `${status},${known.count < 0 ? '-' : '+'}${padded(known, VALUE_CHARS)}${written}\r\n`
}
