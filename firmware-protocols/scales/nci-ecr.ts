import { Type } from 'typebox'
import type { Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, lineSplitter, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Answer, AnswerSchema, hexOf, oneOf, WEIGHT, type Weight, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, padded, readText, required, unitIn } from './text.ts'

/** What a scale may report to be wrong with itself. */
export const NCI_FAULTS = ['ram', 'eeprom', 'rom', 'calibration', 'initial-zero'] as const
export type NciFault = (typeof NCI_FAULTS)[number]

/** A weight with its status, or a status alone. */
export interface NciWeight extends Weight {
  readonly faults: readonly NciFault[]
  /** An `S` stands before the status, as the checkout manual has it and the general one has not. */
  readonly isMarked: boolean
  /** The scale sent a third status byte. */
  readonly isLong: boolean
  /** In a third status byte only: the upper range of a scale of two. */
  readonly isHighRange: boolean
}

const LF = 0x0a
const ETX = 0x03
const CR = 0x0d
const FRAME_BYTES_MAX = 32
const VALUE_CHARS = 7
/** Bits of each status byte. Bits 4 and 5 are always set; bit 6 says that another byte follows. */
const FIRST = { motion: 0x01, zero: 0x02, ram: 0x04, eeprom: 0x08 } as const
const SECOND = { under: 0x01, over: 0x02, rom: 0x04, calibration: 0x08 } as const
const THIRD = { highRange: 0x03, net: 0x04, 'initial-zero': 0x08 } as const
const ALWAYS = 0x30
const FOLLOWS = 0x40

const FRAME =
  /^\n(?:(?<value>[^\r\n]*?)(?<unit> ?[A-Za-z]{1,2}) *\r\n)?(?<mark>S?)(?<first>[0-?])(?:(?<second>[0-?])|(?<more>[p-\x7f])(?<third>[0-?]))\r␃$/d
const UNKNOWN = '\n?\r\x03'

/** The NCI protocol of Weigh-Tronix scales, which cash registers and checkout scanners call ECR. */
export const nciEcr = scaleProtocol({
  name: 'nci-ecr',
  title: 'NCI (ECR, SCP-01) scales of Weigh-Tronix and checkout scanners',
  evidence: {
    sources: [
      'NCI/ECR section of the Mettler-Toledo and PSC manuals',
      'Weigh-Tronix SCP-01, 8408-14788-01, as quoted in a public simulator',
    ],
    confirmed: 'Layouts and status bits by the text of two manuals; the answer to an unknown command by its bytes.',
    derived: 'The S before the status is read where it stands; it cannot be a status byte, whose bit 6 is clear.',
    missing: 'Weights in pounds and ounces together.',
  },
  schema: Type.Union([
    Type.Object({
      ...WEIGHT,
      faults: Type.Optional(Type.Array(oneOf(NCI_FAULTS))),
      isMarked: Type.Optional(Type.Boolean()),
      isLong: Type.Optional(Type.Boolean()),
      isHighRange: Type.Optional(Type.Boolean()),
    }),
    AnswerSchema,
  ]),
  fromJson: (json): NciWeight | Answer => {
    if (json.kind === 'answer') return { ...json, raw: '' }
    const { faults = [], isMarked = true, isLong = false, isHighRange = false, ...weight } = json
    return { ...weightFrom(weight), faults, isMarked, isLong, isHighRange }
  },
  read,
  write: (message) => latin1(message.kind === 'answer' ? UNKNOWN : frameOf(message)),
  splitter,
  commandSet: {
    verbs: [{ name: 'W', asks: 'weigh' }, { name: 'Z', asks: 'zero' }, { name: 'S' }, { name: 'U' }],
    separator: ' ',
    end: '\r',
    splitter: () => lineSplitter(CR, 8),
  },
})

function read(frame: Uint8Array): Read<NciWeight | Answer> {
  const text = Buffer.from(frame.subarray(0, FRAME_BYTES_MAX)).toString('latin1')
  if (text === UNKNOWN) {
    const fields = [{ from: 1, to: 2, name: 'answer', value: 'unknown command' }]
    return { message: { kind: 'answer', ok: false, error: 'syntax', raw: hexOf(frame) }, fields }
  }
  if (/\n[^\r]*lb[^\r]*oz/i.test(text)) throw new ProtocolError('unsupported', 'expected one unit, got pounds and ounces', frame)
  const { parts, fields } = readText(frame, FRAME, '\x03', FRAME_BYTES_MAX)
  const { value = '', unit = '', mark, third } = parts
  const bits = (letter = ''): number => letter.charCodeAt(0) || 0
  const [first, second, last] = [bits(parts.first), bits(parts.second ?? parts.more), bits(third)]
  const overload = (second & SECOND.over) !== 0
  const underload = (second & SECOND.under) !== 0
  const isHidden = overload || underload || value.trim() === ''
  const told = weightOf(
    {
      value: isHidden ? null : decimalOf(value, frame),
      unit: unitIn(unit, frame),
      stable: (first & FIRST.motion) === 0,
      ...(third === undefined ? {} : { mode: last & THIRD.net ? 'net' : 'gross' }),
      overload,
      underload,
      zero: (first & FIRST.zero) !== 0,
    },
    frame,
  )
  const faults = faultsOf(first, second, last)
  const more = {
    faults,
    isMarked: mark === 'S',
    isLong: third !== undefined,
    isHighRange: (last & THIRD.highRange) === THIRD.highRange,
  }
  return { message: { ...told, ...more }, fields: fields.map(inBits) }
}

function faultsOf(first: number, second: number, third: number): NciFault[] {
  const words = { ...{ ram: first, eeprom: first }, ...{ rom: second, calibration: second }, 'initial-zero': third }
  const masks = { ...FIRST, ...SECOND, ...THIRD }
  return NCI_FAULTS.filter((fault) => (words[fault] & masks[fault]) !== 0)
}

function inBits(field: Field): Field {
  const isStatus = ['first', 'second', 'more', 'third'].includes(field.name)
  return isStatus ? { ...field, name: 'status', value: field.value.charCodeAt(0).toString(2) } : field
}

function frameOf(weight: NciWeight): string {
  const { value, unit, stable, mode, overload, underload, zero, faults, isMarked, isLong, isHighRange } = weight
  const has = (fault: NciFault): boolean => faults.includes(fault)
  const first = word([
    stable === false && FIRST.motion,
    zero && FIRST.zero,
    has('ram') && FIRST.ram,
    has('eeprom') && FIRST.eeprom,
  ])
  const second = word([
    underload && SECOND.under,
    overload && SECOND.over,
    has('rom') && SECOND.rom,
    has('calibration') && SECOND.calibration,
    isLong && FOLLOWS,
  ])
  const third = word([isHighRange && THIRD.highRange, mode === 'net' && THIRD.net, has('initial-zero') && THIRD['initial-zero']])
  const status = String.fromCharCode(first, second, ...(isLong ? [third] : []))
  return `\n${shown(value, unit)}${isMarked ? 'S' : ''}${status}\r\x03`
}

/** The line of a weight; none for a status alone. */
function shown(value: Weight['value'], unit: Weight['unit']): string {
  if (value === null && unit === null) return ''
  const written = required('a unit', unit).toUpperCase()
  if (!/^[A-Z]{1,2}$/.test(written)) throw new RangeError(`expected a unit of two letters, got ${written}`)
  const sign = value !== null && value.count < 0 ? '-' : ''
  return `${sign}${value === null ? '' : padded(value, VALUE_CHARS - sign.length)}${written}\r\n`
}

function word(bits: readonly (number | false | null)[]): number {
  return bits.reduce<number>((status, bit) => status | (bit || 0), ALWAYS)
}

/** A frame starts with LF and ends in ETX, with another LF in between where there is a weight. */
function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] !== LF) return NO_FRAME
      const found = bytes.subarray(from, from + FRAME_BYTES_MAX).indexOf(ETX)
      if (found >= 0) return found + 1
      return bytes.length - from < FRAME_BYTES_MAX ? INCOMPLETE : NO_FRAME
    },
    (bytes, from, length) => bytes.slice(from, from + length),
  )
}
