import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Mode, type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, padded, readText, required, unitIn } from './text.ts'

const FRAME = /^(?<kind>w)(?<mode>[wnt])(?<value>[-+ ]?[\d. ]{1,8})(?<unit>kg|lb)(?:\r\n|\r|\n)?$/d
const MODES: Readonly<Record<string, Mode>> = { w: 'gross', n: 'net', t: 'tare' }
const VALUE_CHARS = 7
/** `w`, a letter for the mode, value, unit. */
const FRAME_BYTES = 2 + VALUE_CHARS + 2
/** Most bytes of a frame, with a line end of two. */
const BYTES_MAX = FRAME_BYTES + 2

/** What a Yaohua XK3190-A12(E) sends as text. */
export const xk3190Text = scaleProtocol({
  name: 'xk3190-text',
  title: 'Yaohua XK3190-A12 indicators, text output such as ww000.000kg',
  evidence: {
    sources: ['MCUSH, driver of the XK3190-A12'],
    confirmed: 'Gross, net and tare in three lines.',
    derived: 'Nothing is known of a line end: CR, LF, both or none are read, and none is written.',
    missing: 'Whether the weight rests is not sent.',
  },
  schema: WeightSchema,
  fromJson: weightFrom,
  read,
  write: ({ value, unit, mode }) => {
    const known = required('a value', value)
    const digits = known.count < 0 ? `-${padded(known, VALUE_CHARS - 1)}` : padded(known, VALUE_CHARS)
    if (unit !== 'kg' && unit !== 'lb') throw new RangeError(`expected the unit kg or lb, got ${unit}`)
    const letter = Object.entries(MODES).find(([, each]) => each === mode)?.[0] ?? 'w'
    return latin1(`w${letter}${digits}${unit}`)
  },
  splitter,
})

function read(frame: Uint8Array): Read<Weight> {
  const { parts, fields } = readText(frame, FRAME, '\n', BYTES_MAX)
  const { mode = '', value = '', unit = '' } = parts
  return {
    message: weightOf({ value: decimalOf(value, frame), unit: unitIn(unit, frame), mode: MODES[mode] ?? 'gross' }, frame),
    fields,
  }
}

/** A line end, if there is one, is taken with the line behind it, so that none has to be waited for. */
function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      const start = from + endsAt(bytes, from)
      if (start >= bytes.length) return INCOMPLETE
      if (bytes[start] !== 0x77) return NO_FRAME
      return start - from + FRAME_BYTES
    },
    (bytes, from, length) => {
      const frame = bytes.slice(from + length - FRAME_BYTES, from + length)
      return FRAME.test(Buffer.from(frame).toString('latin1')) ? frame : undefined
    },
  )
}

/** Bytes of a line end: at most CR and LF. */
function endsAt(bytes: Uint8Array, from: number): number {
  let ends = 0
  while (ends < 2 && (bytes[from + ends] === 0x0d || bytes[from + ends] === 0x0a)) ends++
  return ends
}
