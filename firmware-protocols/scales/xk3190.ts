import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { padded, readText, required } from './text.ts'

const STX = 0x02
const ETX = 0x03
/** STX, sign, six digits, decimals, two characters of check, ETX. */
const FRAME_BYTES = 12
const DIGITS = 6
const DECIMALS_MAX = 4
/** What the check covers: from behind STX up to itself. */
const CHECKED = { from: 1, to: 9 } as const

const FRAME = /^␂(?<sign>[+-])(?<digits>\d{6})(?<decimals>[0-4])(?<check>[0-9A-F]{2})␃$/d

/** What Yaohua XK3190 indicators send without end at tF=0. */
export const xk3190 = scaleProtocol({
  name: 'xk3190',
  title: 'Yaohua XK3190 indicators, continuous output (tF=0)',
  evidence: {
    sources: ['Yaohua device-control notes on git.njzscloud.com', 'payloads captured in two public scripts'],
    confirmed:
      'Sign, digits, decimals, and the check: two hex characters of the XOR of the eight characters behind STX, in four frames.',
    missing: 'The unit, and whether the weight rests, are not sent. The command mode (tF=1) is not here.',
  },
  schema: WeightSchema,
  fromJson: weightFrom,
  read,
  write: ({ value, overload, underload }) => {
    if (overload || underload) throw new RangeError('expected a weight, got an overload, which this protocol cannot say')
    return frameOf(required('a value', value))
  },
  splitter,
})

function read(frame: Uint8Array): Read<Weight> {
  const isWhole = frame.length === FRAME_BYTES && frame[0] === STX && frame[FRAME_BYTES - 1] === ETX
  const check = checkOf(frame, 0)
  const got = Buffer.from(frame.subarray(CHECKED.to, CHECKED.to + 2)).toString('latin1')
  if (isWhole && got !== check) throw new ProtocolError('checksum', `expected ${check}, got ${got}`, frame)
  const { parts, fields } = readText(frame, FRAME, '\x03', FRAME_BYTES)
  const { sign, digits, decimals } = parts
  const value = new Decimal(Number(`${sign}${digits}`), Number(decimals))
  return { message: weightOf({ value }, frame), fields }
}

function frameOf(value: Decimal): Uint8Array {
  if (value.decimals > DECIMALS_MAX) throw new RangeError(`expected at most ${DECIMALS_MAX} decimals, got ${value}`)
  const digits = padded(new Decimal(value.count), DIGITS)
  const frame = latin1(`\x02${value.count < 0 ? '-' : '+'}${digits}${value.decimals}00\x03`)
  frame.set(latin1(checkOf(frame, 0)), CHECKED.to)
  return frame
}

function checkOf(bytes: Uint8Array, from: number): string {
  let check = 0
  for (let at = CHECKED.from; at < CHECKED.to; at++) check ^= bytes[from + at] ?? 0
  return check.toString(16).toUpperCase().padStart(2, '0')
}

function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] !== STX) return NO_FRAME
      if (bytes.length - from < FRAME_BYTES) return INCOMPLETE
      return bytes[from + FRAME_BYTES - 1] === ETX ? FRAME_BYTES : NO_FRAME
    },
    (bytes, from, length) => {
      const got = Buffer.from(bytes.subarray(from + CHECKED.to, from + CHECKED.to + 2)).toString('latin1')
      return got === checkOf(bytes, from) ? bytes.slice(from, from + length) : undefined
    },
  )
}
