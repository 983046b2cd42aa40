import { Type } from 'typebox'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Answer, AnswerSchema, hexOf, type Weight, WeightSchema, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, padded, readText, required, unitIn } from './text.ts'

const SOH = 0x01
/** SOH with the bit that some models set. */
const SOH_HIGH = 0x81
const STX = 0x02
const ETX = 0x03
const EOT = 0x04
const ENQ = 0x05
const ACK = 0x06
const DC1 = 0x11
const NAK = 0x15
const VALUE_CHARS = 6
const UNIT_CHARS = 2
/** SOH, STX, state, sign, at most eight characters of value and three of unit, check, ETX, EOT. */
const FRAME_BYTES_MAX = 18
/** State, sign, a digit, a unit of one character. */
const FRAME_BYTES_MIN = 9

const FRAME = /^[␁\x81]␂(?<state>[SUF])(?<sign>[ +-])(?<value>[^A-Za-z]{1,8})(?<unit>[A-Za-z]{1,3})(?<check>[\s\S])␃␄$/d

/** The checkout protocol of CAS scales: ENQ, ACK, DC1, then the weight with a check. */
export const casPos = scaleProtocol({
  name: 'cas-pos',
  title: 'CAS checkout scales (AD, AP, ER): ENQ and DC1, answered with a checked weight',
  evidence: {
    sources: ['rkeeper documentation of scale drivers', 'VbScalesReader, an Elicom S200 that speaks CAS'],
    confirmed: 'The handshake, the letters S, U and F, and the layout, in two public drivers; no captured frame.',
    derived:
      'The check is the XOR of what stands between STX and itself. After the first byte of SOH 01 or 81 both mean the same.',
    missing: 'Prices and totals that some models send behind the weight.',
  },
  schema: Type.Union([WeightSchema, AnswerSchema]),
  fromJson: (json): Weight | Answer => (json.kind === 'answer' ? { ...json, raw: '' } : weightFrom(json)),
  read,
  write: (message) => (message.kind === 'answer' ? Uint8Array.of(message.ok === false ? NAK : ACK) : frameOf(message)),
  splitter,
  commandSet: {
    // The scale answers ENQ with ACK within 3 s, and DC1 with the weight.
    verbs: [
      { name: 'DC1', says: String.fromCharCode(DC1), asks: 'weigh' },
      { name: 'ENQ', says: String.fromCharCode(ENQ) },
    ],
    separator: '',
    end: '',
    splitter: () =>
      new FrameSplitter(
        (bytes, from) => (bytes[from] === ENQ || bytes[from] === DC1 ? 1 : NO_FRAME),
        (bytes, from) => bytes.slice(from, from + 1),
      ),
  },
})

function read(frame: Uint8Array): Read<Weight | Answer> {
  const ok = frame[0] === ACK
  if (frame.length === 1 && (ok || frame[0] === NAK)) {
    const command = ok ? 'ACK' : 'NAK'
    return {
      message: { kind: 'answer', command, ok, raw: hexOf(frame) },
      fields: [{ from: 0, to: 1, name: 'answer', value: command }],
    }
  }
  expectCheck(frame)
  const { parts, fields } = readText(frame, FRAME, '\x03\x04', FRAME_BYTES_MAX)
  const { state, sign = '', value = '', unit = '' } = parts
  const isOver = state === 'F'
  const told = {
    value: isOver ? null : decimalOf(sign + value, frame),
    unit: unitIn(unit, frame),
    stable: isOver ? null : state === 'S',
    overload: isOver,
  }
  return { message: weightOf(told, frame), fields }
}

/** @throws ProtocolError `checksum` for a frame that has its ends but not its check. */
function expectCheck(frame: Uint8Array): void {
  const isWhole = frame.length >= FRAME_BYTES_MIN && frame.at(-1) === EOT && frame.at(-2) === ETX && frame[1] === STX
  const check = checkOf(frame, 0, frame.length)
  if (isWhole && frame.at(-3) !== check) throw new ProtocolError('checksum', `expected ${check}, got ${frame.at(-3)}`, frame)
}

function frameOf({ value, unit, stable, overload, underload }: Weight): Uint8Array {
  if (underload) throw new RangeError('expected a weight or an overload, got an underload, which this protocol cannot say')
  const state = overload ? 'F' : required('whether it is stable', stable) ? 'S' : 'U'
  const known = overload ? null : required('a value', value)
  const digits = known === null ? ' '.repeat(VALUE_CHARS) : padded(known, VALUE_CHARS)
  const written = required('a unit', unit)
  if (!/^[a-z]{1,2}$/.test(written)) throw new RangeError(`expected a unit of at most ${UNIT_CHARS} letters, got ${written}`)
  const frame = latin1(`\x01\x02${state}${known !== null && known.count < 0 ? '-' : ' '}${digits}${written}\0\x03\x04`)
  frame[frame.length - 3] = checkOf(frame, 0, frame.length)
  return frame
}

/** Over the bytes between STX and the check. */
function checkOf(bytes: Uint8Array, from: number, length: number): number {
  return bytes.subarray(from + 2, Math.max(from + length - 3, 0)).reduce((check, byte) => check ^ byte, 0)
}

/** Gives frames, and the single bytes ACK and NAK. */
function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] === ACK || bytes[from] === NAK) return 1
      if (bytes[from] !== SOH && bytes[from] !== SOH_HIGH) return NO_FRAME
      const left = Math.min(bytes.length - from, FRAME_BYTES_MAX)
      if (left >= 2 && bytes[from + 1] !== STX) return NO_FRAME
      for (let length = FRAME_BYTES_MIN; length <= left; length++)
        if (bytes[from + length - 1] === EOT && bytes[from + length - 2] === ETX) return length
      return left < FRAME_BYTES_MAX ? INCOMPLETE : NO_FRAME
    },
    (bytes, from, length) =>
      length === 1 || bytes[from + length - 3] === checkOf(bytes, from, length) ? bytes.slice(from, from + length) : undefined,
  )
}
