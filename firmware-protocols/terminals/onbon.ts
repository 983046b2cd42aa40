import { Type } from 'typebox'
import { type Codec, encoder, type Field } from '#protocols/codec'
import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, NO_FRAME, type Splitter } from '#protocols/frames'

const START = 0xa5
const START_BYTES = 8
const END = 0x5a
/** Escape byte, second byte, the byte that both stand for. */
const ESCAPES = [
  [0xa6, 0x02, START],
  [0xa6, 0x01, 0xa6],
  [0x5b, 0x02, END],
  [0x5b, 0x01, 0x5b],
] as const
const HEADER_BYTES = 14
const CRC_BYTES = 2
/** Longest data that is taken or made: a limit of ours, the controller's own is not published. */
export const ONBON_DATA_BYTES_MAX = 2048
const BODY_BYTES_MAX = HEADER_BYTES + ONBON_DATA_BYTES_MAX + CRC_BYTES
/** Every byte of the body may need its escape. */
export const ONBON_FRAME_BYTES_MAX = START_BYTES + 2 * BODY_BYTES_MAX + 1
/** Where the only published show command holds the length of its text (4 bytes, low first), from the start of the data. */
const TEXT_LENGTH_AT = 32
const SHOW_AREA = 'A306'

/** One frame of an onbon BX controller, escapes taken away. */
export interface OnbonFrame {
  /** Always `A5 x8`. */
  readonly start: string
  /** Four hex digits each. */
  readonly dst: string
  readonly src: string
  /** Six header bytes whose meaning is not published, hex. */
  readonly reserved: string
  /** Two hex digits each. */
  readonly deviceType: string
  readonly protoVersion: string
  readonly dataLen: number
  /** The data, hex; its first two bytes are the command. */
  readonly data: string
  readonly cmd: string
  /** Of a show command: its text, and how many bytes it has. */
  readonly textLen?: number
  readonly text?: string
  /** The two bytes before the end, hex. */
  readonly crc: string
  /** The algorithm of the CRC is not known, so that a wrong frame cannot be told from a right one. */
  readonly checksum: 'unverified'
}

/** Reads one whole frame. The CRC is passed on unverified. @throws ProtocolError `truncated`, `malformed` */
export function decodeOnbon(bytes: Uint8Array): OnbonFrame {
  if (bytes.subarray(0, START_BYTES).some((byte) => byte !== START))
    throw new ProtocolError('malformed', `expected ${START_BYTES} times A5 first`, bytes)
  const end = bytes.indexOf(END, START_BYTES)
  if (end < 0 && bytes.length < ONBON_FRAME_BYTES_MAX) throw new ProtocolError('truncated', 'expected 5A at the end', bytes)
  if (end !== bytes.length - 1) throw new ProtocolError('malformed', 'expected one 5A, at the end', bytes)
  const body = unescaped(bytes.subarray(START_BYTES, end))
  if (body === undefined) throw new ProtocolError('malformed', 'expected A6 and 5B only with 01 or 02 behind, and no A5', bytes)
  const frame = frameOf(body)
  if (frame === undefined)
    throw new ProtocolError(
      'malformed',
      `expected ${word(body, 12)} bytes of data, got ${body.length - HEADER_BYTES - CRC_BYTES}`,
      bytes,
    )
  return frame
}

/** @returns undefined where the length is not that of the data, or beyond the limits */
function frameOf(body: Uint8Array): OnbonFrame | undefined {
  const dataLen = word(body, 12)
  if (body.length !== HEADER_BYTES + dataLen + CRC_BYTES || dataLen < 2 || dataLen > ONBON_DATA_BYTES_MAX) return undefined
  const data = body.subarray(HEADER_BYTES, HEADER_BYTES + dataLen)
  const cmd = hex(data.subarray(0, 2))
  return {
    start: `A5 x${START_BYTES}`,
    dst: wordHex(body, 0),
    src: wordHex(body, 2),
    reserved: hex(body.subarray(4, 10)),
    deviceType: hex(body.subarray(10, 11)),
    protoVersion: hex(body.subarray(11, 12)),
    dataLen,
    data: hex(data),
    cmd,
    ...(cmd === SHOW_AREA ? textOf(data) : {}),
    crc: hex(body.subarray(-CRC_BYTES)),
    checksum: 'unverified',
  }
}

/** What `encodeOnbon` needs of a frame. The CRC cannot be computed: it is whatever the caller was given. */
export type OnbonParts = Pick<OnbonFrame, 'dst' | 'src' | 'reserved' | 'deviceType' | 'protoVersion' | 'data' | 'crc'>

/** The inverse of `decodeOnbon`. */
export function encodeOnbon({ dst, src, reserved, deviceType, protoVersion, data, crc }: OnbonParts): Uint8Array {
  const length = (data.length / 2).toString(16).padStart(4, '0')
  const body = Buffer.from(
    [swapped(dst), swapped(src), reserved, deviceType, protoVersion, swapped(length), data, crc].join(''),
    'hex',
  )
  const escaped = [...body].flatMap((byte) => {
    const [first, second] = ESCAPES.find(([, , plain]) => plain === byte) ?? []
    return first === undefined || second === undefined ? [byte] : [first, second]
  })
  return Uint8Array.from([...Array.from({ length: START_BYTES }, () => START), ...escaped, END])
}

/** Cuts a line into frames by their start, end, escapes and length; their CRC is not verified. */
export function onbonSplitter(): Splitter<OnbonFrame> {
  return new FrameSplitter(
    (bytes, from) => {
      const most = bytes.subarray(from, from + ONBON_FRAME_BYTES_MAX)
      const isStart = most.subarray(0, START_BYTES).every((byte) => byte === START)
      // Ahead of the search for the end: in a row of A5 there would be one for each of them.
      if (!isStart || most[START_BYTES] === START) return NO_FRAME
      const end = most.indexOf(END, START_BYTES)
      const length = end < 0 ? most.length : end + 1
      const isAgain = most.subarray(START_BYTES, length).includes(START)
      if (isAgain || (end < 0 && length === ONBON_FRAME_BYTES_MAX)) return NO_FRAME
      return end < 0 ? INCOMPLETE : length
    },
    (bytes, from, length) => {
      const body = unescaped(bytes.subarray(from + START_BYTES, from + length - 1))
      return body && frameOf(body)
    },
  )
}

/** @returns undefined for an escape that is none, and for a start or an end byte */
function unescaped(bytes: Uint8Array): Uint8Array | undefined {
  const plain: number[] = []
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    const isEscape = byte === 0xa6 || byte === 0x5b
    const found = ESCAPES.find(([first, second]) => first === byte && second === bytes[at + 1])
    if (byte === START || (isEscape && found === undefined)) return undefined
    plain.push(found?.[2] ?? byte)
    if (isEscape) at++
  }
  return Uint8Array.from(plain)
}

function textOf(data: Uint8Array): { textLen: number; text: string } | undefined {
  const textLen = word(data, TEXT_LENGTH_AT)
  const from = TEXT_LENGTH_AT + 4
  const isThere = word(data, TEXT_LENGTH_AT + 2) === 0 && data.length === from + textLen
  return isThere ? { textLen, text: Buffer.from(data.subarray(from)).toString('latin1') } : undefined
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 256
}

function wordHex(bytes: Uint8Array, at: number): string {
  return word(bytes, at).toString(16).padStart(4, '0').toUpperCase()
}

function swapped(word: string): string {
  return `${word.slice(2)}${word.slice(0, 2)}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}

const hexOf = (bytes: number) => Type.String({ pattern: `^[0-9A-Fa-f]{${bytes * 2}}$` })
const schema = Type.Object({
  dst: hexOf(2),
  src: hexOf(2),
  reserved: hexOf(6),
  deviceType: hexOf(1),
  protoVersion: hexOf(1),
  data: Type.String({ pattern: `^([0-9A-Fa-f]{2}){2,${ONBON_DATA_BYTES_MAX}}$` }),
  crc: hexOf(2),
})

/** `led-onbon-bx`: LED text panels with a BX controller. */
export const onbon: Codec = {
  name: 'led-onbon-bx',
  title: 'LED text panel with an onbon BX controller: frame layout and escapes',
  evidence: {
    sources: ['Frame of a show command as published on deanled.cn, page 330'],
    confirmed: 'Start, header, length, escapes, end and the place of the text in the one published frame.',
    derived: 'The text of a show command is taken to begin at the same place in every show command.',
    missing:
      'The checksum is unverified: the published frame fits no CRC-16 that was tried, so that the CRC is passed on in both directions and never computed, and a damaged frame is not refused. The meaning of the commands is not published.',
  },
  decode(bytes) {
    const value = decodeOnbon(bytes)
    return { value, fields: fieldsOf(bytes, value) }
  },
  encode: encoder(schema, encodeOnbon),
}

/** Fields in the frame as it came: an escaped byte takes two. */
function fieldsOf(bytes: Uint8Array, frame: OnbonFrame): Field[] {
  const fields: Field[] = [{ from: 0, to: START_BYTES, name: 'start', value: frame.start }]
  let at = START_BYTES
  const field = (name: string, plainBytes: number, value: string): void => {
    const from = at
    for (let left = plainBytes; left > 0; left--) at += bytes[at] === 0xa6 || bytes[at] === 0x5b ? 2 : 1
    fields.push({ from, to: at, name, value })
  }
  field('dst', 2, frame.dst)
  field('src', 2, frame.src)
  field('reserved', 6, frame.reserved)
  field('device type', 1, frame.deviceType)
  field('protocol version', 1, frame.protoVersion)
  field('data length', 2, `${frame.dataLen}`)
  field('command', 2, frame.cmd)
  if (frame.dataLen > 2) field('data', frame.dataLen - 2, frame.text ?? '')
  field('CRC (unverified)', CRC_BYTES, frame.crc)
  fields.push({ from: at, to: at + 1, name: 'end', value: 'end' })
  return fields
}
