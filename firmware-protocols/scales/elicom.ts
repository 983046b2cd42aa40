import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { padded, required } from './text.ts'

/** The answer where there is no weight that rests. */
const NO_WEIGHT = 0xbb
const ASK = 0xaa
const ZERO = 0xcc
/** Three bytes of two digits each, and their sum. */
const FRAME_BYTES = 4
/** Always grams, written as kilograms. */
const DECIMALS = 3

/** The own protocol of Elicom EVL and S200 scales: one byte asks, one or four answer. */
export const elicom = scaleProtocol({
  name: 'elicom',
  title: 'Elicom EVL and S200 scales, own protocol',
  evidence: {
    sources: ['Elicom, Protocols of the S200, page 2, in wqweto/VbScalesReader'],
    confirmed: 'The request AA, the answer BB, and a weight with its sum in one frame of the manual.',
    derived:
      'CC is taken for a command of the host that zeroes the scale. Two digits in a byte are decimal, three of them decimals of a kilogram.',
    missing: 'What the scale answers to CC.',
  },
  schema: WeightSchema,
  fromJson: weightFrom,
  read,
  write,
  splitter,
  commandSet: {
    verbs: [
      { name: 'AA', says: String.fromCharCode(ASK), asks: 'weighStable' },
      { name: 'AA', says: String.fromCharCode(ASK), asks: 'weigh' },
      { name: 'CC', says: String.fromCharCode(ZERO), asks: 'zero' },
    ],
    separator: '',
    end: '',
    splitter: () =>
      new FrameSplitter(
        (bytes, from) => (bytes[from] === ASK || bytes[from] === ZERO ? 1 : NO_FRAME),
        (bytes, from) => bytes.slice(from, from + 1),
      ),
  },
})

function read(frame: Uint8Array): Read<Weight> {
  if (frame[0] === NO_WEIGHT && frame.length === 1)
    return {
      message: weightOf({ unit: 'kg', stable: false }, frame),
      fields: [{ from: 0, to: 1, name: 'answer', value: 'no weight' }],
    }
  if (frame.length < FRAME_BYTES)
    throw new ProtocolError('truncated', `expected ${FRAME_BYTES} bytes, got ${frame.length}`, frame)
  if (frame.length > FRAME_BYTES)
    throw new ProtocolError('malformed', `expected ${FRAME_BYTES} bytes, got ${frame.length}`, frame)
  const sum = sumOf(frame, 0)
  if (frame[3] !== sum) throw new ProtocolError('checksum', `expected ${sum}, got ${frame[3]}`, frame)
  const digits = digitsOf(frame, 0)
  if (!/^\d{6}$/.test(digits)) throw new ProtocolError('malformed', `expected six decimal digits, got ${digits}`, frame)
  const fields = [
    { from: 0, to: 3, name: 'grams', value: digits },
    { from: 3, to: 4, name: 'sum', value: `${sum}` },
  ]
  return { message: weightOf({ value: new Decimal(Number(digits), DECIMALS), unit: 'kg', stable: true }, frame), fields }
}

function write({ value, unit, stable, overload, underload }: Weight): Uint8Array {
  if (stable === false || overload || underload) return Uint8Array.of(NO_WEIGHT)
  const known = required('a value', value)
  if (unit !== 'kg' || known.count < 0) throw new RangeError(`expected kg from 0, got ${known} ${unit}`)
  const grams = padded(new Decimal(known.withDecimals(DECIMALS).count), 6)
  const frame = Uint8Array.of(...Buffer.from(grams, 'hex'), 0)
  frame[3] = sumOf(frame, 0)
  return frame
}

function digitsOf(bytes: Uint8Array, from: number): string {
  return Buffer.from(bytes.subarray(from, from + 3)).toString('hex')
}

function sumOf(bytes: Uint8Array, from: number): number {
  return ((bytes[from] ?? 0) + (bytes[from + 1] ?? 0) + (bytes[from + 2] ?? 0)) & 0xff
}

/** The sum is one byte and nothing marks a start: drop what is pending (`reset`) before each request. */
function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] === NO_WEIGHT) return 1
      if (bytes.length - from < FRAME_BYTES) return INCOMPLETE
      return /^\d{6}$/.test(digitsOf(bytes, from)) && bytes[from + 3] === sumOf(bytes, from) ? FRAME_BYTES : NO_FRAME
    },
    (bytes, from, length) => bytes.slice(from, from + length),
  )
}
