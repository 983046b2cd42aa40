import { ProtocolError } from '#protocols/error'
import { asciiOf } from './hex.ts'
import { type ByteOrder, canonicalUid, UID_LENGTHS, uidDecimal, uidOfDecimal } from './uid.ts'

/** How a reader that is a keyboard types a card: ten decimal digits (32 bits), or the bytes in hex. */
export const KEYBOARD_CARD_FORMS = ['decimal', 'hex'] as const
export type KeyboardCardForm = (typeof KEYBOARD_CARD_FORMS)[number]

/** A card in front of a reader that is a keyboard. */
export interface KeyboardCard {
  /** As `canonicalUid`. */
  readonly uid: string
  readonly form: KeyboardCardForm
  readonly byteOrder: ByteOrder
}

/** Settings of the reader. */
export interface KeyboardCardOptions {
  /** By default ten digits are decimal, all else is hex. */
  readonly form?: KeyboardCardForm
  /** Default `msb-first`. Two readers of one hall must come to the same identifier: set it from a card whose identifier is known. */
  readonly byteOrder?: ByteOrder
}

/** The longest text: ten bytes in hex. */
export const KEYBOARD_CARD_BYTES_MAX = 20

/**
 * Reads what the reader typed, without its suffix (`#protocols/scanners` takes keys apart from typing).
 * @throws ProtocolError `truncated` (nothing, or digits that could go on), `malformed`
 */
export function decodeKeyboardCard(text: string, options: KeyboardCardOptions = {}): KeyboardCard {
  const { byteOrder = 'msb-first', form = /^\d{10}$/.test(text) ? 'decimal' : 'hex' } = options
  const bytes = new TextEncoder().encode(text)
  asciiOf(bytes, KEYBOARD_CARD_BYTES_MAX)
  const isComplete = form === 'decimal' ? text.length >= 10 : UID_LENGTHS.some((length) => length * 2 === text.length)
  if (!isComplete && /^[0-9A-Fa-f]*$/.test(text))
    throw new ProtocolError('truncated', `expected a whole card, got ${text.length} digits`, bytes)
  return { uid: form === 'decimal' ? uidOfDecimal(text, byteOrder) : canonicalUid(text, byteOrder), form, byteOrder }
}

/** The inverse. @throws ProtocolError `malformed` for an identifier that the form cannot hold */
export function encodeKeyboardCard({ uid, form, byteOrder }: KeyboardCard): string {
  return form === 'decimal' ? uidDecimal(uid, byteOrder) : canonicalUid(uid, byteOrder)
}
