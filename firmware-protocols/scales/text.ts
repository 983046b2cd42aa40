import type { Field } from '#protocols/codec'
import { Decimal } from '#protocols/decimal'
import { ProtocolError } from '#protocols/error'
import { type Unit, unitOf } from './unit.ts'

/** Longest line of any of these protocols, its end included. */
export const LINE_BYTES_MAX = 256
export const LF = 0x0a

/** A frame that matched, its parts by name. */
export interface Line {
  readonly parts: Readonly<Record<string, string>>
  readonly fields: readonly Field[]
}

/**
 * Reads a frame of text by a pattern with named groups, each of which becomes a field.
 * @param pattern with the flag `d`, anchored, its end included. Each byte is one character; control characters but CR and LF stand there as
 *   their pictures: ␂ for STX, ␃ for ETX
 * @param end what the last bytes of a whole frame are; null where only its length, `bytesMax`, tells
 * @throws ProtocolError `truncated` where the end has not come and still could, `malformed` where the pattern does not match
 */
export function readText(frame: Uint8Array, pattern: RegExp, end: string | null, bytesMax = LINE_BYTES_MAX): Line {
  const text = Buffer.from(frame.buffer, frame.byteOffset, Math.min(frame.length, bytesMax + 1)).toString('latin1')
  const places = frame.length > bytesMax ? undefined : pattern.exec(pictured(text))?.indices?.groups
  if (places === undefined) {
    const isOpen = frame.length < bytesMax && (end === null || !text.includes(end))
    const wanted = isOpen && end !== null ? `a line that ends in ${JSON.stringify(end)}` : `a line of ${partsOf(pattern)}`
    throw new ProtocolError(isOpen ? 'truncated' : 'malformed', `expected ${wanted}, got ${frame.length} bytes`, frame)
  }
  const parts: Record<string, string> = {}
  const fields: Field[] = []
  for (const [name, place] of Object.entries(places)) {
    // A group that took no part has no place, whatever the type says.
    const [from, to] = place ?? [0, 0]
    if (place) parts[name] = text.slice(from, to)
    if (to > from) fields.push({ from, to, name, value: text.slice(from, to).trim() })
  }
  return { parts, fields: fields.sort((one, other) => one.from - other.from) }
}

/**
 * Digits that may be padded with spaces, behind their sign too, as in `-  1.50`. Spaces between digits are a character that was lost.
 * @throws ProtocolError `malformed`
 */
export function decimalOf(text: string, frame: Uint8Array): Decimal {
  const value = Decimal.parse(text.trim().replace(/^([+-]) +/, '$1'))
  if (value === undefined) throw new ProtocolError('malformed', `expected a number, got "${text}"`, frame)
  return value
}

/** @returns null where there is only space. @throws ProtocolError `unsupported` for one that is not known. */
export function unitIn(text: string, frame: Uint8Array): Unit | null {
  if (text.trim() === '') return null
  const unit = unitOf(text)
  if (unit === undefined) throw new ProtocolError('unsupported', `expected a unit of weight, got "${text}"`, frame)
  return unit
}

/** A value without its sign, its digits and point padded with zeros. @throws RangeError where it is wider. */
export function padded(value: Decimal, width: number, fill = '0'): string {
  const digits = String(value).replace('-', '')
  if (digits.length > width) throw new RangeError(`expected a value of at most ${width} characters, got ${digits}`)
  return digits.padStart(width, fill)
}

/** @throws RangeError for null, which a frame of this kind cannot say. */
export function required<T>(what: string, value: T | null | undefined): T {
  if (value === null || value === undefined) throw new RangeError(`expected ${what}`)
  return value
}

/** What a person calls the parts: the names of the groups. */
function partsOf(pattern: RegExp): string {
  return [...new Set([...pattern.source.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name))].join(', ')
}

/** Control characters below the space, but CR and LF, as U+2400 and what follows it, one for one. */
function pictured(text: string): string {
  return text.replace(/[^\P{Cc}\r\n\x7f-\x9f]/gu, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
}
