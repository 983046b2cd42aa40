import { Type } from 'typebox'
import { type Codec, encoder } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'

/** Command or reply, colour, value low and high, extra, sum, end. */
const BYTES = 7
const END = 0x0a
const COMMANDS = ['3A', '2A'] as const

/** One frame of the display. The host sends `3A`, the display answers the same with `2A`. */
export interface DigitDisplay {
  readonly cmd: (typeof COMMANDS)[number]
  /** Byte 1, 0 in both published frames. */
  readonly colour: number
  /** 0..65535. */
  readonly value: number
  /** Byte 4, 3 in both published frames; its meaning is not told. */
  readonly extra: number
}

/** Reads one whole frame. @throws ProtocolError `truncated`, `malformed`, `checksum` */
export function decodeDigitDisplay(bytes: Uint8Array): DigitDisplay {
  const cmd = COMMANDS.find((name) => Number.parseInt(name, 16) === bytes[0])
  if (bytes.length > 0 && cmd === undefined) throw new ProtocolError('malformed', 'expected 3A or 2A first', bytes)
  if (bytes.length < BYTES) throw new ProtocolError('truncated', `expected ${BYTES} bytes, got ${bytes.length}`, bytes)
  if (cmd === undefined || bytes.length > BYTES || bytes[BYTES - 1] !== END)
    throw new ProtocolError('malformed', `expected ${BYTES} bytes that end in 0A, got ${bytes.length}`, bytes)
  const sum = sumOf(bytes)
  if (sum !== bytes[5]) throw new ProtocolError('checksum', `expected the sum ${sum}, got ${bytes[5]}`, bytes)
  const [, colour = 0, low = 0, high = 0, extra = 0] = bytes
  return { cmd, colour, value: low + high * 256, extra }
}

/** The inverse of `decodeDigitDisplay`. */
export function encodeDigitDisplay({ cmd, colour, value, extra }: DigitDisplay): Uint8Array {
  const bytes = Uint8Array.of(Number.parseInt(cmd, 16), colour, value, value >> 8, extra, 0, END)
  bytes[5] = sumOf(bytes)
  return bytes
}

/** Cuts a line into frames whose sum holds. */
export function digitDisplaySplitter(): Splitter<DigitDisplay> {
  return new FrameSplitter(
    (bytes, from) => {
      if (bytes[from] !== 0x3a && bytes[from] !== 0x2a) return NO_FRAME
      if (bytes.length - from < BYTES) return INCOMPLETE
      return bytes[from + BYTES - 1] === END ? BYTES : NO_FRAME
    },
    (bytes, from, length) => {
      const frame = bytes.slice(from, from + length)
      return sumOf(frame) === frame[5] ? decodeDigitDisplay(frame) : undefined
    },
  )
}

function sumOf(bytes: Uint8Array): number {
  return bytes.subarray(0, 5).reduce((sum, byte) => (sum + byte) & 0xff, 0)
}

const byte = Type.Integer({ minimum: 0, maximum: 0xff })
const schema = Type.Object({
  cmd: Type.Enum(COMMANDS),
  colour: byte,
  value: Type.Integer({ minimum: 0, maximum: 0xffff }),
  extra: byte,
})

/** `led-digit-display-xunpeng`: LED digits on a serial line. */
export const digitDisplay: Codec = {
  name: 'led-digit-display-xunpeng',
  title: 'LED digit display of Xunpeng: one number and its colour',
  evidence: {
    sources: ['Manual of the Xunpeng digit display, as published'],
    confirmed: 'The two frames of the manual: layout, sum over the first five bytes, value with its low byte first.',
    missing:
      'What the values of the colour and of the fifth byte mean is not told by the published page; both are passed on as numbers.',
  },
  decode(bytes) {
    const value = decodeDigitDisplay(bytes)
    const parts = [value.cmd, value.colour, value.value, value.extra, 'holds', 'end']
    const ends = [1, 2, 4, 5, 6, 7]
    const names = ['cmd', 'colour', 'value', 'extra', 'sum', 'end']
    return {
      value,
      fields: parts.map((part, index) => ({
        from: ends[index - 1] ?? 0,
        to: ends[index] ?? BYTES,
        name: names[index] ?? '',
        value: `${part}`,
      })),
    }
  },
  encode: encoder(schema, encodeDigitDisplay),
}
