import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { padded, required } from './text.ts'

const STX = 0x02
const ETX = 0x03
const CR = 0x0d
/** STX, six digits, control, ETX, check, CR. */
const FRAME_BYTES = 11
const DIGITS = 6
const CONTROL = 7
const CHECK = 9
/** Bits of the control byte; bits 0 to 2 tell where the point is: five less them are the decimals. */
const BITS = { under: 0x80, over: 0x40, stable: 0x10, zero: 0x08, place: 0x07 } as const
const PLACES = 5

/** The continuous Delmac protocol, 1200 8N1. */
export const delmac = scaleProtocol({
  name: 'delmac',
  title: 'Delmac continuous output, 11 bytes, 1200 8N1, as Elicom S200 scales can send it',
  evidence: {
    sources: ['Elicom, Protocols of the S200, in wqweto/VbScalesReader, and its reader'],
    confirmed: 'Layout and control bits by the text and by a public reader; no captured frame.',
    derived: 'The check, by its description: high byte XOR low byte of the sum of each character XOR its place.',
    missing: 'The unit is not sent, and how a weight below zero is written is not known: none is.',
  },
  schema: WeightSchema,
  fromJson: weightFrom,
  read,
  write,
  splitter,
})

function read(frame: Uint8Array): Read<Weight> {
  if (frame.length < FRAME_BYTES)
    throw new ProtocolError('truncated', `expected ${FRAME_BYTES} bytes, got ${frame.length}`, frame)
  if (frame.length > FRAME_BYTES || !isFramed(frame, 0))
    throw new ProtocolError(
      'malformed',
      `expected ${FRAME_BYTES} bytes from STX to ETX, check and CR, got ${frame.length}`,
      frame,
    )
  const check = checkOf(frame, 0)
  if (frame[CHECK] !== check) throw new ProtocolError('checksum', `expected ${check}, got ${frame[CHECK]}`, frame)
  const digits = Buffer.from(frame.subarray(1, 1 + DIGITS)).toString('latin1')
  const control = frame[CONTROL] ?? 0
  const place = control & BITS.place
  const is = (bit: number): boolean => (control & bit) !== 0
  const isOut = is(BITS.under) || is(BITS.over)
  if (place > PLACES || !(isOut || /^ *\d+$/.test(digits)))
    throw new ProtocolError('malformed', `expected six digits and a point, got ${digits} and place ${place}`, frame)
  const told = {
    value: isOut ? null : new Decimal(Number(digits), PLACES - place),
    stable: is(BITS.stable),
    overload: is(BITS.over),
    underload: is(BITS.under),
    zero: is(BITS.zero),
  }
  const fields = [
    { from: 1, to: CONTROL, name: 'digits', value: digits },
    { from: CONTROL, to: CONTROL + 1, name: 'control', value: control.toString(2).padStart(8, '0') },
    { from: CHECK, to: CHECK + 1, name: 'check', value: `${check}` },
  ]
  return { message: weightOf(told, frame), fields }
}

function write({ value, stable, overload, underload, zero }: Weight): Uint8Array {
  const known = overload || underload ? new Decimal(0) : required('a value', value)
  if (known.count < 0 || known.decimals > PLACES)
    throw new RangeError(`expected a value from 0 with at most ${PLACES} decimals, got ${known}`)
  const bits = [underload && BITS.under, overload && BITS.over, stable && BITS.stable, zero && BITS.zero]
  const control = bits.reduce<number>((byte, bit) => byte | (bit || 0), PLACES - known.decimals)
  const frame = latin1(`\x02${padded(new Decimal(known.count), DIGITS)}${String.fromCharCode(control)}\x03\0\r`)
  frame[CHECK] = checkOf(frame, 0)
  return frame
}

function isFramed(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === STX && bytes[from + CHECK - 1] === ETX && bytes[from + FRAME_BYTES - 1] === CR
}

function checkOf(bytes: Uint8Array, from: number): number {
  let sum = 0
  for (let place = 1; place <= CONTROL; place++) sum += (bytes[from + place] ?? 0) ^ place
  return (sum >> 8) ^ (sum & 0xff)
}

function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] !== STX) return NO_FRAME
      if (bytes.length - from < FRAME_BYTES) return INCOMPLETE
      return isFramed(bytes, from) && bytes[from + CHECK] === checkOf(bytes, from) ? FRAME_BYTES : NO_FRAME
    },
    (bytes, from, length) => bytes.slice(from, from + length),
  )
}
