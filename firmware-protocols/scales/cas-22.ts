import { Type } from 'typebox'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'
import { latin1 } from './commands.ts'
import { type Mode, WEIGHT, type Weight, weightFrom, weightOf } from './message.ts'
import { scaleProtocol } from './protocol.ts'
import type { Read } from './read.ts'
import { decimalOf, padded, readText, required, unitIn } from './text.ts'

/** A weight, and what the lamps of the indicator show beside it. */
export interface Cas22Weight extends Weight {
  /** The device's own byte, 0..255. */
  readonly device: number
  readonly isHolding: boolean
  readonly isPrinting: boolean
  readonly isTared: boolean
}

const FRAME_BYTES = 22
const VALUE_CHARS = 8
const UNIT_CHARS = 2
/** Bits of the lamp byte. Bit 7 is always set, and bit 5 but on the CI-600D. */
const LAMP = { always: 0xa0, stable: 0x40, hold: 0x10, print: 0x08, gross: 0x04, tare: 0x02, zero: 0x01 } as const

const FRAME =
  /^(?<status>ST|US|OL),(?<mode>GS|NT),(?<device>[\s\S])(?<lamp>[\x80-\xff]),(?<value>[^\r\n]{8}) (?<unit>[^\r\n]{2})\r\n$/d
const MODES: Readonly<Record<string, Mode>> = { GS: 'gross', NT: 'net' }

/** The 22 bytes of CAS indicators of the CI and NT series. */
export const cas22 = scaleProtocol({
  name: 'cas-22',
  title: 'CAS indicators (CI, NT series), 22 bytes with lamps',
  evidence: {
    sources: ['CAS CI-400 manual, page 103', 'CAS CI-600D manual, page 74', 'CAS NT-200 manual, page 48'],
    confirmed: 'The layout and the bits of the lamp byte, which agree in three manuals; no captured frame.',
    derived: 'Whether the weight rests and what it is are read from the letters; the lamps for them only repeat those.',
    missing: 'The ten-byte format, value and unit alone. Written with bit 5 of the lamps set, as all but the CI-600D do.',
  },
  schema: Type.Object({
    ...WEIGHT,
    device: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    isHolding: Type.Optional(Type.Boolean()),
    isPrinting: Type.Optional(Type.Boolean()),
    isTared: Type.Optional(Type.Boolean()),
  }),
  fromJson: ({ device = 1, isHolding = false, isPrinting = false, isTared = false, ...json }): Cas22Weight => {
    return { ...weightFrom(json), device, isHolding, isPrinting, isTared }
  },
  read,
  write,
  splitter,
})

function read(frame: Uint8Array): Read<Cas22Weight> {
  // A device or a lamp byte may be any, LF too: only the length tells the end.
  const { parts, fields } = readText(frame, FRAME, null, FRAME_BYTES)
  const { status, mode = '', value = '', unit = '' } = parts
  const [device = 0, lamp = 0] = frame.subarray(6, 8)
  const isOver = status === 'OL'
  const message = weightOf(
    {
      value: isOver ? null : decimalOf(value, frame),
      unit: unitIn(unit, frame),
      stable: isOver ? null : status === 'ST',
      mode: MODES[mode] ?? 'gross',
      overload: isOver,
      zero: (lamp & LAMP.zero) !== 0,
    },
    frame,
  )
  const lamps = { isHolding: (lamp & LAMP.hold) !== 0, isPrinting: (lamp & LAMP.print) !== 0, isTared: (lamp & LAMP.tare) !== 0 }
  const shown = fields.map((field) =>
    field.name === 'device'
      ? { ...field, value: `${device}` }
      : field.name === 'lamp'
        ? { ...field, value: lamp.toString(2) }
        : field,
  )
  return { message: { ...message, device, ...lamps }, fields: shown }
}

function write({
  value,
  unit,
  stable,
  mode,
  overload,
  underload,
  zero,
  device,
  isHolding,
  isPrinting,
  isTared,
}: Cas22Weight): Uint8Array {
  if (underload) throw new RangeError('expected a weight or an overload, got an underload, which this protocol cannot say')
  const status = overload ? 'OL' : required('whether it is stable', stable) ? 'ST' : 'US'
  const lamp = [
    status === 'ST' && LAMP.stable,
    isHolding && LAMP.hold,
    isPrinting && LAMP.print,
    mode !== 'net' && LAMP.gross,
    isTared && LAMP.tare,
    zero && LAMP.zero,
  ].reduce<number>((lamps, bit) => lamps | (bit || 0), LAMP.always)
  const letters = mode === 'net' ? 'NT' : 'GS'
  const known = overload ? null : required('a value', value)
  const sign = known !== null && known.count < 0 ? '-' : ''
  const digits =
    known === null ? ' '.repeat(VALUE_CHARS) : (sign + padded(known, VALUE_CHARS - sign.length, '')).padStart(VALUE_CHARS)
  const written = required('a unit', unit).padStart(UNIT_CHARS)
  if (written.length > UNIT_CHARS) throw new RangeError(`expected a unit of at most ${UNIT_CHARS} characters, got ${written}`)
  return latin1(`${status},${letters},${String.fromCharCode(device, lamp)},${digits} ${written}\r\n`)
}

function splitter(): Splitter<Uint8Array> {
  return new FrameSplitter(
    (bytes, from) => {
      // S, U or O: the rest is judged when it is there.
      if (!START.includes(bytes[from] ?? 0)) return NO_FRAME
      return bytes.length - from < FRAME_BYTES ? INCOMPLETE : FRAME_BYTES
    },
    (bytes, from, length) => {
      const frame = bytes.slice(from, from + length)
      return FRAME.test(Buffer.from(frame).toString('latin1')) ? frame : undefined
    },
  )
}

const START: readonly number[] = [...'SUO'].map((letter) => letter.charCodeAt(0))
