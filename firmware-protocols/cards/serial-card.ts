import { ProtocolError } from '#protocols/error'
import { FrameSplitter, INCOMPLETE, lineSplitter, NO_FRAME, type Splitter } from '#protocols/frames'
import { asciiOf, bytesOfHex, hexOf } from './hex.ts'
import { type ByteOrder, canonicalUid, uidDecimal, uidOfDecimal } from './uid.ts'

/**
 * How a serial reader says a card.
 * - `stx-etx`: STX, ten hex digits, two of their bytes' XOR, ETX (RDM6300 and the like);
 * - `stx-crlf-etx`: the same with CR LF in front of ETX (ID-12 and the like);
 * - `hex` and `decimal`: a line of hex digits, or of ten decimal ones, with `end` behind it.
 */
export const SERIAL_CARD_FORMS = ['stx-etx', 'stx-crlf-etx', 'hex', 'decimal'] as const
export type SerialCardForm = (typeof SERIAL_CARD_FORMS)[number]

/** What stands behind a line. */
export const LINE_ENDS = ['cr-lf', 'cr', 'lf'] as const
export type LineEnd = (typeof LINE_ENDS)[number]

/** A card in front of a serial reader. */
export interface SerialCard {
  /** As `canonicalUid`. Of an EM4100 card five bytes: the maker's and four of the number. */
  readonly uid: string
  readonly form: SerialCardForm
  /** Of a line. */
  readonly end?: LineEnd
  /** Of a line: which byte the reader says first. */
  readonly byteOrder?: ByteOrder
  /** Of an identifier of four bytes, or the last four of an EM4100: the ten digits that are printed on such cards. */
  readonly decimal?: string
}

/** The longest frame or line: ten bytes in hex and its end. */
export const SERIAL_CARD_BYTES_MAX = 24

/**
 * Reads what a serial reader says of one card. Ten decimal digits are a decimal number, also where they could be five bytes in hex.
 * @param byteOrder that the reader's lines have; a setting of the reader
 * @throws ProtocolError `truncated` (no end yet), `malformed`, `checksum`
 */
export function decodeSerialCard(bytes: Uint8Array, byteOrder: ByteOrder = 'msb-first'): SerialCard {
  const text = asciiOf(bytes, SERIAL_CARD_BYTES_MAX)
  return text.startsWith(STX) ? framed(text, bytes) : lined(text, bytes, byteOrder)
}

/** What `encodeSerialCard` takes. */
export type SerialCardData = Pick<SerialCard, 'uid' | 'form' | 'end' | 'byteOrder'>

/** The inverse. @throws ProtocolError `malformed` for an identifier that the form cannot hold */
export function encodeSerialCard({ uid, form, end = 'cr-lf', byteOrder = 'msb-first' }: SerialCardData): Uint8Array {
  if (form === 'decimal') return new TextEncoder().encode(uidDecimal(uid, byteOrder) + ENDS[end])
  const said = canonicalUid(uid, byteOrder)
  if (form === 'hex') {
    if (/^\d{10}$/.test(said))
      throw new ProtocolError('malformed', 'expected an identifier that is no decimal number', bytesOfHex(said))
    return new TextEncoder().encode(said + ENDS[end])
  }
  const digits = canonicalUid(uid)
  if (digits.length !== EM4100_DIGITS) throw new ProtocolError('malformed', 'expected 5 bytes', bytesOfHex(digits))
  return new TextEncoder().encode(STX + digits + checkOf(digits) + (form === 'stx-etx' ? '' : ENDS['cr-lf']) + ETX)
}

/** Cuts what a reader sends into frames or lines. @param form of the reader: frames with STX, or lines with this end */
export function serialCardSplitter(form: 'stx' | LineEnd): Splitter<Uint8Array> {
  if (form !== 'stx') return lineSplitter(form === 'cr' ? CR_BYTE : LF_BYTE, SERIAL_CARD_BYTES_MAX)
  return new FrameSplitter(measureFramed, (bytes, from, length) => {
    const frame = bytes.slice(from, from + length)
    return isGood(frame) ? frame : undefined
  })
}

const STX = '\u0002'
const ETX = '\u0003'
const STX_BYTE = 0x02
const ETX_BYTE = 0x03
const CR_BYTE = 0x0d
const LF_BYTE = 0x0a
const ENDS: Readonly<Record<LineEnd, string>> = { 'cr-lf': '\r\n', cr: '\r', lf: '\n' }
const EM4100_DIGITS = 10
/** STX, 10 digits, 2 of the check, CR LF, ETX. */
const FRAMED_BYTES_MAX = 16

function framed(text: string, bytes: Uint8Array): SerialCard {
  if (!text.endsWith(ETX) && text.length < FRAMED_BYTES_MAX)
    throw new ProtocolError('truncated', 'expected ETX at the end', bytes)
  const [, digits = '', check = '', crlf] = FRAMED.exec(text) ?? []
  if (digits === '') throw new ProtocolError('malformed', 'expected STX, 12 hex digits, ETX', bytes)
  if (check.toUpperCase() !== checkOf(digits))
    throw new ProtocolError('checksum', `expected check ${checkOf(digits)}, got ${check}`, bytes)
  const uid = canonicalUid(digits)
  return { uid, form: crlf === undefined ? 'stx-etx' : 'stx-crlf-etx', decimal: uidDecimal(uid.slice(2)) }
}

const FRAMED = new RegExp(`^${STX}([0-9A-Fa-f]{10})([0-9A-Fa-f]{2})(\r\n)?${ETX}$`)

function lined(text: string, bytes: Uint8Array, byteOrder: ByteOrder): SerialCard {
  const end = LINE_ENDS.find((name) => text.endsWith(ENDS[name]))
  if (end === undefined) throw new ProtocolError('truncated', 'expected CR, CR LF or LF at the end', bytes)
  // A reader set to CR LF whose lines are cut at CR leaves a line feed in front of the next.
  const said = text.slice(0, -ENDS[end].length).replace(/^\n/, '')
  if (/^\d{10}$/.test(said)) return { uid: uidOfDecimal(said, byteOrder), form: 'decimal', end, byteOrder, decimal: said }
  const uid = canonicalUid(said, byteOrder)
  return { uid, form: 'hex', end, byteOrder, ...(uid.length === 8 && { decimal: uidDecimal(uid, byteOrder) }) }
}

/** XOR of the bytes that the digits are. */
function checkOf(digits: string): string {
  return hexOf(Uint8Array.of(bytesOfHex(digits).reduce((check, byte) => check ^ byte, 0)))
}

function measureFramed(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== STX_BYTE) return NO_FRAME
  const window = bytes.subarray(from, from + FRAMED_BYTES_MAX)
  const end = window.indexOf(ETX_BYTE)
  if (end >= 0) return end + 1
  return window.length < FRAMED_BYTES_MAX ? INCOMPLETE : NO_FRAME
}

function isGood(frame: Uint8Array): boolean {
  const [, digits = '', check = ''] = FRAMED.exec(Buffer.from(frame).toString('latin1')) ?? []
  return digits !== '' && check.toUpperCase() === checkOf(digits)
}
