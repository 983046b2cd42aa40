import { Type } from 'typebox'
import type { Field } from '#protocols/codec'
import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Told, WEIGHT, type Weight, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { padded, required } from './text.ts'
import type { Unit } from './unit.ts'

/** A weight, and the tare that is sent with it. */
export interface ToledoContinuousWeight extends Weight {
  readonly tare: Decimal
  /** Somebody pressed print, or the scale did. */
  readonly isPrinting: boolean
  /** The scale has not been at zero since it was switched on. */
  readonly isPoweringUp: boolean
  /** The frame ends in a check. */
  readonly hasChecksum: boolean
}

const STX = 0x02
const CR = 0x0d
/** STX, three status words, six digits of weight, six of tare, CR. */
const FRAME_BYTES = 17
const DIGITS = 6
const TARE_FROM = 10
/** Always set in a status word; Fairbanks indicators clear it. */
const FIXED = 0x20
const NET = 0x01
const NEGATIVE = 0x02
const OUT_OF_RANGE = 0x04
const MOTION = 0x08
const KILOGRAMS = 0x10
const POWER_UP = 0x40
const PRINT = 0x08
const EXPANDED = 0x10

/** Step of the last digit sent, by bits 3 and 4 of the first word. */
const STEPS = [undefined, 1, 2, 5] as const
/** Units by bits 0 to 2 of the third word; 0 is told by the second, and 7 is a unit of the scale's owner. */
const UNIT_CODES: readonly Unit[] = ['lb', 'g', 't', 'oz', 'ozt', 'dwt', 'ton']

/** What Toledo indicators send without end: weight and tare, three status words, and a check where that is switched on. */
export const toledoContinuous = scaleProtocol({
  name: 'toledo-continuous',
  title: 'Toledo continuous output, 17 bytes, or 18 with its check',
  evidence: {
    sources: ['Mettler-Toledo indicator manuals, continuous mode, as cited in public drivers'],
    confirmed: 'Nothing by a captured frame: there is no public one.',
    derived:
      'The layout, the status words and the check are those of the manuals. Out of range with a minus sign is an underload.',
    missing:
      'Weights in ten times the resolution are refused, for manuals do not say where the point then is, and so are custom units.',
  },
  schema: Type.Object({
    ...WEIGHT,
    tare: Type.Optional(Type.Number()),
    isPrinting: Type.Optional(Type.Boolean()),
    isPoweringUp: Type.Optional(Type.Boolean()),
    hasChecksum: Type.Optional(Type.Boolean()),
  }),
  fromJson: ({ tare = 0, isPrinting = false, isPoweringUp = false, hasChecksum = false, ...json }): ToledoContinuousWeight => {
    return { ...weightFrom(json), tare: Decimal.of(tare), isPrinting, isPoweringUp, hasChecksum }
  },
  read,
  write,
  splitter: () => toledoContinuousSplitter(),
})

function read(frame: Uint8Array): Read<ToledoContinuousWeight> {
  expectFrame(frame)
  const [, first = 0, second = 0, third = 0] = frame
  const code = first & 7
  const step = STEPS[(first >> 3) & 3]
  if (step === undefined) throw new ProtocolError('malformed', 'expected a step of 1, 2 or 5', frame)
  if (third & EXPANDED) throw new ProtocolError('unsupported', 'expected normal resolution, got ten times of it', frame)
  const unit = (third & 7) === 0 && second & KILOGRAMS ? 'kg' : UNIT_CODES[third & 7]
  if (unit === undefined) throw new ProtocolError('unsupported', 'expected a unit that has a name, got the custom one', frame)
  const sign = second & NEGATIVE ? -1 : 1
  const isOut = (second & OUT_OF_RANGE) !== 0
  const told: Told = {
    value: isOut ? null : scaled(sign * digitsAt(frame, 4), code),
    unit,
    division: scaled(step, code),
    stable: (second & MOTION) === 0,
    mode: second & NET ? 'net' : 'gross',
    overload: isOut && sign > 0,
    underload: isOut && sign < 0,
  }
  const more = {
    tare: scaled(digitsAt(frame, TARE_FROM), code),
    isPrinting: (third & PRINT) !== 0,
    isPoweringUp: (second & POWER_UP) !== 0,
    hasChecksum: frame.length > FRAME_BYTES,
  }
  return { message: { ...weightOf(told, frame), ...more }, fields: fieldsOf(frame) }
}

/** @throws ProtocolError for anything but a frame whose check, if it has one, holds. */
function expectFrame(frame: Uint8Array): void {
  if (frame.length < FRAME_BYTES)
    throw new ProtocolError('truncated', `expected ${FRAME_BYTES} bytes, got ${frame.length}`, frame)
  if (frame.length > FRAME_BYTES + 1)
    throw new ProtocolError('malformed', `expected at most ${FRAME_BYTES + 1} bytes, got ${frame.length}`, frame)
  if (!isShaped(frame, 0)) throw new ProtocolError('malformed', 'expected STX, words, digits and CR in seven bits', frame)
  const check = checkOf(frame, 0)
  const got = frame[FRAME_BYTES] ?? check
  if (got !== check) throw new ProtocolError('checksum', `expected ${check}, got ${got}`, frame)
}

function write(message: ToledoContinuousWeight): Uint8Array {
  const { value, unit, division, stable, mode, overload, underload, tare, isPrinting, isPoweringUp, hasChecksum } = message
  const isOut = overload || underload
  const shown = isOut ? new Decimal(0, division?.decimals ?? 0) : required('a value', value)
  // A division carries the decimals; without one the last digit is a step of one.
  const step = division ?? new Decimal(1, shown.decimals)
  const code = codeOf(step)
  const stepCode = STEPS.findIndex((each) => each !== undefined && String(scaled(each, code)) === String(step))
  if (stepCode < 0) throw new RangeError(`expected a division of 1, 2 or 5 in its last digit, got ${step}`)
  const unitCode = unit === 'kg' ? 0 : UNIT_CODES.indexOf(required('a unit', unit))
  if (unitCode < 0) throw new RangeError(`expected a unit of ${UNIT_CODES.join(', ')} or kg, got ${unit}`)
  const second = [
    mode === 'net' && NET,
    (underload || shown.count < 0) && NEGATIVE,
    isOut && OUT_OF_RANGE,
    stable === false && MOTION,
    unit === 'kg' && KILOGRAMS,
    isPoweringUp && POWER_UP,
  ].reduce<number>((word, bit) => word | (bit || 0), FIXED)
  const words = [FIXED | (stepCode << 3) | code, second, FIXED | unitCode | (isPrinting ? PRINT : 0)]
  const text = `\x02${String.fromCharCode(...words)}${counted(shown, code)}${counted(tare, code)}\r`
  const frame = latin1(text)
  return hasChecksum ? Uint8Array.of(...frame, checkOf(frame, 0)) : frame
}

/** @param digits as they are sent @param code 0 hundreds, 1 tens, 2 ones, 3 to 7 one to five decimals */
function scaled(digits: number, code: number): Decimal {
  return code < 2 ? new Decimal(digits * 10 ** (2 - code)) : new Decimal(digits, code - 2)
}

function codeOf(step: Decimal): number {
  if (step.decimals > 0) return Math.min(step.decimals + 2, 7)
  return step.count % 100 === 0 ? 0 : step.count % 10 === 0 ? 1 : 2
}

function counted(value: Decimal, code: number): string {
  const { count } = value.withDecimals(Math.max(code - 2, 0))
  const digits = code < 2 ? count / 10 ** (2 - code) : count
  return padded(new Decimal(digits), DIGITS)
}

function digitsAt(frame: Uint8Array, from: number): number {
  return Number(Buffer.from(frame.subarray(from, from + DIGITS)).toString('latin1'))
}

function fieldsOf(frame: Uint8Array): Field[] {
  const word = (at: number): string => (frame[at] ?? 0).toString(2).padStart(8, '0')
  const digits = (from: number): string => Buffer.from(frame.subarray(from, from + DIGITS)).toString('latin1')
  return [
    { from: 1, to: 2, name: 'point and step', value: word(1) },
    { from: 2, to: 3, name: 'state', value: word(2) },
    { from: 3, to: 4, name: 'unit', value: word(3) },
    { from: 4, to: TARE_FROM, name: 'weight', value: digits(4) },
    { from: TARE_FROM, to: TARE_FROM + DIGITS, name: 'tare', value: digits(TARE_FROM) },
    ...(frame.length > FRAME_BYTES
      ? [{ from: FRAME_BYTES, to: FRAME_BYTES + 1, name: 'check', value: `${frame[FRAME_BYTES]}` }]
      : []),
  ]
}

function isShaped(bytes: Uint8Array, from: number): boolean {
  if (bytes[from] !== STX || bytes[from + FRAME_BYTES - 1] !== CR) return false
  for (const at of [1, 2, 3]) if ((bytes[from + at] ?? 0) > 0x7f) return false
  // Indicators fill with spaces in front.
  return /^ *\d+$/.test(text(bytes, from + 4)) && /^ *\d+$/.test(text(bytes, from + TARE_FROM))
}

function text(bytes: Uint8Array, from: number): string {
  return Buffer.from(bytes.subarray(from, from + DIGITS)).toString('latin1')
}

/** What brings the low seven bits of the sum of all bytes to zero. */
function checkOf(bytes: Uint8Array, from: number): number {
  let sum = 0
  for (let at = 0; at < FRAME_BYTES; at++) sum += bytes[from + at] ?? 0
  return -sum & 0x7f
}

/**
 * Cuts the stream. One frame says nothing of whether a check follows it.
 * @param hasChecksum as the scale is set; without it, it is learned from the byte behind the first frame that can only be the one or the other
 */
export function toledoContinuousSplitter({ hasChecksum }: { readonly hasChecksum?: boolean } = {}): Splitter<Uint8Array> {
  let isChecked = hasChecksum
  const takes = (bytes: Uint8Array, from: number): boolean => {
    const isRight = bytes[from + FRAME_BYTES] === checkOf(bytes, from)
    const isNext = bytes[from + FRAME_BYTES] === STX
    if (isChecked === undefined && isRight !== isNext) isChecked = isRight
    return isRight || (isNext && isChecked !== true)
  }
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] !== STX) return NO_FRAME
      const left = bytes.length - from
      if (left < FRAME_BYTES) return INCOMPLETE
      if (!isShaped(bytes, from)) return NO_FRAME
      if (isChecked === false) return FRAME_BYTES
      if (left === FRAME_BYTES) return INCOMPLETE
      if (!takes(bytes, from)) return NO_FRAME
      return isChecked ? FRAME_BYTES + 1 : FRAME_BYTES
    },
    (bytes, from, length) => bytes.slice(from, from + length),
  )
}
