import { lineSplitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Mode, type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, LF, LINE_BYTES_MAX, padded, readText, required, unitIn } from './text.ts'

/** Commas part it; widths differ between makers, so that nothing is read by its place. What an overload shows for digits is anything. */
const LINE =
  /^(?<status>ST|US|OL), *(?<mode>GS|NT|TR), *(?<value>[+-]? *[^,a-zA-Z%\r\n]*?) *,? *(?<unit>[a-zA-Z%\x80-\xff]*) *\r\n$/d
const MODES: Readonly<Record<string, Mode>> = { GS: 'gross', NT: 'net', TR: 'tare' }
/** Digits and point as written, behind the sign. */
const VALUE_CHARS = 7

/** The line that most indicators of the `ST,GS` family send by themselves. */
export const stGs = scaleProtocol({
  name: 'st-gs',
  title: 'Indicators that send lines such as ST,GS,+000.500kg',
  evidence: {
    sources: ['Rinstrum R323 example', 'CSX6 example', 'tests of public parsers', 'RS-232 notes of a Chinese maker'],
    confirmed:
      'Lines of four sources, of different widths. An OL with a plus sign is above the range, with a minus sign below; both count as overload.',
    missing:
      'Commands, for makers agree on none. One manual says that GS means stable; the others say gross, and so does this codec.',
  },
  schema: WeightSchema,
  fromJson: weightFrom,
  read,
  write: (message) => latin1(line(message)),
  splitter: () => lineSplitter(LF, LINE_BYTES_MAX),
})

function read(frame: Uint8Array): Read<Weight> {
  const { parts, fields } = readText(frame, LINE, '\r\n')
  const { status, mode = '', value = '', unit = '' } = parts
  const isOver = status === 'OL'
  const message = weightOf(
    {
      value: isOver ? null : decimalOf(value, frame),
      unit: unitIn(unit, frame),
      stable: isOver ? null : status === 'ST',
      mode: MODES[mode] ?? 'gross',
      overload: isOver,
      underload: isOver && value.startsWith('-'),
    },
    frame,
  )
  return { message, fields }
}

function line({ value, unit, stable, mode, overload, underload }: Weight): string {
  const isOver = overload || underload
  const status = isOver ? 'OL' : required('whether it is stable', stable) ? 'ST' : 'US'
  const letters = Object.entries(MODES).find(([, each]) => each === mode)?.[0] ?? 'GS'
  const sign = underload || (value !== null && value.count < 0) ? '-' : '+'
  const digits = isOver ? ' '.repeat(VALUE_CHARS) : padded(required('a value', value), VALUE_CHARS)
  return `${status},${letters},${sign}${digits}${unit ?? ''}\r\n`
}
